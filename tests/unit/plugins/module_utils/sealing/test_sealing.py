# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store.client import Client, Version
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import Refused
from ansible_collections.tierline.erp.plugins.module_utils.pki import x509
from ansible_collections.tierline.erp.plugins.module_utils.sealing import bundle, envelope, folders
from ansible_collections.tierline.erp.plugins.module_utils.sealing.errors import SealingError
from ansible_collections.tierline.erp.plugins.modules import sealed_estate, sealed_estate_copy, unsealed_estate

FILES = {"inventories/hosts.yml": b"all:\n", "secrets.yml": b"{}\n"}


def authority(folder: Path, name: str = "ca") -> bytes:
    key, now = x509.new_authority_key(), datetime.now(UTC)
    certificate = x509.new_authority("Test CA", key, now - timedelta(hours=1), now + timedelta(days=1))
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.key").write_bytes(key)
    (folder / f"{name}.crt").write_bytes(certificate)
    return certificate


class Store:
    """A bucket with versions, newest first."""

    def __init__(self) -> None:
        self.kept: list[tuple[Version, bytes]] = []

    def put(self, bucket: str, key: str, body: bytes) -> None:
        number = len(self.kept)
        version = Version(f"{bucket}/{key}", str(number), False, True, f"2026-11-22T08:00:{number:02d}.000Z", len(body))
        self.kept.insert(0, (version, body))

    def get(self, bucket: str, key: str, version: str = "") -> bytes:
        for kept, body in self.kept:
            if kept.key == f"{bucket}/{key}" and version in ("", kept.version):
                return body
        raise Refused("GET", 404, "NoSuchKey", "nothing")

    find = Client.find

    def versions(self, bucket: str, prefix: str) -> list[Version]:
        found = [version for version, body in self.kept if version.key.startswith(f"{bucket}/{prefix}")]
        return [replace(version, key=version.key.removeprefix(f"{bucket}/")) for version in found]


@pytest.fixture
def site(tmp_path: Path) -> dict[str, Any]:
    """A controller with an estate, and a recovery key that isn't on it."""
    identity = pyrage.x25519.Identity.generate()
    authority(tmp_path / "authority")
    (tmp_path / "estate").mkdir()
    (tmp_path / "estate" / "hosts.yml").write_text("all: {}\n")
    (tmp_path / "estate" / ".git").mkdir()
    (tmp_path / "estate" / ".git" / "config").write_text("no configuration of the estate")
    (tmp_path / "recovery.key").write_text(f"# made by age-keygen\n{identity}\n")
    return {
        "sources": [str(tmp_path / "estate")],
        "authority": str(tmp_path / "authority"),
        "secrets": '{"cells": {}}',
        "recipients": [str(identity.to_public())],
        "facts": {},
    }


def opened(store: Store, folder: Path, **words: Any) -> dict[str, Any]:
    params = {
        "bucket": "b",
        "ca_path": str(folder / "authority" / "ca.crt"),
        "authority_path": None,
        "identity_path": str(folder / "recovery.key"),
        "directory": str(folder / "site"),
        "time": None,
    }
    client: Any = store
    return unsealed_estate.run(client, {**params, **words}, check_mode=False)


def copied(store: Store, folder: Path, content: str, *, check_mode: bool = False) -> bool:
    client: Any = store
    authorities = (folder / "authority" / "ca.crt").read_bytes()
    return bool(sealed_estate_copy.run(client, "b", content.encode(), authorities, check_mode)["changed"])


def test_what_was_sealed_comes_back(site: dict[str, Any], tmp_path: Path) -> None:
    store, sealed = Store(), sealed_estate.run(site)
    assert sealed["files"] == ["inventories/estate/hosts.yml", "pki/ca.crt", "pki/ca.key", "secrets.yml"]
    assert copied(store, tmp_path, sealed["content"], check_mode=True)
    assert not store.kept
    assert copied(store, tmp_path, sealed["content"])
    # Sealed again it is another text, of the same.
    again = sealed_estate.run(site)
    assert again["content"] != sealed["content"]
    assert not copied(store, tmp_path, again["content"])

    found = opened(store, tmp_path)
    assert (found["changed"], found["passed_over"]) == (True, 0)
    assert (tmp_path / "site/inventories/estate/hosts.yml").read_text() == "all: {}\n"
    assert (tmp_path / "site/secrets.yml").stat().st_mode & 0o077 == 0
    assert not opened(store, tmp_path)["changed"]


