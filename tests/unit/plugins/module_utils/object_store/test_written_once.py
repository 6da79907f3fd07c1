# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store import written_once
from ansible_collections.tierline.erp.plugins.module_utils.object_store.client import Version


class Store:
    """Versions of one object, newest first as stores list them; the content of each is its name."""

    def __init__(self, *versions: tuple[str, bool, str]) -> None:
        self.listed = [Version("a", name, marker, latest=False, modified=modified) for name, marker, modified in versions]

    def versions(self, _bucket: str, _prefix: str) -> list[Version]:
        return self.listed

    def get(self, _bucket: str, _key: str, version: str) -> bytes:
        return version.encode()


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([("1", False, "08:00")], [(b"1", False)]),
        ([("2", False, "09:00"), ("1", False, "08:00")], [(b"1", True)]),
        # Within the same second the order of the list decides.
        ([("2", False, "08:00"), ("1", False, "08:00")], [(b"1", True)]),
        ([("2", True, "09:00"), ("1", False, "08:00")], [(b"1", True)]),
        ([("1", True, "08:00")], []),
    ],
)
def test_the_oldest_counts(versions: list[tuple[str, bool, str]], expected: list[tuple[bytes, bool]]) -> None:
    store: Any = Store(*versions)
    assert [(one.content, one.tampered) for one in written_once.read(store, "b", "")] == expected


def test_its_digest_is_that_of_the_content() -> None:
    store: Any = Store(("", False, "08:00"))
    (one,) = written_once.read(store, "b", "")
    assert one.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
