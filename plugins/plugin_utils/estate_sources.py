# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what the inventory knows before the estate is resolved, once for each host and group.

The variables are the ones ``ansible.builtin.constructed`` sees with ``use_vars_plugins``: those of the sources parsed
before, and those of vars plugins (host_vars and group_vars, whether files or anything else). It is faster because group
variables, which a thousand environments share, are read and combined once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.inventory.helpers import get_group_vars
from ansible.utils.vars import combine_vars
from ansible.vars.plugins import get_vars_from_inventory_sources

from ..module_utils.estate.catalogue import Layer
from ..module_utils.estate.models import Intent

ENVIRONMENTS = "environments"
CELL_PREFIX = "cell_"


class Sources:
    """The inventory before resolution."""

    def __init__(self, inventory: Any, loader: Any, path: str):
        self._inventory = inventory
        self._loader = loader
        self._paths = _directories([*inventory.processed_sources, path])
        self._combined: dict[tuple[str, ...], Mapping[str, Any]] = {}
        self._own: dict[str, Mapping[str, Any]] = {}

    @property
    def paths(self) -> list[str]:
        """Directories in which host_vars and group_vars are looked for, in order of precedence."""
        return self._paths

    def intent(self, layers: list[Layer], template: Any) -> Intent:
        """Everything the resolver needs."""
        environments = self._members(ENVIRONMENTS)
        cells = [str(name) for name in self._inventory.groups if name.startswith(CELL_PREFIX)]
        members = {cell.removeprefix(CELL_PREFIX): [h for h in self._members(cell) if h not in environments] for cell in cells}
        machines = {name for names in members.values() for name in names}
        return Intent(
            environments={name: self.host(name) for name in environments},
            machines={name: self.host(name) for name in machines},
            cells={cell.removeprefix(CELL_PREFIX): self._group(cell) for cell in cells},
            members=members,
            layers=layers,
            own={name: self._own[name] for name in environments},
            template=template,
        )

    def host(self, name: str) -> Mapping[str, Any]:
        """The variables of a host: its groups', then its own."""
        host = self._inventory.hosts[name]
        own = self._own.get(name)
        if own is None:
            own = self._own[name] = combine_vars(host.vars, self._plugins([host]))
        return combine_vars(self._of_groups(host.get_groups()), own)

    def _group(self, name: str) -> Mapping[str, Any]:
        group = self._inventory.groups[name]
        return self._of_groups([*group.get_ancestors(), group])

    def _of_groups(self, groups: list[Any]) -> Mapping[str, Any]:
        ordered = sorted(groups, key=lambda group: (group.depth, group.priority, group.name))
        key = tuple(group.name for group in ordered)
        if key not in self._combined:
            self._combined[key] = combine_vars(get_group_vars(ordered), self._plugins(ordered))
        return self._combined[key]

    def _plugins(self, entities: list[Any]) -> dict[str, Any]:
        return get_vars_from_inventory_sources(self._loader, self._paths, entities, "all")

    def _members(self, group: str) -> dict[str, None]:
        """Host names in a stable order (a dict, for fast look-up), without the tags Ansible puts on them."""
        found = self._inventory.groups.get(group)
        return dict.fromkeys(str(host.name) for host in found.get_hosts()) if found else {}


def _directories(sources: list[str | None]) -> list[str]:
    """The directories of the sources; a repeated one keeps its last, strongest place."""
    found = [os.path.join(os.path.dirname(source), "") for source in sources if source and os.path.exists(source)]
    return list(dict.fromkeys(reversed(found)))[::-1]
