# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Cells that cannot keep what the tiers of their environments promise."""

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench, environment
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.refusals import Refusals

REFUSALS = Refusals()


@REFUSALS.case(
    "dedicated tier in a shared cell",
    "environment acme_prod: cell: the tier promises a dedicated cell",
    seen="cell shared is shared",
    cure="move it to a cell of its own",
)
def _(estate: Bench) -> None:
    estate.tiers["single"] = {"inherits": "standard", "isolation": "dedicated"}
    estate.environments["acme_prod"]["service_tier"] = "single"


@REFUSALS.case(
    "HA with too few members",
    "environment acme_prod: service_tier: tier business promises 3 database members",
    alone=False,  # and too few for its sessions
    seen="cell shared has 1",
    allowed="3, 5",
    cure="add machines with the role postgres to cell_shared",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["service_tier"] = "business"


@REFUSALS.case(
    "even number of members",
    "cell shared: machine_roles: an even number of database members has no majority",
    seen="2 machines with the role postgres",
    allowed="1, 3, 5",
    cure="add or remove one",
)
def _(estate: Bench) -> None:
    estate.machines["db2"] = {"machine_roles": ["postgres"]}
    estate.members["shared"].append("db2")


@REFUSALS.case(
    "zero loss with one node",
    "environment initech_prod: service_tier: tier regulated promises zero loss, which one node cannot give",
    alone=False,  # it has too few members for the tier, too
    seen="cell vault has 1",
    allowed="3 or more",
)
def _(estate: Bench) -> None:
    estate.add_cell("vault", members=1)
    estate.environments["initech_prod"] = environment("initech_prod", cell="vault", service_tier="regulated")


@REFUSALS.case(
    "immutability with a store that cannot",
    "environment initech_prod: service_tier: tier regulated promises immutable backups",
    seen="the object_storage store of cell vault has object_lock: false",
    allowed="a store with object_lock: true",
)
def _(estate: Bench) -> None:
    estate.add_cell("vault", members=3, cell_backup_store={"kind": "object_storage", "endpoint": "https://objects.example"})
    estate.environments["initech_prod"] = environment("initech_prod", cell="vault", service_tier="regulated")


@REFUSALS.case(
    "backups without a store",
    "environment acme_prod: service_tier: tier standard promises backups",
    seen="cell shared has no backup store",
    cure="declare cell_backup_store in group_vars/cell_shared",
)
def _(estate: Bench) -> None:
    del estate.cells["shared"]["cell_backup_store"], estate.environments["globex_prod"]


@REFUSALS.case(
    "production on a sandbox",
    "environment acme_prod: stage: tier sandbox does not serve production",
    allowed="development, staging, training",
    cure="choose a service_tier that does: business, regulated, standard",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["service_tier"] = "sandbox"


@REFUSALS.case(
    "cell without an edge",
    "cell shared: machine_roles: no machine has the role edge",
    cure="add edge to machine_roles of a machine in cell_shared",
)
def _(estate: Bench) -> None:
    estate.machines["app1"]["machine_roles"] = ["app"]


@pytest.mark.parametrize("name", list(REFUSALS))
def test_refusal(name: str) -> None:
    REFUSALS.check(name)


def test_a_cell_takes_the_strongest_mode_of_its_environments() -> None:
    estate = Bench()
    estate.add_cell("ha", members=3, cell_isolation="shared")
    estate.environments["b_prod"] = environment("b_prod", cell="ha", service_tier="business")
    estate.environments["c_prod"] = environment("c_prod", cell="ha")
    assert resolve(estate.intent()).variables["ha-db1"]["postgres_ha_synchronous_mode"] == "on"
    estate.tiers["zero"] = {"inherits": "regulated", "isolation": "shared"}
    estate.environments["d_prod"] = environment("d_prod", cell="ha", service_tier="zero")
    found = resolve(estate.intent()).variables["ha-db2"]
    assert (found["postgres_ha_synchronous_mode"], found["postgres_ha_synchronous_strict"]) == ("quorum", True)
    assert [member["name"] for member in found["postgres_ha_members"]] == ["ha-db1", "ha-db2", "ha-db3"]
