# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports on app machines: a block of four for each environment, found by hashing its name.

Hashing keeps an environment's ports where they are when others come or go. Two names may hash to the same
block; that is refused with a free block named, because moving one of them silently would break its slot.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Collection, Mapping

from .schema import PORT_BLOCK, PORT_FIRST, PORT_LAST

_BLOCKS = (PORT_LAST - PORT_FIRST + 1) // PORT_BLOCK


def hashed_block(name: str) -> int:
    """First port of the block that belongs to ``name``."""
    digest = hashlib.sha256(name.encode()).digest()
    return PORT_FIRST + PORT_BLOCK * (int.from_bytes(digest[:8], "big") % _BLOCKS)


def free_block(name: str, taken: Collection[int]) -> int | None:
    """The first free block after the hashed one; None if every block is taken."""
    start = (hashed_block(name) - PORT_FIRST) // PORT_BLOCK
    blocks = (PORT_FIRST + PORT_BLOCK * ((start + step) % _BLOCKS) for step in range(_BLOCKS))
    return next((block for block in blocks if all(block + offset not in taken for offset in range(PORT_BLOCK))), None)


def overlaps(blocks: Mapping[str, int]) -> list[tuple[str, str]]:
    """Pairs of names whose blocks share a port; in each, the later name should move."""
    pairs = []
    ordered = sorted(blocks.items(), key=lambda item: (item[1], item[0]))
    for (first, low), (second, high) in itertools.pairwise(ordered):
        if high - low < PORT_BLOCK:
            pairs.append((min(first, second), max(first, second)))
    return pairs


def slots(block: int) -> dict[str, int]:
    """The four ports: blue is in use first, green waits for the next release."""
    return {"http": block, "websocket": block + 1, "green_http": block + 2, "green_websocket": block + 3}
