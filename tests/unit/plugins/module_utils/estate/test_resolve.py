# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""All problems come at once."""

from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.refusals import refused


def test_all_problems_come_at_once() -> None:
    estate = Bench()
    estate.environments["acme_prod"] |= {"service_tier": "standrad", "stage": "prodution", "cost_center": "1"}
    estate.environments["globex_prod"]["domains"] = ["acme-prod.example"]
    estate.cells["shared"]["cell_isolation"] = "dedicated"
    keys = {(problem.name, problem.key) for problem in refused(estate)}
    assert keys == {
        ("acme_prod", "service_tier"),
        ("acme_prod", "stage"),
        ("acme_prod", "cost_center"),
        ("globex_prod", "domains"),
        ("globex_prod", "cell"),
    }
