# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read intent into models. Nothing is guessed: what is wrong becomes a problem and is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .catalogue import Tier, load
from .errors import Problem, listed, nearest, shown
from .fields import Field, read_fields, refuse_value, unknown_key
from .models import Cell, Environment, Estate, Intent, Machine
from .schema import CELL, ENVIRONMENT, MACHINE, MACHINE_NAME, NAME, OVERRIDABLE, SECOND_STORE, STORE, TIER
from .sizing import computed

_RESERVED = {"postgres", "template0", "template1", "patroni", "replicator"}


def read(intent: Intent, problems: list[Problem]) -> Estate:
    """The estate that ``intent`` describes."""
    tiers = load(intent.layers, problems)
    words: dict[str, dict[str, Any]] = {}
    environments = {}
    for name in sorted(intent.environments):
        words[name] = read_fields("environment", name, ENVIRONMENT, intent.environments[name], problems)
        if environment := _environment(name, words[name], intent, tiers, problems):
            environments[name] = environment
    machines = _machines(intent, problems)
    cells = {}
    for name in sorted(intent.cells):
        served = tuple(e for e in environments.values() if e.cell == name)
        if cell := _cell(name, intent, machines.get(name, ()), served, problems):
            cells[name] = cell
    return Estate(tiers, cells, environments, words)


def _environment(
    name: str, words: dict[str, Any], intent: Intent, tiers: Mapping[str, Tier], problems: list[Problem]
) -> Environment | None:
    before = len(problems)
    _refuse_name("environment", name, NAME, "the name becomes a database role, a container and a network", problems)
    _refuse_near_misses(name, intent.own.get(name, ()), problems)
    _refuse_unknown(name, "cell", words["cell"], intent.cells, "create the inventory group cell_{} with its machines", problems)
    _refuse_unknown(name, "service_tier", words["service_tier"], tiers, "define {} under tiers: in tierline.estate.yml", problems)
    overrides = _overrides(name, words["overrides"] or {}, problems)
    tier = tiers.get(words["service_tier"])
    complete = all(words[key] is not None for key, field in ENVIRONMENT.items() if field.required)
    if tier is None or not complete or len(problems) > before or tier.settings.keys() != TIER.keys():
        return None
    settings, options = computed(name, tier.settings | overrides, problems)
    return Environment(
        name,
        words["tenant"],
        words["cell"],
        words["stage"],
        tier.name,
        tuple(words["domains"]),
        words,
        settings,
        frozenset(overrides),
        options,
    )


def _refuse_name(kind: str, name: str, pattern: str, use: str, problems: list[Problem]) -> None:
    if (kind == "environment" and name in _RESERVED) or not re.fullmatch(pattern, name):
        allowed = f"a string that matches {pattern}"
        problems.append(Problem(kind, name, "inventory name", "wrong value", shown(name), allowed, cure=f"rename it: {use}"))


@lru_cache(maxsize=4096)
def _near_miss(key: str) -> str:
    return "" if key in ENVIRONMENT else nearest(key, ENVIRONMENT, cutoff=0.84)


def _refuse_near_misses(name: str, keys: Any, problems: list[Problem]) -> None:
    """Other variables are welcome in host_vars; one that looks like ours is a typing error."""
    for key in keys:
        if _near_miss(str(key)):
            problems.append(unknown_key("environment", name, str(key), ENVIRONMENT))


def _refuse_unknown(name: str, key: str, value: str | None, known: Mapping[str, Any], cure: str, problems: list[Problem]) -> None:
    if value is None or value in known:
        return
    closest = nearest(value, known)
    what = f"unknown {key.removeprefix('service_')}"
    mend = f"write {key}: {closest}" if closest else cure.format(value)
    problems.append(Problem("environment", name, key, what, shown(value), listed(known), closest, mend))


