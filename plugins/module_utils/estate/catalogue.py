# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service catalogue: layers of tiers, inheritance, and where each setting came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import Problem, listed, nearest, shown
from .fields import missing_key, refuse_value, unknown_key
from .schema import TIER

_GROUPS = {key.partition(".")[0] for key in TIER if "." in key}


@dataclass(frozen=True)
class Layer:
    """Tiers as somebody wrote them, and the file they were written in."""

    source: str
    tiers: Mapping[str, Any]


@dataclass(frozen=True)
class Tier:
    """A tier with all its settings. ``origin`` names, for each, the tier and file that fixed it."""

    name: str
    settings: dict[str, Any]
    origin: dict[str, str]


@dataclass(frozen=True)
class _Draft:
    """One tier before inheritance: the layers of one name merged, the last one winning."""

    parent: str | None
    settings: dict[str, Any]
    sources: dict[str, str]
    file: str


def load(layers: Iterable[Layer], problems: list[Problem]) -> dict[str, Tier]:
    """Merge ``layers`` (a later one extends an earlier one), then let tiers inherit."""
    drafts: dict[str, _Draft] = {}
    for layer in layers:
        for name, written in layer.tiers.items():
            drafts[name] = _extend(drafts.get(name), name, written, layer.source, problems)
    return {name: _inherit(name, drafts, problems) for name in sorted(drafts) if _sound(name, drafts, problems)}


def _extend(base: _Draft | None, name: str, written: Any, source: str, problems: list[Problem]) -> _Draft:
    base = base or _Draft(None, {}, {}, source)
    if not isinstance(written, Mapping):
        problems.append(
            Problem(
                "tier",
                name,
                "tiers",
                "not a mapping",
                shown(written),
                "a mapping of settings",
                cure="indent its settings",
                file=source,
            )
        )
        written = {}
    settings = _checked(name, written, source, problems)
    return _Draft(
        written.get("inherits", base.parent),
        base.settings | settings,
        base.sources | dict.fromkeys(settings, source),
        source,
    )


def _checked(name: str, written: Mapping[str, Any], source: str, problems: list[Problem]) -> dict[str, Any]:
    """The valid settings among those written; the others become problems."""
    good: dict[str, Any] = {}
    for key, value in _flat(written):
        if key == "inherits":
            continue
        if key not in TIER:
            found = unknown_key("tier", name, key, TIER)
        elif not TIER[key].accepts(value):
            found = refuse_value("tier", name, key, TIER[key], value)
        else:
            good[str(key)] = value
            continue
        problems.append(_at(found, source))
    return good


def _at(problem: Problem, source: str) -> Problem:
    return Problem(**{**vars(problem), "file": source})


def _flat(written: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """``sizing: {workers: 2}`` and ``sizing.workers: 2`` are the same setting."""
    for key, value in written.items():
        if key in _GROUPS and isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", item) for inner, item in value.items())
        else:
            yield str(key), value


def _lineage(name: str, drafts: Mapping[str, _Draft]) -> list[str]:
    """The tier, its parent, and so on; stops where a name is repeated or unknown."""
    chain = [name]
    while (parent := drafts[chain[-1]].parent) is not None:
        chain.append(parent)
        if chain.count(parent) > 1 or parent not in drafts:
            break
    return chain


def _sound(name: str, drafts: Mapping[str, _Draft], problems: list[Problem]) -> bool:
    """False if the tier inherits in a circle or from nobody: then nothing else can be said of it."""
    chain = _lineage(name, drafts)
    last = chain[-1]
    if chain.count(last) > 1:
        if last == name == min(chain):
            problems.append(_cycle(name, chain, drafts[name].file))
        return False
    if last not in drafts:
        if len(chain) == 2:
            problems.append(_no_parent(name, last, drafts))
        return False
    return True


def _cycle(name: str, chain: list[str], file: str) -> Problem:
    return Problem(
        "tier",
        name,
        "inherits",
        "inheritance runs in a circle",
        " -> ".join(chain),
        "a chain that ends at a tier without inherits",
        cure="remove one inherits of the circle",
        file=file,
    )


def _no_parent(name: str, parent: str, drafts: Mapping[str, _Draft]) -> Problem:
    closest = nearest(parent, drafts.keys() - {name})
    return Problem(
        "tier",
        name,
        "inherits",
        "unknown tier",
        shown(parent),
        listed(drafts.keys() - {name}),
        closest,
        f"write inherits: {closest}" if closest else "define the tier, or inherit from one that exists",
        drafts[name].file,
    )


def _inherit(name: str, drafts: Mapping[str, _Draft], problems: list[Problem]) -> Tier:
    """Fill each setting from the nearest ancestor that fixes it."""
    settings: dict[str, Any] = {}
    origin: dict[str, str] = {}
    chain = _lineage(name, drafts)
    for key, field in TIER.items():
        owner = next((ancestor for ancestor in chain if key in drafts[ancestor].settings), None)
        if owner is None:
            problems.append(_at(missing_key("tier", name, key, field), drafts[name].file))
            continue
        settings[key] = drafts[owner].settings[key]
        via = f"tier {name}" if owner == name else f"tier {name}, inherited from {owner}"
        origin[key] = f"{via} ({drafts[owner].sources[key]})"
    return Tier(name, settings, origin)
