# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.proof import document
from ansible_collections.tierline.erp.plugins.module_utils.proof.errors import ProofError


@dataclass(frozen=True)
class Words:
    name: str
    format: int = 3


def test_what_is_written_is_read_again() -> None:
    content = document.serialise(Words("a"))
    assert content == b'{\n  "format": 3,\n  "name": "a"\n}\n'
    assert document.parse(content, Words, 3, "list of words") == Words("a")


def test_another_format_is_told_by_its_number() -> None:
    with pytest.raises(ProofError, match="the list of words has format 3, this release reads 4"):
        document.parse(document.serialise(Words("a")), Words, 4, "list of words")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": 3}', b'{"format": 3, "name": "a", "more": 1}'])
def test_something_else_is_refused(content: bytes) -> None:
    with pytest.raises(ProofError, match="this is no list of words"):
        document.parse(content, Words, 3, "list of words")
