# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may exist only once: domains, databases, tenants of a dedicated cell, ports, networks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

from .errors import Problem, listed, shown
from .models import Cell, Estate
from .ports import free_block, hashed_block, overlaps
from .schema import PORT_BLOCK, SECOND_LOGIN


def check(estate: Estate) -> Iterator[Problem]:
    """Every two things that claim the same place."""
    words = estate.words
    yield from _domains(words)
    for name, served in _by_cell(words).items():
        yield from _databases(name, served, words)
        yield from _logins(name, served)
        yield from _ports(name, served, words)
        if name in estate.cells and estate.cells[name].dedicated:
            yield from _dedicated(name, served)
    yield from _networks(estate.cells.values())


def _by_cell(words: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    cells: dict[str, list[str]] = {}
    for name in sorted(words):
        if words[name]["cell"] is not None:
            cells.setdefault(words[name]["cell"], []).append(name)
    return cells


def _repeated(claims: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """(thing, first owner, other owner) for each thing that is claimed again."""
    owners: dict[str, str] = {}
    for thing, owner in claims:
        if thing in owners:
            yield thing, owners[thing], owner
        owners.setdefault(thing, owner)


def _domains(words: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    claims = ((domain, name) for name in sorted(words) for domain in words[name]["domains"] or ())
    for domain, first, other in _repeated(claims):
        yield Problem(
            "environment",
            other,
            "domains",
            f"duplicate domain, also claimed by {first}",
            shown(domain),
            "a domain that no other environment has",
            cure=f"change it here or in {first}",
        )


def _databases(cell: str, served: list[str], words: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    claims = ((words[name]["database_name"] or name, name) for name in served)
    for database, first, other in _repeated(claims):
        yield Problem(
            "environment",
            other,
            "database_name",
            f"duplicate database name in cell {cell}, also used by {first}",
            shown(database),
            "a name that is free in the cell",
            cure=f"change it here or in {first}",
        )


def _logins(cell: str, served: list[str]) -> Iterator[Problem]:
    for name in served:
        if name.endswith(SECOND_LOGIN) and name.removesuffix(SECOND_LOGIN) in served:
            yield Problem(
                "environment",
                name,
                "inventory name",
                f"database role of that name in cell {cell} is the second login of {name.removesuffix(SECOND_LOGIN)}",
                shown(name),
                f"a name that doesn't end in {SECOND_LOGIN}",
                cure="rename it",
            )


def _dedicated(cell: str, served: list[str]) -> Iterator[Problem]:
    for name in served[1:]:
        yield Problem(
            "environment",
            name,
            "cell",
            f"a second environment in dedicated cell {cell}",
            listed(served),
            "one environment",
            cure="give it a cell of its own, or a shared one",
        )


def _ports(cell: str, served: list[str], words: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    blocks = {name: words[name]["port_block"] or hashed_block(name) for name in served}
    taken = {block + offset for block in blocks.values() for offset in range(PORT_BLOCK)}
    for first, other in overlaps(blocks):
        free = free_block(other, taken)
        taken |= {free + offset for offset in range(PORT_BLOCK)} if free else set()
        cure = f"write port_block: {free}, which is free" if free else "move it to another cell: every block is taken"
        yield Problem(
            "environment",
            other,
            "port_block",
            f"port collision with {first} in cell {cell}",
            f"{blocks[other]}-{blocks[other] + PORT_BLOCK - 1}",
            f"{PORT_BLOCK} ports that are free in the cell",
            cure=cure,
        )


def _networks(cells: Iterable[Cell]) -> Iterator[Problem]:
    declared = [
        (cell.name, key, ipaddress.ip_network(str(cell.facts[key])))
        for cell in cells
        for key in ("cell_container_networks", "cell_network")
        if cell.facts[key] is not None
    ]
    for (first, first_key, low), (other, key, high) in combinations(declared, 2):
        if low.version == high.version and low.overlaps(high):
            yield Problem(
                "cell",
                other,
                key,
                f"network overlaps {first_key} of cell {first}",
                f"{high} and {low}",
                "networks that share no address",
                cure="choose another range here or there",
            )
