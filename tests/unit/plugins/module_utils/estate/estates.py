# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Estates to test with: a valid one, and the means to bend it."""

import copy
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.tierline.erp.plugins.module_utils.estate.catalogue import Layer
from ansible_collections.tierline.erp.plugins.module_utils.estate.models import Intent

BUILT_IN = yaml.safe_load((Path(__file__).parents[5] / "catalogue" / "tiers.yml").read_text())["tiers"]
STORE = {"kind": "object_storage", "object_lock": True, "endpoint": "https://objects.example"}


def environment(name: str = "acme_prod", **words: Any) -> dict[str, Any]:
    """What people write for one environment."""
    written = {
        "service_tier": "standard",
        "tenant": "acme",
        "cell": "shared",
        "stage": "production",
        "domains": [f"{name.replace('_', '-')}.example"],
    }
    return {key: value for key, value in {**written, **words}.items() if value is not None}


class Bench:
    """A small valid estate that a test changes before it is resolved."""

    def __init__(self) -> None:
        self.environments = {"acme_prod": environment(), "globex_prod": environment("globex_prod", tenant="globex")}
        self.machines: dict[str, dict[str, Any]] = {
            "db1": {"machine_roles": ["postgres", "redis"]},
            "app1": {"machine_roles": ["app", "edge"]},
        }
        self.cells: dict[str, dict[str, Any]] = {"shared": {"cell_isolation": "shared", "cell_backup_store": dict(STORE)}}
        self.members = {"shared": ["db1", "app1"]}
        self.tiers: dict[str, Any] = {}
        self.built_in: dict[str, Any] = copy.deepcopy(BUILT_IN)

    def add_cell(self, name: str, members: int = 1, **facts: Any) -> None:
        """A cell with ``members`` database machines, of which one or three keep sessions, and one app machine."""
        databases = [f"{name}-db{number}" for number in range(1, members + 1)]
        keepers = databases[: 3 if members >= 3 else 1]
        roles = {machine: ["postgres", "redis"] if machine in keepers else ["postgres"] for machine in databases}
        self.machines |= {machine: {"machine_roles": roles[machine]} for machine in databases}
        self.machines[f"{name}-app1"] = {"machine_roles": ["app", "edge"]}
        self.members[name] = [*databases, f"{name}-app1"]
        self.cells[name] = {"cell_isolation": "dedicated", "cell_backup_store": dict(STORE), **facts}

    def intent(self) -> Intent:
        layers = [Layer("built-in catalogue", self.built_in), Layer("tierline.estate.yml", self.tiers)]
        return Intent(self.environments, self.machines, self.cells, self.members, layers, own=self.environments)
