# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import grp
import os
import pathlib
import pwd

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.files import store
from ansible_collections.tierline.erp.plugins.module_utils.files.errors import FilesError
from ansible_collections.tierline.erp.plugins.module_utils.files.plan import Item, item
from ansible_collections.tierline.erp.plugins.modules import files

OWNER, GROUP = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name


def declared(path: pathlib.Path, mode: str = "0640", content: str | None = "text\n") -> Item:
    return item(str(path), OWNER, GROUP, mode, content)


def test_what_was_applied_is_read_again(tmp_path: pathlib.Path) -> None:
    wanted = [declared(tmp_path / "a" / "b", "0750", None), declared(tmp_path / "a" / "b" / "file")]
    assert store.read(wanted) == {}
    for each in wanted:
        store.apply(each)
    assert store.read(wanted) == {each.path: each for each in wanted}
    assert os.listdir(tmp_path / "a" / "b") == ["file"]


def test_a_file_that_is_replaced_is_another_one(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    path.write_text("old\n")
    with path.open() as reader:
        store.apply(declared(path))
        assert reader.read() == "old\n"
    assert path.read_text() == "text\n"


def test_a_link_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FilesError, match="a link"):
        store.read([declared(tmp_path / "link")])


def test_a_missing_directory_is_told_and_leaves_nothing(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FilesError, match="No such file"):
        store.apply(declared(tmp_path / "missing" / "file"))


def test_a_draft_that_cannot_be_finished_is_removed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(FilesError):
        store.apply(declared(tmp_path / "file"))
    assert os.listdir(tmp_path) == ["file"]


def test_unknown_owners_are_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FilesError, match="no such user"):
        store.check_names([item(str(tmp_path / "file"), "nobody-has-this-name", GROUP, "0644", "x")])


def test_a_dry_run_says_what_the_real_one_does_and_the_next_nothing(tmp_path: pathlib.Path) -> None:
    owned = {"owner": OWNER, "group": GROUP}
    directories = [{"path": str(tmp_path / "sub"), "mode": "0750", **owned}]
    entries = [{"path": str(tmp_path / "sub" / "file"), "content": "text\n", "mode": "0640", "secret": False, **owned}]
    dry = files.run(directories, entries, True)
    assert os.listdir(tmp_path) == []
    assert files.run(directories, entries, False) == dry
    assert dry["paths"] == [str(tmp_path / "sub"), str(tmp_path / "sub" / "file")]
    assert files.run(directories, entries, False) == {"changed": False, "paths": [], "diff": []}


def test_a_dry_run_knows_no_owner_whose_package_is_missing(tmp_path: pathlib.Path) -> None:
    entries = [
        {
            "path": str(tmp_path / "file"),
            "content": "",
            "mode": "0640",
            "secret": False,
            "owner": "nobody-has-this-name",
            "group": GROUP,
        }
    ]
    assert files.run([], entries, True)["changed"]
    with pytest.raises(FilesError):
        files.run([], entries, False)
