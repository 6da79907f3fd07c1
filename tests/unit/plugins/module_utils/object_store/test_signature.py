# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of S3's own documentation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store.signature import Credentials, Request, signed_headers

EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HOST = "examplebucket.s3.amazonaws.com"
THEN = datetime(2013, 5, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("request_", "signature"),
    [
        (
            Request("GET", "/test.txt", headers={"Range": "bytes=0-9"}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            Request("GET", "/", query={"lifecycle": ""}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            Request("GET", "/", query={"max-keys": "2", "prefix": "J"}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_signs_as_documented(request_: Request, signature: str) -> None:
    headers = signed_headers(request_, HOST, "us-east-1", EXAMPLE, THEN)
    assert headers["authorization"].endswith(f"Signature={signature}")


def test_paths_and_queries_are_quoted() -> None:
    request = Request("GET", "/b/a key+1", query={"prefix": "a/b c"})
    assert request.quoted_path == "/b/a%20key%2B1"
    assert request.quoted_query == "prefix=a%2Fb%20c"


def test_no_secret_is_shown() -> None:
    assert EXAMPLE.secret_key not in repr(EXAMPLE)