def test_a_change_is_sealed_anew_and_the_one_before_can_still_be_had(site: dict[str, Any], tmp_path: Path) -> None:
    store = Store()
    assert copied(store, tmp_path, sealed_estate.run(site)["content"])
    assert copied(store, tmp_path, sealed_estate.run({**site, "secrets": '{"cells": {"shared": {}}}'})["content"])
    opened(store, tmp_path, time="2026-11-22T08:00:00Z")
    assert (tmp_path / "site/secrets.yml").read_text() == '{"cells": {}}\n'


def test_what_the_authority_has_not_signed_counts_as_nothing(site: dict[str, Any], tmp_path: Path) -> None:
    store, sealed = Store(), sealed_estate.run(site)
    copied(store, tmp_path, sealed["content"])
    authority(tmp_path / "other")
    forged = sealed_estate.run({**site, "authority": str(tmp_path / "other"), "secrets": '{"mine": {}}'})
    store.put("b", envelope.KEY, forged["content"].encode())
    store.put("b", envelope.KEY, json.dumps({**json.loads(sealed["content"]), "digest": "0" * 64}).encode())
    store.put("b", envelope.KEY, b"encrypted by somebody else")
    found = opened(store, tmp_path)
    assert (found["passed_over"], found["stored"]) == (3, "2026-11-22T08:00:00.000Z")
    assert (tmp_path / "site/secrets.yml").read_text() == '{"cells": {}}\n'
    # The next run puts the right one on top again.
    assert copied(store, tmp_path, sealed["content"])
    with pytest.raises(SealingError, match="signed none"):
        opened(store, tmp_path, authority_path=str(tmp_path / "other/ca.crt"), time="2026-11-22T08:00:00Z")
    with pytest.raises(SealingError, match="run the role pki"):
        copied(store, tmp_path, forged["content"])


def test_another_recovery_key_opens_nothing(site: dict[str, Any], tmp_path: Path) -> None:
    store = Store()
    copied(store, tmp_path, sealed_estate.run(site)["content"])
    (tmp_path / "recovery.key").write_text(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(SealingError, match="doesn't open it"):
        opened(store, tmp_path)
    (tmp_path / "recovery.key").write_text("AGE-SECRET-KEY-1WRONG")
    with pytest.raises(SealingError, match="can't be read") as told:
        opened(store, tmp_path)
    assert "WRONG" not in str(told.value)


def test_nothing_is_overwritten(site: dict[str, Any], tmp_path: Path) -> None:
    store = Store()
    copied(store, tmp_path, sealed_estate.run(site)["content"])
    (tmp_path / "site").mkdir()
    (tmp_path / "site/secrets.yml").write_text("those of another site")
    with pytest.raises(SealingError, match=r"other content in secrets\.yml"):
        opened(store, tmp_path)
    assert not (tmp_path / "site/pki").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"recipients": []}, "without a recovery key"),
        ({"recipients": ["ssh-ed25519 AAAA"]}, "no public key of age"),
        ({"authority": "nowhere"}, "can't be sealed"),
    ],
)
def test_what_can_not_be_sealed(site: dict[str, Any], words: dict[str, Any], said: str) -> None:
    with pytest.raises(SealingError, match=said):
        sealed_estate.run({**site, **words})


def test_two_sources_of_one_name_and_one_that_is_too_big(tmp_path: Path) -> None:
    for parent in ("a", "b"):
        (tmp_path / parent / "estate").mkdir(parents=True)
        (tmp_path / parent / "estate/hosts.yml").write_text(parent)
    with pytest.raises(SealingError, match="different names"):
        folders.read([str(tmp_path / "a/estate"), str(tmp_path / "b/estate")])
    with pytest.raises(SealingError, match="too much"):
        bundle.manifest({"dump": b"x" * (bundle.LIMIT + 1)}, {})


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a/../../up", "", "a//b"])
def test_no_name_leads_out_of_the_folder(path: str) -> None:
    with pytest.raises(SealingError, match="can't be a file's name"):
        bundle.manifest({path: b""}, {})


def test_an_archive_that_is_not_as_its_manifest_says() -> None:
    listed = bundle.manifest(FILES, {})
    assert bundle.unpack(bundle.pack(FILES, listed)) == {**FILES, bundle.MANIFEST: listed}
    with pytest.raises(SealingError, match="other files"):
        bundle.unpack(bundle.pack({**FILES, "more": b""}, listed))
    with pytest.raises(SealingError, match="no bundle"):
        bundle.unpack(b"no archive")
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/shadow"
        archive.addfile(link)
    with pytest.raises(SealingError):
        bundle.unpack(stream.getvalue())
