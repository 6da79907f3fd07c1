# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import files
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.plan import File


def _own(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid


def test_files_are_replaced_with_their_mode(tmp_path: Path) -> None:
    uid, gid = _own(tmp_path)
    want = File(str(tmp_path / "a"), 0o640, uid, gid, "secret\n")
    (tmp_path / "a.new").write_text("left by an interrupted run")
    files.apply(want)
    assert files.read([want.path]) == {want.path: want}
    assert not (tmp_path / "a.new").exists()


def test_directories_are_made_and_read(tmp_path: Path) -> None:
    uid, gid = _own(tmp_path)
    want = File(str(tmp_path / "a" / "b"), 0o750, uid, gid)
    files.apply(want)
    assert files.read([want.path, str(tmp_path / "none")]) == {want.path: want}
    files.remove_tree(want.path)
    assert files.read([want.path]) == {}


def test_a_missing_text_says_what_it_is_for(tmp_path: Path) -> None:
    with pytest.raises(OdooError, match="must hold the authority"):
        files.text(str(tmp_path / "ca.crt"), "the authority")


def test_the_key_is_kept_once_and_only_when_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.os, "chown", lambda *_: None)
    monkeypatch.setattr(files.os, "fchown", lambda *_: None)
    key = files.machine_key(str(tmp_path))
    assert len(key) == 32
    assert not (tmp_path / ".key").exists()
    files.keep_key(str(tmp_path), key)
    files.keep_key(str(tmp_path), b"never written")
    assert files.machine_key(str(tmp_path)) == key
    assert stat.S_IMODE((tmp_path / ".key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("found", "address"),
    [(["192.0.2.9", "192.0.2.1"], "192.0.2.1"), (["2001:db8::1", "192.0.2.1"], "192.0.2.1"), (["127.0.1.1"], "host-gateway")],
)
def test_names_become_addresses_that_a_container_can_use(found: list[str], address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (text, 0)) for text in found])
    assert files.container_address("db1") == address


def test_an_address_needs_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.socket, "getaddrinfo", None)
    assert files.container_address("192.0.2.1") is None


def test_an_unknown_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(files.socket, "getaddrinfo", fail)
    with pytest.raises(OdooError, match="'nobody' is not resolved"):
        files.addresses("nobody")
