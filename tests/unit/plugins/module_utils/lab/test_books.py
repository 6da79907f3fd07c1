# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The invoice of a lab's environment is posted once, whatever the runs before have left."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.lab.errors import LabError
from ansible_collections.tierline.erp.plugins.module_utils.probe.runner import Context
from ansible_collections.tierline.erp.plugins.modules import lab_invoice


class FakeOdoo:
    """Just as much of accounting as an invoice needs."""

    def __init__(self, *, account: bool = True, income: bool = True, user: Any = 2, posts: bool = True) -> None:
        self.account, self.income, self.user, self.posts = account, income, user, posts
        self.moves: list[dict[str, Any]] = []

    def rpc(self, _path: str, params: dict[str, Any]) -> Any:
        if params["service"] == "common":
            return self.user
        model, method, words, named = params["args"][3:]
        return getattr(self, f"{model.replace('.', '_')}_{method}")(*words, **named)

    def ir_module_module_search_count(self, _domain: Any) -> int:
        return int(self.account)

    def account_account_search(self, _domain: Any, limit: int) -> list[int]:
        return [7][:limit] if self.income else []

    def res_partner_create(self, _values: Any) -> list[int]:
        return [5]

    def account_move_create(self, values: dict[str, Any]) -> list[int]:
        total = sum(line[2]["quantity"] * line[2]["price_unit"] for line in values["invoice_line_ids"])
        self.moves.append({"id": len(self.moves) + 1, "name": "/", "state": "draft", "amount_total": total})
        return [len(self.moves)]

    def account_move_action_post(self, numbers: list[int]) -> None:
        if self.posts:
            self.moves[numbers[0] - 1].update(state="posted", name="INV/1")

    def account_move_read(self, numbers: list[int], fields: list[str]) -> list[dict[str, Any]]:
        return [{name: self.moves[number - 1][name] for name in fields} for number in numbers]

    def account_move_search_read(self, _domain: Any, fields: list[str], limit: int, order: str) -> list[dict[str, Any]]:
        assert order
        return [{name: move[name] for name in ("id", *fields)} for move in self.moves][:limit]


def run(odoo: FakeOdoo, check_mode: bool = False) -> dict[str, Any]:
    return lab_invoice.run(Context(odoo, "acme", "admin", "secret"), check_mode)  # type: ignore[arg-type]


def test_it_is_posted_once() -> None:
    odoo = FakeOdoo()
    assert run(odoo, check_mode=True)["changed"] is True
    assert odoo.moves == []
    first, again = run(odoo), run(odoo)
    assert (first["changed"], first["invoice"]) == (True, "INV/1")
    assert (again["changed"], again["invoice"]) == (False, "INV/1")
    assert [move["amount_total"] for move in odoo.moves] == [1320.4]


def test_one_that_was_begun_is_posted() -> None:
    odoo = FakeOdoo(posts=False)
    with pytest.raises(LabError, match="in state 'draft' after posting"):
        run(odoo)
    odoo.posts = True
    assert run(odoo)["invoice"] == "INV/1"
    assert len(odoo.moves) == 1


def test_without_accounting_there_is_nothing_to_post() -> None:
    assert run(FakeOdoo(account=False)) == {"changed": False, "invoice": "", "diff": {"before": "", "after": ""}}


@pytest.mark.parametrize(
    ("odoo", "reason"), [(FakeOdoo(user=False), "refuses the credentials"), (FakeOdoo(income=False), "no income account")]
)
def test_what_is_missing_is_named(odoo: FakeOdoo, reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        run(odoo)
