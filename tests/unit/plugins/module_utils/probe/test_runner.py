# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.module_utils.probe.runner import Context, Step, run
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.probe.fake_odoo import (
    FakeOdoo,
)


def test_a_step_that_is_not_there_blocks_nothing(odoo: FakeOdoo) -> None:
    context = Context(odoo, "acme_prod", "admin", "")
    (found,) = run(context, [Step("only", "app", lambda _context: "seen", ("absent",))])
    assert found.ok
    assert found.detail == "seen"
