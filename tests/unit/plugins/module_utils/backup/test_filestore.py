# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import pathlib

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup.errors import BackupError
from ansible_collections.tierline.erp.plugins.module_utils.backup.filestore import look
from ansible_collections.tierline.erp.plugins.modules import filestore_info


def stored(root: pathlib.Path, content: bytes) -> str:
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    path = root / digest[:2] / digest
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return f"{digest[:2]}/{digest}"


@pytest.fixture
def names(tmp_path: pathlib.Path) -> list[str]:
    (tmp_path / "checklist").mkdir()
    (tmp_path / "checklist" / "aa").write_bytes(b"")
    return [stored(tmp_path, f"file {n}".encode()) for n in range(20)]


def test_a_whole_filestore(tmp_path: pathlib.Path, names: list[str]) -> None:
    seen = look(str(tmp_path), names, 0)
    assert (seen.files, seen.missing, seen.damaged) == (20, (), ())
    assert filestore_info.result(seen)["bytes"] == sum(len(f"file {n}") for n in range(20))


def test_what_is_missing_or_damaged_is_named(tmp_path: pathlib.Path, names: list[str]) -> None:
    (tmp_path / names[3]).write_bytes(b"encrypted, pay here")
    (tmp_path / names[4]).unlink()
    assert look(str(tmp_path), names, 0).missing == (names[4],)
    assert look(str(tmp_path), [], 0).damaged == (names[3],)
    assert look(str(tmp_path), [names[5]], 0).damaged == ()


def test_a_sample_is_spread_and_no_larger_than_asked(tmp_path: pathlib.Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"other")
    found = look(str(tmp_path), [], 3).damaged
    assert found == tuple(sorted(names)[n] for n in (0, 6, 12))
    assert len(look(str(tmp_path), [], 100).damaged) == 20


def test_a_path_that_is_no_directory(tmp_path: pathlib.Path) -> None:
    with pytest.raises(BackupError, match="is no directory"):
        look(str(tmp_path / "none"), [], 0)
