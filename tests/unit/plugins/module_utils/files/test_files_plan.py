# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.files.errors import FilesError
from ansible_collections.tierline.erp.plugins.module_utils.files.plan import changes, differences, distinct, item

FILE = item("/etc/app/a", "root", "app", "0640", "new\n")
FOLDER = item("/etc/app", "root", "root", "0755")


def test_nothing_is_to_be_done_where_all_is_as_declared() -> None:
    assert changes([FOLDER, FILE], {FOLDER.path: FOLDER, FILE.path: FILE}) == []


@pytest.mark.parametrize(
    "there",
    [
        None,
        item("/etc/app/a", "root", "app", "0640", "old\n"),
        item("/etc/app/a", "root", "app", "0644", "new\n"),
        item("/etc/app/a", "app", "app", "0640", "new\n"),
        item("/etc/app/a", "root", "root", "0640", "new\n"),
    ],
)
def test_what_differs_is_written(there: object) -> None:
    assert changes([FILE], {FILE.path: there} if there else {}) == [FILE]  # type: ignore[dict-item]


def test_a_directory_keeps_its_owners_where_none_are_declared() -> None:
    whoever = item("/etc/app", "", "", "0755")
    assert changes([whoever], {"/etc/app": item("/etc/app", "app", "staff", "0755")}) == []
    assert changes([whoever], {"/etc/app": item("/etc/app", "app", "1234", "0700")}) == [item("/etc/app", "app", "1234", "0755")]
    assert changes([whoever], {}) == [FOLDER]


def test_being_secret_is_no_difference() -> None:
    secret = item("/etc/app/a", "root", "app", "0640", "new\n", secret=True)
    assert changes([secret], {FILE.path: FILE}) == []


@pytest.mark.parametrize(
    ("declared", "there"),
    [(FILE, item(FILE.path, "root", "root", "0755")), (FOLDER, item(FOLDER.path, "root", "root", "0644", "x"))],
)
def test_another_kind_is_refused(declared: object, there: object) -> None:
    with pytest.raises(FilesError, match="move it away"):
        changes([declared], {declared.path: there})  # type: ignore[attr-defined, list-item, dict-item]


def test_directories_come_first_and_from_above() -> None:
    below = item("/etc/app/b", "root", "root", "0755")
    assert distinct([FILE, below, FOLDER]) == [FOLDER, below, FILE]


@pytest.mark.parametrize("second", [FILE, item(FILE.path, "root", "root", "0755")])
def test_nothing_is_declared_twice(second: object) -> None:
    with pytest.raises(FilesError, match="/etc/app/a"):
        distinct([FILE, second])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("path", "mode"), [("etc/app", "0644"), ("/etc/app/", "0644"), ("/etc/app", "rw"), ("/etc/app", "17777"), ("/etc/app", "-1")]
)
def test_bad_input_is_refused(path: str, mode: str) -> None:
    with pytest.raises(FilesError, match="etc/app"):
        item(path, "root", "root", mode, "x")


def test_a_difference_shows_content_and_mode_but_no_secret() -> None:
    old, new = item("/a", "root", "root", "0600", "before\n", True), item("/a", "root", "root", "0640", "after\n", True)
    (shown,) = differences([new], {"/a": old})
    assert (shown["before"], shown["after"]) == (
        "root:root 0600\n(its content isn't shown)\n",
        "root:root 0640\n(its content isn't shown)\n",
    )
    (shown,) = differences([FILE], {})
    assert (shown["before"], shown["after"]) == ("", "root:app 0640\nnew\n")
    (shown,) = differences([FOLDER], {})
    assert shown["after"] == "root:root 0755\n"
