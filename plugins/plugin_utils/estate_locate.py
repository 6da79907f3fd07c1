# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the file and line in which a refused value was written.

Looked up only after a refusal: ansible-core tags values with their origin, but offers collections no public way to read it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import yaml

from ..module_utils.estate.errors import Problem

_SUBDIRECTORY = {"environment": "host_vars", "machine": "host_vars", "cell": "group_vars"}
_PREFIX = {"cell": "cell_"}


class Locator:
    """Callable that names the place of a problem as ``file:line``, as well as it can be known."""

    def __init__(self, loader: Any, directories: list[str], inventory: Any, source: str):
        self._loader = loader
        self._directories = directories
        self._inventory = inventory
        self._source = source

    def __call__(self, problem: Problem) -> str:
        key = problem.key.removeprefix("overrides.") if problem.key.startswith("overrides.") else problem.key.partition(".")[0]
        entity = _PREFIX.get(problem.kind, "") + problem.name
        own = list(self._found(_SUBDIRECTORY[problem.kind], entity)) if problem.kind in _SUBDIRECTORY else []
        owner = self._inventory.hosts.get(entity) or self._inventory.groups.get(entity)
        if key in (owner.vars if owner else ()) and not any(_line(path, key) for path in own):
            return _short(self._declared_in(owner))
        for path in [*own, *self._of_groups(owner)]:
            if line := _line(path, key):
                return f"{_short(path)}:{line}"
        return _short(own[0] if own else self._declared_in(owner))

    def _of_groups(self, owner: Any) -> Iterator[str]:
        """Vars files of the groups that a host or group is in; the strongest first."""
        if owner is not None:
            groups = owner.get_groups() if owner.name in self._inventory.hosts else owner.get_ancestors()
            for group in sorted(groups, key=lambda group: (group.depth, group.priority, group.name), reverse=True):
                yield from self._found("group_vars", group.name)

    def _found(self, subdirectory: str, entity: str) -> Iterator[str]:
        for directory in reversed(self._directories):
            base = os.path.join(directory, subdirectory)
            if os.path.isdir(base):
                yield from reversed(self._loader.find_vars_files(base, entity))

    def _declared_in(self, owner: Any) -> str:
        """The source that declares the host, for a value that no vars file holds."""
        return str((owner.vars.get("inventory_file") if owner else None) or self._source)


def _line(path: str, key: str) -> int:
    """The line of ``key`` in a YAML file, or 0."""
    try:
        with open(path, encoding="utf-8") as stream:
            root = yaml.compose(stream, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return 0
    return next(_lines(root, key), 0)


def _lines(node: Any, key: str) -> Iterator[int]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if getattr(name, "value", None) == key:
                yield name.start_mark.line + 1
            if getattr(name, "value", None) == "overrides":
                yield from _lines(value, key)


def _short(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
