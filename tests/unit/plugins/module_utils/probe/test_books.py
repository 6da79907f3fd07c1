# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The invoice, and what it must leave behind."""

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.probe import books
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.probe.fake_odoo import (
    FakeOdoo,
    attribute,
    fault,
    look,
    refutes,
)


def test_what_exists_is_used_again(odoo: FakeOdoo) -> None:
    odoo.known |= {"account.journal": [1], "res.partner": [1]}
    look(odoo)
    assert {("account.journal", "create"), ("res.partner", "create")}.isdisjoint(odoo.calls)


def test_an_invoice_that_could_not_be_posted_is_removed(odoo: FakeOdoo) -> None:
    odoo.broken["account.move", "action_post"] = Fault("app", "locked")
    odoo.broken["account.move", "unlink"] = Fault("app", "no")
    found = look(odoo)
    assert ("account.move", "unlink") in odoo.calls
    assert found["invoice"].detail == "locked"
    assert found["invoice_withdrawn"].detail == "nothing was posted"


def test_an_invoice_with_a_wrong_total_is_withdrawn_all_the_same(odoo: FakeOdoo) -> None:
    odoo.total = 1
    assert look(odoo)["invoice_withdrawn"].status == "passed"


def test_constants_belong_together() -> None:
    assert books.QUANTITY * books._money(float(books.PRICE)) == books.TOTAL
    assert len(books.JOURNAL_CODE) <= 5  # what Odoo allows


@pytest.mark.parametrize(
    ("break_it", "check", "layer", "words"),
    [
        (attribute("total", 123.39), "invoice", "books", "123.40 is right"),
        (attribute("credit", 123.0), "invoice", "books", "do not balance"),
        (attribute("posted", "draft"), "invoice", "books", "'draft' after posting"),
        (attribute("known", {}), "invoice", "books", "no income account"),
        (fault("account.move", "action_post", Fault("app", "period is locked")), "invoice", "app", "locked"),
        (fault("account.move", "create", KeyError("id")), "invoice", "books", "unexpected shape"),
        (attribute("cancelled", "posted"), "invoice_withdrawn", "books", "cancel it by hand"),
    ],
)
def test_each_fault_of_the_books_is_seen(odoo: FakeOdoo, break_it: Any, check: str, layer: str, words: str) -> None:
    refutes(odoo, break_it, check, layer, words)
