# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can a cell keep the promises of the tiers it serves?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .catalogue import Tier
from .consistency import ODD, QUORUM
from .errors import Problem, listed, shown
from .models import Cell, Environment, Estate
from .schema import NEEDED_ROLES


def check(estate: Estate) -> Iterator[Problem]:
    """Every promise that cannot be kept."""
    for name in sorted(estate.words):
        yield from _stage(name, estate.words[name], estate.tiers)
    for cell in estate.cells.values():
        yield from _cell(cell)
        for environment in cell.environments:
            yield from _environment(environment, cell)


def _stage(name: str, words: dict[str, Any], tiers: dict[str, Tier]) -> Iterator[Problem]:
    tier, stage = tiers.get(words["service_tier"]), words["stage"]
    if tier is None or stage is None or stage in tier.settings.get("stages", (stage,)):
        return
    fitting = listed(other.name for other in tiers.values() if stage in other.settings.get("stages", ()))
    yield Problem(
        "environment",
        name,
        "stage",
        f"tier {tier.name} does not serve {stage}",
        shown(stage),
        listed(tier.settings["stages"]),
        cure=f"choose a service_tier that does: {fitting}",
    )


def _cell(cell: Cell) -> Iterator[Problem]:
    if not cell.environments:
        return
    for role in NEEDED_ROLES:
        if not cell.with_role(role):
            have = {word for machine in cell.machines for word in machine.roles}
            yield Problem(
                "cell",
                cell.name,
                "machine_roles",
                f"no machine has the role {role}",
                listed(have),
                listed(NEEDED_ROLES),
                cure=f"add {role} to machine_roles of a machine in cell_{cell.name}",
            )
    members = len(cell.with_role("postgres"))
    if members and members not in ODD:
        yield Problem(
            "cell",
            cell.name,
            "machine_roles",
            "an even number of database members has no majority",
            f"{members} machines with the role postgres",
            "1, 3, 5",
            cure="add or remove one",
        )


def _environment(environment: Environment, cell: Cell) -> Iterator[Problem]:
    if environment.settings["isolation"] == "dedicated" and not cell.dedicated:
        yield _promise(
            environment,
            "cell",
            "the tier promises a dedicated cell",
            f"cell {cell.name} is shared",
            "a dedicated cell",
            f"move it to a cell of its own, or set cell_isolation: dedicated for cell_{cell.name}",
        )
    yield from _database(environment, cell)
    yield from _backups(environment, cell)


def _backups(environment: Environment, cell: Cell) -> Iterator[Problem]:
    settings, tier, store = environment.settings, environment.tier, cell.store
    place = f"group_vars/cell_{cell.name}"
    if settings["backup.enabled"] and store["kind"] == "none":
        what, seen, allowed = "backups", f"cell {cell.name} has no backup store", "object_storage"
        cure = f"declare cell_backup_store in {place}"
    elif settings["backup.immutable"] and not store["object_lock"]:
        what, allowed = "immutable backups", "a store with object_lock: true"
        seen = f"the {store['kind']} store of cell {cell.name} has object_lock: false"
        cure = f"use an object storage with Object Lock in {place}, or another tier"
    else:
        return
    yield _promise(environment, "service_tier", f"tier {tier} promises {what}", seen, allowed, cure)


def _database(environment: Environment, cell: Cell) -> Iterator[Problem]:
    settings = environment.settings
    needed, have = settings["availability.database_members"], len(cell.with_role("postgres"))
    if have >= needed or not have:
        return
    seen = f"cell {cell.name} has {have}"
    cure = f"add machines with the role postgres to cell_{cell.name}, or choose another service_tier"
    yield _promise(
        environment,
        "service_tier",
        f"tier {environment.tier} promises {needed} database members",
        seen,
        listed(n for n in ODD if n >= needed),
        cure,
    )
    if settings["recovery.rpo_seconds"] == 0 and have == 1:
        yield _promise(
            environment,
            "service_tier",
            f"tier {environment.tier} promises zero loss, which one node cannot give",
            seen,
            f"{QUORUM} or more",
            cure,
        )


def _promise(environment: Environment, key: str, what: str, seen: str, allowed: str, cure: str) -> Problem:
    return Problem("environment", environment.name, key, what, seen, allowed, cure=cure)


def strongest(environments: Iterable[Environment]) -> tuple[str, bool]:
    """The synchronous mode a cell needs: the strongest among the environments it serves."""
    order = ("off", "on", "quorum")
    mode, strict = "off", False
    for environment in environments:
        mode = max(mode, environment.settings["availability.synchronous_mode"], key=order.index)
        strict = strict or environment.settings["availability.synchronous_strict"]
    return mode, strict
