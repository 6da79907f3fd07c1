# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""One customer invoice in the books of a lab's environment, so that there is something to lose and to bring back."""

from collections.abc import Callable
from typing import Any

from .errors import LabError

REFERENCE = "Lab: the first invoice"
PARTNER = "First customer of the lab"
LINES = (("Consulting, two days", 2, 617.0), ("Travel", 1, 86.4))
_OURS = [["ref", "=", REFERENCE], ["move_type", "=", "out_invoice"]]

# (model, method, *words, **named) as Odoo's JSON-RPC has it
Call = Callable[..., Any]


def found(call: Call) -> dict[str, Any] | None:
    """The invoice that a run before this one has posted, or has only begun."""
    seen = call("account.move", "search_read", _OURS, fields=["name", "state", "amount_total"], limit=1, order="state desc, id")
    return seen[0] if seen else None


def post(call: Call, begun: dict[str, Any] | None) -> dict[str, Any]:
    number = begun["id"] if begun else _create(call)
    call("account.move", "action_post", [number])
    (invoice,) = call("account.move", "read", [number], fields=["name", "state", "amount_total"])
    if invoice["state"] != "posted":
        raise LabError(f"the invoice is in state {invoice['state']!r} after posting")
    return dict(invoice)


def _create(call: Call) -> int:
    accounts = call("account.account", "search", [["account_type", "=", "income"]], limit=1)
    if not accounts:
        raise LabError("there is no income account: install a chart of accounts for the company")
    partner = _id(call("res.partner", "create", {"name": PARTNER}))
    lines = [
        {"name": name, "account_id": accounts[0], "quantity": quantity, "price_unit": price, "tax_ids": [[6, 0, []]]}
        for name, quantity, price in LINES
    ]
    values = {"move_type": "out_invoice", "ref": REFERENCE, "partner_id": partner}
    return _id(call("account.move", "create", {**values, "invoice_line_ids": [[0, 0, line] for line in lines]}))


def _id(created: Any) -> int:
    return int(created[0] if isinstance(created, list) else created)