def _overrides(name: str, written: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """The settings this environment changes. What a tier promises cannot be overridden, only chosen."""
    good = {}
    for key, value in written.items():
        place = f"overrides.{key}"
        if key in OVERRIDABLE and OVERRIDABLE[key].accepts(value):
            good[str(key)] = value
        elif key in OVERRIDABLE:
            problems.append(refuse_value("environment", name, place, OVERRIDABLE[key], value))
        elif key in TIER:
            problems.append(_not_overridable(name, place, value))
        else:
            closest = nearest(key, OVERRIDABLE)
            cure = f"write {closest}" if closest else "remove it"
            problems.append(Problem("environment", name, place, "unknown key", str(key), listed(OVERRIDABLE), closest, cure))
    return good


def _not_overridable(name: str, place: str, value: Any) -> Problem:
    return Problem(
        "environment",
        name,
        place,
        "a promise of the tier cannot be overridden",
        shown(value),
        listed(OVERRIDABLE),
        cure="choose another service_tier, or define one that inherits from this one",
    )


def _machines(intent: Intent, problems: list[Problem]) -> dict[str, tuple[Machine, ...]]:
    homes: dict[str, list[str]] = {}
    for cell in sorted(intent.members):
        for machine in intent.members[cell]:
            homes.setdefault(machine, []).append(cell)
    machines: dict[str, list[Machine]] = {}
    for name in sorted(homes):
        if len(homes[name]) > 1:
            problems.append(_two_homes(name, homes[name]))
        elif found := _machine(name, homes[name][0], intent.machines[name], problems):
            machines.setdefault(found.cell, []).append(found)
    return {cell: tuple(members) for cell, members in machines.items()}


def _two_homes(name: str, cells: list[str]) -> Problem:
    return Problem(
        "machine",
        name,
        "cell",
        "a machine of several cells",
        ", ".join(cells),
        "one cell",
        cure=f"keep {name} in one of the groups " + ", ".join(f"cell_{cell}" for cell in cells),
    )


def _machine(name: str, cell: str, written: Mapping[str, Any], problems: list[Problem]) -> Machine | None:
    before = len(problems)
    for key in written:
        if str(key).startswith("machine_") and key not in MACHINE:
            problems.append(unknown_key("machine", name, str(key), MACHINE))
    _refuse_name("machine", name, MACHINE_NAME, "the name goes into certificates", problems)
    facts = read_fields("machine", name, MACHINE, written, problems)
    if len(problems) > before:
        return None
    return Machine(
        name,
        cell,
        tuple(sorted(set(facts["machine_roles"]))),
        facts["address"] or name,
        facts["machine_memory_mb"],
        facts["machine_cpus"],
        facts["machine_disk_gb"],
    )


def _cell(
    name: str, intent: Intent, machines: tuple[Machine, ...], served: tuple[Environment, ...], problems: list[Problem]
) -> Cell | None:
    """The cell, unless its facts or one of its machines are refused: then its promises cannot be judged."""
    before = len(problems)
    written = intent.cells[name]
    for key in written:
        if str(key).startswith("cell_") and key not in CELL:
            problems.append(unknown_key("cell", name, str(key), CELL))
    _refuse_name("cell", name, NAME, "the name becomes that of a database cluster", problems)
    facts = read_fields("cell", name, CELL, written, problems)
    store = _store(name, "cell_backup_store", STORE, facts["cell_backup_store"] or {"kind": "none"}, problems)
    written_second = facts["cell_second_store"]
    second = _store(name, "cell_second_store", SECOND_STORE, written_second, problems) if written_second else {}
    whole = len(machines) == len(intent.members.get(name, ()))
    return Cell(name, facts, store, machines, served, second) if whole and len(problems) == before else None


def _store(
    name: str, key: str, fields: Mapping[str, Field], written: Mapping[str, Any], problems: list[Problem]
) -> dict[str, Any]:
    found: list[Problem] = [unknown_key("cell", name, str(word), fields) for word in written if word not in fields]
    store = read_fields("cell", name, fields, written, found)
    problems += [Problem(**{**vars(p), "key": f"{key}.{p.key}"}) for p in found]
    return store
