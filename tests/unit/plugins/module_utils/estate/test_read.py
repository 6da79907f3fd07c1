# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Words that mean nothing, names that cannot be used, and machines without one home are refused."""

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench, environment
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.refusals import Refusals

REFUSALS = Refusals()


@REFUSALS.case(
    "unknown tier",
    "environment acme_prod: service_tier: unknown tier",
    seen='"standrad"',
    allowed="business, regulated, sandbox, standard",
    nearest="standard",
    cure="write service_tier: standard",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["service_tier"] = "standrad"


@REFUSALS.case(
    "unknown tier, unlike any",
    "environment acme_prod: service_tier: unknown tier",
    seen='"zzz"',
    nearest="",
    cure="define zzz under tiers: in tierline.estate.yml",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["service_tier"] = "zzz"


@REFUSALS.case(
    "unknown cell",
    "environment acme_prod: cell: unknown cell",
    seen='"sharde"',
    allowed="shared",
    nearest="shared",
    cure="write cell: shared",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["cell"] = "sharde"


@REFUSALS.case(
    "unknown cell, unlike any",
    "environment acme_prod: cell: unknown cell",
    cure="create the inventory group cell_moon with its machines",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["cell"] = "moon"


@REFUSALS.case(
    "unknown key of an environment",
    "environment acme_prod: cost_center: unknown key",
    nearest="cost_centre",
    cure="write cost_centre",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["cost_center"] = "1000"


@REFUSALS.case("unknown key of a cell", "cell shared: cell_netwrok: unknown key", nearest="cell_network")
def _(estate: Bench) -> None:
    estate.cells["shared"]["cell_netwrok"] = "192.0.2.0/24"


@REFUSALS.case("unknown key of a machine", "machine db1: machine_memory: unknown key", nearest="machine_memory_mb")
def _(estate: Bench) -> None:
    estate.machines["db1"]["machine_memory"] = 4


@REFUSALS.case("unknown key of a store", "cell shared: cell_backup_store.object_lok: unknown key", nearest="object_lock")
def _(estate: Bench) -> None:
    estate.cells["shared"]["cell_backup_store"]["object_lok"] = True


@REFUSALS.case("unknown override", "environment acme_prod: overrides.workers: unknown key", nearest="sizing.workers")
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["overrides"] = {"workers": 3}


@REFUSALS.case("override unlike any", "environment acme_prod: overrides.zzz: unknown key", nearest="", cure="remove it")
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["overrides"] = {"zzz": 3}


@REFUSALS.case(
    "ill-typed override",
    "environment acme_prod: overrides.sizing.workers: wrong value",
    seen='"four"',
    allowed="an integer at least 0",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["overrides"] = {"sizing.workers": "four"}


@REFUSALS.case(
    "workers that can't be computed",
    "environment acme_prod: sizing.workers: can't be computed: memory_mb is 300",
    cure="raise what it names, or write the number of workers",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["overrides"] = {"sizing.workers": 0, "sizing.memory_mb": 300}


@REFUSALS.case(
    "override of a promise",
    "environment acme_prod: overrides.recovery.rpo_seconds: a promise of the tier cannot be overridden",
    cure="choose another service_tier, or define one that inherits from this one",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["overrides"] = {"recovery.rpo_seconds": 60}


@REFUSALS.case("name that is no identifier", "environment acme-prod: inventory name: wrong value", cure="rename it")
def _(estate: Bench) -> None:
    estate.environments["acme-prod"] = environment("acme_x")


@REFUSALS.case("name of a database system", "environment postgres: inventory name: wrong value")
def _(estate: Bench) -> None:
    estate.environments["postgres"] = environment("acme_x")


@REFUSALS.case("machine name that is a template", "machine {{ x }}: inventory name: wrong value")
def _(estate: Bench) -> None:
    estate.machines["{{ x }}"] = {"machine_roles": ["backup"]}
    estate.members["shared"].append("{{ x }}")


@REFUSALS.case(
    "cell name", "cell Spare: inventory name: wrong value", cure="rename it: the name becomes that of a database cluster"
)
def _(estate: Bench) -> None:
    estate.cells["Spare"] = {"cell_isolation": "shared"}


@REFUSALS.case("machine of two cells", "machine app1: cell: a machine of several cells", seen="shared, spare")
def _(estate: Bench) -> None:
    estate.cells["spare"] = {"cell_isolation": "shared"}
    estate.members["spare"] = ["app1"]


@pytest.mark.parametrize("name", list(REFUSALS))
def test_refusal(name: str) -> None:
    REFUSALS.check(name)


def test_other_variables_in_host_vars_are_nobody_elses_business() -> None:
    estate = Bench()
    estate.environments["acme_prod"] |= {"ansible_user": "x", "my_own_note": 1, "contact": "y"}
    resolve(estate.intent())
