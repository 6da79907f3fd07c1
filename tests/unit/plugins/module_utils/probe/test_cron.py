# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The scheduled action that Odoo itself must run."""


from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.probe.fake_odoo import FakeOdoo, attribute, look, refutes


def test_an_action_that_odoo_runs_is_switched_off_again(odoo: FakeOdoo) -> None:
    assert look(odoo)["scheduled_action"].detail == "executed at 2026-01-01 00:00:00 UTC"
    assert odoo.calls.count(("ir.cron", "write")) == 2


def test_an_action_that_nobody_runs_is_told_and_switched_off_all_the_same(odoo: FakeOdoo) -> None:
    refutes(odoo, attribute("cron_runs", False), "scheduled_action", "cron", "not executed within 5 s")
    assert odoo.calls[-1] == ("ir.cron", "write")


def test_the_action_of_an_earlier_run_is_used_again_and_its_last_call_does_not_count(odoo: FakeOdoo) -> None:
    odoo.known["ir.cron"] = [1]
    odoo.lastcall = "2025-12-31 00:00:00"
    refutes(odoo, attribute("cron_runs", False), "scheduled_action", "cron", "not executed")
    assert ("ir.cron", "create") not in odoo.calls


def test_that_it_could_not_be_switched_off_is_not_what_is_told(odoo: FakeOdoo) -> None:
    odoo.broken["ir.cron", "write"] = Fault("app", "the scheduler is locked")
    assert look(odoo)["scheduled_action"].detail == "the scheduler is locked"
