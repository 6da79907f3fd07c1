# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Blocks of ports: where a name's are, and which are free."""

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate import ports
from ansible_collections.tierline.erp.plugins.module_utils.estate.schema import PORT_BLOCK, PORT_FIRST, PORT_LAST
from hypothesis import given
from hypothesis import strategies as st


def test_a_full_port_range_is_said_to_be_full() -> None:
    assert ports.free_block("any", set(range(10000, 32768))) is None


@given(st.text())
def test_a_name_has_an_aligned_block_within_the_range(name: str) -> None:
    block = ports.hashed_block(name)
    assert (block - PORT_FIRST) % PORT_BLOCK == 0
    assert PORT_FIRST <= block <= PORT_LAST - PORT_BLOCK + 1


def test_a_name_keeps_its_block_from_release_to_release() -> None:
    assert (ports.hashed_block("acme_prod"), ports.hashed_block("globex_prod")) == (19200, 13188)


@given(st.text(), st.sets(st.integers(PORT_FIRST, PORT_LAST), max_size=200))
def test_a_free_block_is_free(name: str, taken: set[int]) -> None:
    block = ports.free_block(name, taken)
    assert block is not None
    assert not taken & set(ports.slots(block).values())


def test_the_free_block_is_the_next_one_and_the_range_is_a_ring() -> None:
    last = PORT_LAST - PORT_BLOCK + 1
    name = next(name for name in map(str, range(100_000)) if ports.hashed_block(name) == last)
    assert ports.free_block(name, set()) == last
    assert ports.free_block(name, {PORT_LAST}) == PORT_FIRST


@pytest.mark.parametrize(
    ("blocks", "pairs"),
    [
        ({"a": 10000, "b": 10004}, []),
        ({"a": 10000, "b": 10003}, [("a", "b")]),
        ({"b": 10000, "a": 10000}, [("a", "b")]),
        ({"a": 10000, "b": 10000, "c": 10000}, [("a", "b"), ("b", "c")]),
        ({"z": 10002, "a": 10004, "m": 10000}, [("m", "z"), ("a", "z")]),
    ],
)
def test_overlaps(blocks: dict[str, int], pairs: list[tuple[str, str]]) -> None:
    assert ports.overlaps(blocks) == pairs


def test_both_slots_have_two_ports() -> None:
    assert ports.slots(10000) == {"http": 10000, "websocket": 10001, "green_http": 10002, "green_websocket": 10003}
