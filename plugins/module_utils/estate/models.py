# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an estate consists of, once read and valid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .catalogue import Layer, Tier

Settings = dict[str, Any]


@dataclass(frozen=True)
class Intent:
    """What people wrote: the variables of each inventory host and group, untouched.

    ``own`` holds the keys written for one host alone; only those are searched for typing errors,
    because groups such as ``all`` carry variables for many purposes.
    """

    environments: Mapping[str, Mapping[str, Any]]
    machines: Mapping[str, Mapping[str, Any]]
    cells: Mapping[str, Mapping[str, Any]]
    members: Mapping[str, list[str]]
    layers: list[Layer]
    own: Mapping[str, Any] = field(default_factory=dict)
    # Marks a template written by this collection as trusted; the package itself knows no Ansible.
    template: Callable[[str], str] = str


@dataclass(frozen=True)
class Machine:
    name: str
    cell: str
    roles: tuple[str, ...]
    address: str
    memory_mb: int | None = None
    cpus: float | None = None
    disk_gb: int | None = None


@dataclass(frozen=True)
class Environment:
    """One Odoo instance: the words of its host_vars, its tier, and the settings after overrides."""

    name: str
    tenant: str
    cell: str
    stage: str
    tier: str
    domains: tuple[str, ...]
    words: Settings
    settings: Settings
    overridden: frozenset[str]
    # For Odoo's configuration, where the number of its processes was computed.
    options: Settings


@dataclass(frozen=True)
class Cell:
    name: str
    facts: Settings
    store: Settings
    machines: tuple[Machine, ...]
    environments: tuple[Environment, ...]
    # Empty where there is none.
    second_store: Settings = field(default_factory=dict)

    def with_role(self, role: str) -> tuple[Machine, ...]:
        """Its machines that do ``role``, by name."""
        return tuple(machine for machine in self.machines if role in machine.roles)

    @property
    def dedicated(self) -> bool:
        return self.facts["cell_isolation"] == "dedicated"


@dataclass(frozen=True)
class Estate:
    tiers: dict[str, Tier]
    cells: dict[str, Cell]
    environments: dict[str, Environment]
    # What was readable of every environment, refused ones too, so that one run finds every duplicate.
    words: dict[str, Settings]


@dataclass(frozen=True)
class Resolution:
    """What the inventory gets: variables for each host, and the hosts of each new group."""

    variables: dict[str, Settings]
    groups: dict[str, list[str]]
    machines_of: dict[str, list[str]]
