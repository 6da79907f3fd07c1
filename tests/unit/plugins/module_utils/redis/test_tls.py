# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.redis import tls
from ansible_collections.tierline.erp.plugins.module_utils.redis.errors import RedisError, RedisUnreachableError
from ansible_collections.tierline.erp.plugins.module_utils.redis.store import certificate_file, served_certificate
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.https_server import certificate, serving


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("* -::*", "127.0.0.1"),
        ("-::*", "::1"),
        ("", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("192.0.2.7 127.0.0.1", "192.0.2.7"),
        ("-2001:db8::7", "2001:db8::7"),
    ],
)
def test_the_certificate_is_looked_at_where_the_server_listens(bind: str, address: str) -> None:
    assert tls.place({"bind": bind, "tls-port": "6379"}) == (address, 6379)


@pytest.mark.parametrize("settings", [{}, {"tls-port": "0"}])
def test_a_server_without_tls_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(RedisError, match="no TLS port"):
        tls.place(settings)


def test_what_is_served_is_what_lies_in_the_file(tmp_path: Path) -> None:
    old, new = certificate(tmp_path, "old"), certificate(tmp_path, "new")
    chain = certificate_file(str(old)) + new.read_text()
    with serving(old, lambda *_: (200, {}, b"")) as port:
        served = served_certificate("127.0.0.1", port, 5)
    assert tls.fingerprint(served) == tls.fingerprint_of_file(chain, "x") != tls.fingerprint_of_file(new.read_text(), "x")
    with pytest.raises(RedisUnreachableError, match="does not speak TLS"):
        served_certificate("127.0.0.1", port, 5)


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "garbage",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nAAAA",
        "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----",
    ],
)
def test_a_file_without_certificate_is_named(pem: str) -> None:
    with pytest.raises(RedisError, match=r"/x/tls\.crt holds no certificate"):
        tls.fingerprint_of_file(pem, "/x/tls.crt")


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(RedisError, match=r"cannot read .*must lie on this machine"):
        certificate_file(str(tmp_path / "none"))
