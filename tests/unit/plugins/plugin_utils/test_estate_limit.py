# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""--limit, widened to the machines that environments need. Patterns are evaluated by Ansible's own inventory manager."""

import pytest
from ansible import context
from ansible.inventory.data import InventoryData
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader
from ansible_collections.tierline.erp.plugins.plugin_utils.estate_limit import widen_limit

GROUPS = {
    "environments": ["acme_prod", "acme_staging", "globex_prod", "initech_prod"],
    "cell_shared": ["db1", "app1"],
    "cell_own": ["db2", "app2"],
    "tenant_acme": ["acme_prod", "acme_staging"],
    "stage_production": ["acme_prod", "globex_prod", "initech_prod"],
    "role_app": ["app1", "app2"],
}
MACHINES_OF = {name: ["app1", "db1"] for name in ("acme_prod", "acme_staging", "globex_prod")} | {"initech_prod": ["app2", "db2"]}


@pytest.fixture
def inventory() -> InventoryData:
    data = InventoryData()
    for group, hosts in GROUPS.items():
        data.add_group(group)
        for host in hosts:
            data.add_host(host)
            data.add_child(group, host)
    data.reconcile_inventory()
    return data


def selected(monkeypatch: pytest.MonkeyPatch, inventory: InventoryData, limit: str | None) -> set[str]:
    """The hosts of a run with this limit."""
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(subset=limit, other="kept"))
    widen_limit(inventory, DataLoader(), MACHINES_OF)
    assert context.CLIARGS["other"] == "kept"
    manager = InventoryManager(DataLoader(), parse=False)
    manager._inventory = inventory
    manager.subset(context.CLIARGS["subset"])
    return {host.name for host in manager.get_hosts("all")}


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("acme_prod", {"acme_prod", "db1", "app1"}),
        ("acme_prod,initech_prod", {"acme_prod", "initech_prod", "db1", "app1", "db2", "app2"}),
        ("acme_prod:globex_prod", {"acme_prod", "globex_prod", "db1", "app1"}),
        ("tenant_acme", {"acme_prod", "acme_staging", "db1", "app1"}),
        ("acme_*", {"acme_prod", "acme_staging", "db1", "app1"}),
        ("~init.*", {"initech_prod", "db2", "app2"}),
        ("tenant_acme[0]", {"acme_prod", "db1", "app1"}),
        ("acme_prod:!app1", {"acme_prod", "db1"}),
        ("environments:!initech_prod", {"acme_prod", "acme_staging", "globex_prod", "db1", "app1"}),
        ("tenant_acme:&stage_production", {"acme_prod", "db1", "app1"}),
        ("environments:&stage_production:!initech_prod", {"acme_prod", "globex_prod", "db1", "app1"}),
        ("acme_prod:&role_app", {"acme_prod", "app1"}),
        ("acme_prod,db2", {"acme_prod", "db1", "app1", "db2"}),
        ("db1", {"db1"}),
        ("cell_own", {"db2", "app2"}),
        ("nobody", set()),
        ("acme_prod,nobody", {"acme_prod", "db1", "app1"}),
        ("tenant_acme:&cell_own", {"acme_prod", "acme_staging"}),
        ("tenant_acme:!acme_*", set()),
        ("all", set().union(*map(set, GROUPS.values()))),
    ],
)
def test_limit(monkeypatch: pytest.MonkeyPatch, inventory: InventoryData, limit: str, expected: set[str]) -> None:
    assert selected(monkeypatch, inventory, limit) == expected


def test_no_limit_stays_none(monkeypatch: pytest.MonkeyPatch, inventory: InventoryData) -> None:
    selected(monkeypatch, inventory, None)
    assert context.CLIARGS["subset"] is None


def test_widening_twice_changes_nothing_more(monkeypatch: pytest.MonkeyPatch, inventory: InventoryData) -> None:
    selected(monkeypatch, inventory, "acme_prod")
    once = context.CLIARGS["subset"]
    widen_limit(inventory, DataLoader(), MACHINES_OF)
    assert context.CLIARGS["subset"] == once


def test_a_limit_that_cannot_be_evaluated_is_left_to_ansible(monkeypatch: pytest.MonkeyPatch, inventory: InventoryData) -> None:
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(subset="@/nowhere/at/all"))
    widen_limit(inventory, DataLoader(), MACHINES_OF)
    assert context.CLIARGS["subset"] == "@/nowhere/at/all"
