# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say for each derived setting where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .catalogue import Tier
from .models import Environment
from .sizing import WORKERS

_HOST = "written for the environment (host_vars or group_vars)"
_DERIVED: dict[str, tuple[str, str]] = {
    "database": ("database_name", "default: the name of the environment"),
    "modules": ("modules", "default"),
    "ports": ("port_block", "hash of the environment's name"),
    "app_machine": ("app_machine", "placement: hash of its name among the cell's app machines"),
}


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """``sizing.workers`` becomes ``sizing: {workers: …}``."""
    tree: dict[str, Any] = {}
    for key, value in settings.items():
        group, _dot, leaf = key.rpartition(".")
        (tree.setdefault(group, {}) if group else tree)[leaf] = value
    return tree


def flat(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The reverse of ``nested``."""
    return {
        f"{key}.{leaf}" if isinstance(value, Mapping) else key: item
        for key, value in tree.items()
        for leaf, item in (value.items() if isinstance(value, Mapping) else [("", value)])
    }


def explanation(environment: Environment, tier: Tier) -> dict[str, str]:
    """Source -> the settings that come from it, separated by spaces.

    A line for each source, not for each setting: a thousand environments repeat it.
    """
    found: dict[str, list[str]] = {}
    for name, (word, default) in _DERIVED.items():
        found.setdefault(_HOST if environment.words[word] is not None else default, []).append(name)
    for key, origin in tier.origin.items():
        source = f"overrides of the environment, instead of {origin}" if key in environment.overridden else origin
        source = f"computed, as {source} says" if key == WORKERS and environment.options else source
        found.setdefault(source, []).append(key)
    return {source: " ".join(names) for source, names in found.items()}


def table(environment: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """A table for people: setting, value, source."""
    promises = flat(environment["promises"])
    known = {**promises, **{key: environment[key] for key in _DERIVED}}
    source_of = {key: source for source, names in sources.items() for key in names.split()}
    rows = [("SETTING", "VALUE", "SOURCE")]
    rows += [(key, _value(known[key]), source_of[key]) for key in (*_DERIVED, *promises)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    title = f"{environment['name']}: tier {environment['tier']}, cell {environment['cell']}"
    return "\n".join([title, "", *_lines(rows, widths)])


def _lines(rows: Iterable[tuple[str, str, str]], widths: list[int]) -> list[str]:
    return [f"{setting:<{widths[0]}}  {value:<{widths[1]}}  {source}".rstrip() for setting, value, source in rows]


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
