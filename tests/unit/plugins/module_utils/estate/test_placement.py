# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Which machine runs an environment, and machines that hold too much."""

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench, environment
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.refusals import Refusals

REFUSALS = Refusals()


@REFUSALS.case(
    "memory above the machine's",
    "machine app1: machine_memory_mb: the sum of sizing.memory_mb is above the machine's size",
    seen="2240 for 2 values",
    allowed="at most 1536",
)
def _(estate: Bench) -> None:
    estate.machines["app1"]["machine_memory_mb"] = 1536


@REFUSALS.case(
    "disk above the machine's",
    "machine db1: machine_disk_gb: the sum of quotas.database_gb is above the machine's size",
    seen="40 for 2 values",
)
def _(estate: Bench) -> None:
    estate.machines["db1"]["machine_disk_gb"] = 39


@REFUSALS.case(
    "app machine that is none",
    "environment acme_prod: app_machine: no such app machine in cell shared",
    allowed="app1",
    nearest="app1",
    cure="write app1",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["app_machine"] = "app2"


@pytest.mark.parametrize("name", list(REFUSALS))
def test_refusal(name: str) -> None:
    REFUSALS.check(name)


def test_several_app_machines_share_the_environments_between_them() -> None:
    estate = Bench()
    estate.machines["app2"] = {"machine_roles": ["app"]}
    estate.members["shared"].append("app2")
    estate.environments |= {f"env{n}": environment(f"env{n}") for n in range(40)}
    estate.environments["env0"]["app_machine"] = "app2"
    variables = resolve(estate.intent()).variables
    here = [{item["environment"] for item in variables[name]["estate_odoo_environments"]} for name in ("app1", "app2")]
    assert len(here[0]) > 5
    assert len(here[1]) > 5
    assert not here[0] & here[1]
    assert "env0" in here[1]
