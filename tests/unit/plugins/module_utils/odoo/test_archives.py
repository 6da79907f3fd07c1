# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of custom modules: what is refused, and what is unpacked."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import archives
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.modules import odoo_addons


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives.os, "chown", lambda *_arguments, **_names: None)


def pack(path: Path, *names: str) -> str:
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(tmp_path: Path, *hashes: str, check_mode: bool = False) -> dict[str, object]:
    params = {"hashes": list(hashes), "archive_dir": str(tmp_path), "custom_dir": str(tmp_path / "custom")}
    return odoo_addons.run(params, check_mode)


@pytest.mark.parametrize("prefix", ["", "acme-1.0/", "acme-1.0/addons/"])
def test_an_archive_is_unpacked_once(tmp_path: Path, prefix: str) -> None:
    sha256 = pack(tmp_path / "new", f"{prefix}acme_sales/__manifest__.py", f"{prefix}acme_sales/__init__.py")
    (tmp_path / "new").rename(tmp_path / sha256)
    assert run(tmp_path, sha256, check_mode=True)["changed"]
    assert run(tmp_path, sha256)["unpacked"] == [sha256]
    assert (tmp_path / "custom" / sha256 / "acme_sales" / "__manifest__.py").is_file()
    assert not run(tmp_path, sha256)["changed"]
    assert [path.name for path in (tmp_path / "custom").iterdir()] == [sha256]


def test_another_archive_is_refused(tmp_path: Path) -> None:
    declared = "ab" * 32
    pack(tmp_path / declared, "acme_sales/__manifest__.py")
    with pytest.raises(OdooError, match=f"declared is {declared}"):
        run(tmp_path, declared)
    with pytest.raises(OdooError, match="can't be read"):
        run(tmp_path, "cd" * 32)


@pytest.mark.parametrize("name", ["../outside/__manifest__.py", "readme.txt", "a/b/readme.txt"])
def test_what_holds_no_modules_or_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    sha256 = pack(tmp_path / "new", name)
    (tmp_path / "new").rename(tmp_path / sha256)
    with pytest.raises(OdooError, match=r"can't be unpacked|holds no Odoo module"):
        run(tmp_path, sha256)
    assert not list((tmp_path / "custom").iterdir())


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"text").hexdigest()
    (tmp_path / sha256).write_bytes(b"text")
    with pytest.raises(OdooError, match="can't be unpacked"):
        run(tmp_path, sha256)


def test_an_empty_directory_is_no_archive(tmp_path: Path) -> None:
    """An engine makes one of a mount whose source is missing."""
    sha256 = pack(tmp_path / "new", "acme_sales/__manifest__.py")
    (tmp_path / "new").rename(tmp_path / sha256)
    (tmp_path / "custom" / sha256).mkdir(parents=True)
    assert run(tmp_path, sha256)["changed"]
    assert (tmp_path / "custom" / sha256 / "acme_sales").is_dir()
