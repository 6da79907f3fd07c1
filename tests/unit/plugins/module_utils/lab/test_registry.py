# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The lab's registry is trusted by its own certificate only, and an image counts as published when the registry says so."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.lab.errors import LabError
from ansible_collections.tierline.erp.plugins.module_utils.lab.registry import MANIFEST, Registry
from ansible_collections.tierline.erp.plugins.module_utils.lab.store import NotFound
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.https_server import certificate, serving

DIGEST = "sha256:" + "4f" * 32
ID = "sha256:" + "ab" * 32


class Image:
    id = ID

    def __init__(self) -> None:
        self.tags: list[str] = []

    def tag(self, name: str, tag: str) -> None:
        self.tags.append(f"{name}:{tag}")


class Client:
    """The engine's client, whose pushes end up in the registry or with an error."""

    def __init__(self, store: dict[str, str], events: list[dict[str, str]]) -> None:
        self.images = self
        self.store, self.events = store, events
        self.removed: list[str] = []

    def push(self, name: str, tag: str, **_: Any) -> Iterator[dict[str, str]]:
        yield from self.events
        self.store[f"/v2/{name.partition('/')[2]}/manifests/{tag}"] = DIGEST

    def remove(self, name: str, **_: Any) -> None:
        self.removed.append(name)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path, "registry")


@pytest.fixture
def store() -> dict[str, str]:
    return {"/v2/odoo/manifests/there": DIGEST}


@pytest.fixture
def registry(pem: Path, store: dict[str, str]) -> Iterator[Registry]:
    def answers(request: BaseHTTPRequestHandler, _body: bytes) -> tuple[int, dict[str, str], bytes]:
        assert (request.command, request.headers["Accept"]) == ("HEAD", MANIFEST)
        if request.path == "/v2/spoilt/manifests/x":
            return 500, {}, b""
        return (200, {"Docker-Content-Digest": store[request.path]}, b"") if request.path in store else (404, {}, b"")

    with serving(pem, answers) as port:
        yield Registry(f"localhost:{port}", str(pem))


def test_digests(registry: Registry) -> None:
    assert registry.digest("odoo", "there") == DIGEST
    assert registry.digest("odoo", "elsewhere") == ""
    with pytest.raises(LabError, match="answered 500"):
        registry.digest("spoilt", "x")


def test_another_s_registry_is_refused(registry: Registry, tmp_path: Path) -> None:
    stranger = Registry(registry.address, str(certificate(tmp_path, "stranger")))
    with pytest.raises(LabError, match="is not the lab's own"):
        stranger.digest("odoo", "there")


def test_a_registry_that_is_not_there_is_waited_for_and_then_told(pem: Path) -> None:
    with serving(pem, lambda *_: (404, {}, b"")) as port:
        pass
    with pytest.raises(LabError, match=f"localhost:{port} does not answer"):
        Registry(f"localhost:{port}", str(pem)).digest("odoo", "there", patience=0.4)


def test_a_registry_that_says_nothing_is_told(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_path: str) -> str:
        raise TimeoutError("timed out")

    monkeypatch.setattr(registry, "_head", silent)
    with pytest.raises(LabError, match="does not answer: timed out"):
        registry.digest("odoo", "there", patience=0)


def test_a_push_gives_the_digest_and_leaves_no_tag(registry: Registry, store: dict[str, str]) -> None:
    client, image = Client(store, [{"status": "Pushed"}]), Image()
    assert registry.push(client, image, "odoo") == DIGEST
    assert image.tags == client.removed == [f"{registry.address}/odoo:{'ab' * 16}"]


def test_a_push_that_fails_is_told_and_leaves_no_tag(registry: Registry, store: dict[str, str]) -> None:
    client, image = Client(store, [{"error": "no space left on device"}]), Image()
    with pytest.raises(LabError, match="no space left on device"):
        registry.push(client, image, "odoo")
    assert client.removed == image.tags


def test_a_push_that_left_nothing_behind_is_told(registry: Registry) -> None:
    with pytest.raises(LabError, match="the registry does not have it"):
        registry.push(Client({}, []), Image(), "odoo")


def test_an_image_that_was_never_built_is_told() -> None:
    class Empty:
        images: Any

        def get(self, _name: str) -> None:
            raise NotFound("x")

    client = Empty()
    client.images = client
    with pytest.raises(LabError, match="the image odoo is not in the engine"):
        Registry.local_image(client, "odoo")
