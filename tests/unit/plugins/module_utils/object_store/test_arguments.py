# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user writes to reach a store, tried on servers of this machine: trust, patience, and what must not leave it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tierline.erp.plugins.doc_fragments.object_store import ModuleDocFragment
from ansible_collections.tierline.erp.plugins.module_utils.object_store import documents
from ansible_collections.tierline.erp.plugins.module_utils.object_store.arguments import CONNECTION, open_client
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import (
    ObjectStoreError,
    ObjectStoreUnreachableError,
    Refused,
)
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.https_server import certificate, serving
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.local_server import answering, cut_off, http, unused_port

SECRET = "9dAb+never/on/the/wire"


def params(endpoint: str, **words: Any) -> dict[str, Any]:
    defaults = {name: option.get("default") for name, option in CONNECTION.items()}
    return {**defaults, "endpoint": endpoint, "access_key": "writer", "secret_key": SECRET, **words}


def test_options_are_those_that_are_documented() -> None:
    told = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    kept = ("type", "required", "default")
    of_spec = {name: {key: option[key] for key in kept if key in option} for name, option in CONNECTION.items()}
    assert of_spec == {name: {key: option[key] for key in kept if key in option} for name, option in told.items()}


def test_the_secret_key_stays_out_of_logs_and_off_the_wire() -> None:
    assert CONNECTION["secret_key"]["no_log"] is True
    with answering(lambda _request: http(200, documents.enable_versioning())) as store:
        client = open_client(params(f"http://127.0.0.1:{store.port}", region="eu-central-1"))
        assert documents.versioning(client.request("GET", "/b", {"versioning": ""}))
    (asked,) = store.asked
    assert asked.startswith(b"GET /b?versioning= HTTP/1.1\r\n")
    assert b"Credential=writer/" in asked
    assert b"/eu-central-1/s3/aws4_request" in asked
    assert SECRET.encode() not in asked


def test_only_the_named_authority_is_trusted(tmp_path: Path) -> None:
    ours, others = certificate(tmp_path, "ours"), certificate(tmp_path, "others")
    with serving(ours, lambda *_: (200, {}, b"kept")) as port:
        endpoint = f"https://localhost:{port}"
        assert open_client(params(endpoint, ca_path=str(ours))).get("b", "k") == b"kept"
        for ca_path in (None, str(others)):
            with pytest.raises(ObjectStoreUnreachableError, match="certificate verify failed"):
                open_client(params(endpoint, ca_path=ca_path)).get("b", "k")
        # The certificate is of localhost, and of no address.
        with pytest.raises(ObjectStoreUnreachableError, match="IP address mismatch"):
            open_client(params(f"https://127.0.0.1:{port}", ca_path=str(ours))).get("b", "k")


def test_what_is_no_authority_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ca.crt"
    path.write_text("not yet\n")
    with pytest.raises(ObjectStoreError, match=f"cannot read the authority {path}"):
        open_client(params("https://store.example", ca_path=str(path)))


def test_a_store_that_hangs_costs_no_more_than_the_timeout() -> None:
    with answering(lambda _request: None) as store:
        begun = time.monotonic()
        with pytest.raises(ObjectStoreUnreachableError, match=f"127.0.0.1:{store.port} cannot be reached: timed out"):
            open_client(params(f"http://127.0.0.1:{store.port}", timeout=1)).get("b", "k")
        assert 1 <= time.monotonic() - begun < 10


@pytest.mark.parametrize("answer", [cut_off(), b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_a_store_that_breaks_off_gave_nothing(answer: bytes) -> None:
    """Half of an object must never pass for the object."""
    with answering(lambda _request: answer) as store:
        endpoint = f"http://127.0.0.1:{store.port}"
        with pytest.raises(ObjectStoreUnreachableError, match=f"{endpoint} cannot be reached: .*check that the store runs"):
            open_client(params(endpoint)).get("b", "k")


def test_nobody_there() -> None:
    with pytest.raises(ObjectStoreUnreachableError, match="refused"):
        open_client(params(f"http://127.0.0.1:{unused_port()}")).bucket("b")


@pytest.mark.parametrize(
    "endpoint", ["https://store:https", "https://store:99999", "https://store:0", "https://[2001:db8::1", "https://:8333"]
)
def test_an_endpoint_with_an_impossible_host_or_port_is_refused_at_once(endpoint: str) -> None:
    with pytest.raises(ObjectStoreError, match="is no https"):
        open_client(params(endpoint))


def test_an_answer_that_is_no_is_not_taken_for_a_store_that_is_away() -> None:
    """A dry run goes on without a store, and must not without a right."""
    body = b"<Error><Code>SignatureDoesNotMatch</Code><Message>why</Message></Error>"
    with (
        answering(lambda _request: http(403, body)) as store,
        pytest.raises(Refused, match="403 SignatureDoesNotMatch") as refused,
    ):
        open_client(params(f"http://127.0.0.1:{store.port}")).get("b", "k")
    assert not isinstance(refused.value, ObjectStoreUnreachableError)
