# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which app machine runs an environment, and whether what it holds fits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal

from ..odoo import front
from .errors import Problem, listed, nearest, shown
from .models import Cell, Environment, Estate, Machine

# (setting that adds up, role of the machine it adds up on, size of that machine, key of the size)
_LOADS = (
    ("sizing.memory_mb", "app", "memory_mb", "machine_memory_mb"),
    ("sizing.cpus", "app", "cpus", "machine_cpus"),
    ("quotas.filestore_gb", "app", "disk_gb", "machine_disk_gb"),
    ("quotas.database_gb", "postgres", "disk_gb", "machine_disk_gb"),
)


def app_machine(environment: Environment, cell: Cell) -> Machine | None:
    """Rendezvous hashing: an environment moves only if its own machine goes or a new one wins it."""
    machines = cell.with_role("app")
    wanted = environment.words["app_machine"]
    if wanted is not None:
        return next((machine for machine in machines if machine.name == wanted), None)
    if len(machines) == 1:
        return machines[0]
    return max(machines, key=lambda machine: hashlib.sha256(f"{machine.name}/{environment.name}".encode()).digest(), default=None)


def check(estate: Estate) -> Iterator[Problem]:
    """Environments placed on machines that do not exist, and machines that hold more than they have."""
    for cell in estate.cells.values():
        yield from _unplaced(cell)
        for machine in cell.machines:
            yield from _overfull(machine, cell)


def _unplaced(cell: Cell) -> Iterator[Problem]:
    names = [machine.name for machine in cell.with_role("app")]
    for environment in cell.environments:
        wanted = environment.words["app_machine"]
        if wanted is not None and wanted not in names:
            closest = nearest(wanted, names)
            yield Problem(
                "environment",
                environment.name,
                "app_machine",
                f"no such app machine in cell {cell.name}",
                shown(wanted),
                listed(names),
                closest,
                f"write {closest}" if closest else "name one of them, or leave it out",
            )


def _overfull(machine: Machine, cell: Cell) -> Iterator[Problem]:
    """Compare the declared sizes of ``machine`` with the sums of what it holds."""
    sums: dict[tuple[str, str], list[tuple[str, Decimal]]] = {}
    for setting, role, size, key in _LOADS:
        if role in machine.roles and getattr(machine, size) is not None:
            loads = sums.setdefault((size, key), [])
            loads += [(setting, _load(e, setting)) for e in _held(machine, role, cell)]
    for (size, key), loads in sums.items():
        total, have = sum(load for _setting, load in loads), Decimal(str(getattr(machine, size)))
        if total > have:
            what = f"the sum of {listed({setting for setting, _load in loads})} is above the machine's size"
            yield Problem(
                "machine",
                machine.name,
                key,
                what,
                f"{total} for {len(loads)} values",
                f"at most {have}",
                cure="enlarge the machine, lower the overrides, or place environments elsewhere with app_machine",
            )


def _load(environment: Environment, setting: str) -> Decimal:
    """What stands before Odoo has memory of its own, beside the application's."""
    more = front.MEMORY_MB if setting == "sizing.memory_mb" and environment.settings["sizing.front"] else 0
    return Decimal(str(environment.settings[setting])) + more


def _held(machine: Machine, role: str, cell: Cell) -> Iterator[Environment]:
    for environment in cell.environments:
        if role == "postgres" or app_machine(environment, cell) is machine:
            yield environment
