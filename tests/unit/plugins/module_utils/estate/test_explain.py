# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Where each setting came from, as a table."""

from ansible_collections.tierline.erp.plugins.module_utils.estate import explain
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench


def test_every_setting_is_explained() -> None:
    estate = Bench()
    estate.tiers["gold"] = {"inherits": "standard", "price": {"monthly": 300}}
    estate.environments["acme_prod"] |= {"service_tier": "gold", "overrides": {"sizing.workers": 4}, "port_block": 20000}
    found = resolve(estate.intent()).variables["acme_prod"]
    table = explain.table(found["estate_environment"], found["estate_explanation"]).splitlines()
    rows = {line.split()[0]: line for line in table[2:]}
    assert table[0] == "acme_prod: tier gold, cell shared"
    assert rows["sizing.workers"].split(None, 2)[1:] == [
        "4",
        "overrides of the environment, instead of tier gold, inherited from standard (built-in catalogue)",
    ]
    assert rows["price.monthly"].split(None, 2)[1:] == ["300", "tier gold (tierline.estate.yml)"]
    assert rows["logs.retention_days"].endswith("tier gold, inherited from standard (built-in catalogue)")
    assert "written for the environment" in rows["ports"]
    assert "false" in rows["disposable"]
    assert explain.flat(found["estate_environment"]["promises"]).keys() <= rows.keys()
