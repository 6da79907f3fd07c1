# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a cell keeps its sessions: one Redis, or three members among which Sentinels choose the primary."""

from __future__ import annotations

from collections.abc import Iterator

from . import flows
from .consistency import REDIS
from .errors import Problem, listed, shown
from .models import Cell, Environment, Estate, Settings


def place(cell: Cell) -> Settings:
    """What an application is told: the one server, or those who know which of several is the primary."""
    members = cell.with_role("redis")
    if len(members) == 1:
        return {"host": members[0].address, "port": flows.REDIS_PORT}
    return {
        "sentinels": [member.address for member in members],
        "sentinel_port": flows.SENTINEL_PORT,
        # As `redis_name` has it.
        "primary": cell.name,
        "port": flows.REDIS_PORT,
    }


def check(estate: Estate) -> Iterator[Problem]:
    """Members that can't choose a primary, and fewer of them than a tier promises."""
    for cell in estate.cells.values():
        if cell.environments:
            yield from _members(cell)
        for environment in cell.environments:
            yield from _promised(environment, cell)


def _members(cell: Cell) -> Iterator[Problem]:
    """What several need of the cell, whether a tier asks for them or not."""
    members = cell.with_role("redis")
    if members and len(members) not in REDIS:
        yield Problem(
            "cell",
            cell.name,
            "machine_roles",
            "Redis is one server, or three among which Sentinels choose the primary",
            f"{len(members)} machines with the role redis",
            listed(REDIS),
            cure=f"add redis to machine_roles of machines in cell_{cell.name}, or remove it, until one or three have it",
        )
    for machine in members if len(members) > 1 else ():
        if ":" in machine.address:
            yield Problem(
                "machine",
                machine.name,
                "address",
                "Sentinels are told by name or IPv4 address",
                shown(machine.address),
                "a name or an IPv4 address",
                cure="write a name that resolves to it",
            )


def _promised(environment: Environment, cell: Cell) -> Iterator[Problem]:
    needed, have = environment.settings["availability.redis_members"], len(cell.with_role("redis"))
    if needed > have > 0:
        yield Problem(
            "environment",
            environment.name,
            "service_tier",
            f"tier {environment.tier} promises {needed} Redis members",
            f"cell {cell.name} has {have}",
            listed(n for n in REDIS if n >= needed),
            cure=f"add redis to machine_roles of {needed - have} more in cell_{cell.name}, or choose another service_tier",
        )
