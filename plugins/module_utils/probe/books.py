# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A customer invoice from draft to posted and back, in a journal of its own.

A posted invoice consumes a number. It gets one of the journal "Tierline verification" (TLCHK), so that the numbers of the
journals in which finance works stay without gaps. Afterwards it is set back to draft and cancelled: it stays visible to an
auditor, and no ledger, report or receivable contains it.
"""

import contextlib
from decimal import Decimal
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.runner import Context

JOURNAL_CODE = "TLCHK"
JOURNAL_NAME = "Tierline verification"
PARTNER_REF = "tierline-verification"
QUANTITY, PRICE = 2, "61.70"
TOTAL = QUANTITY * Decimal(PRICE)


def invoice(context: Context) -> str:
    """Create, post and read back; leave the number of the document in the context."""
    number = _create(context, _partner(context), _journal(context))
    try:
        context.call("account.move", "action_post", [number])
    except Fault:
        # It never got a number, so nothing is lost with it; and the reason for the fault matters more than this.
        with contextlib.suppress(Fault):
            context.call("account.move", "unlink", [number])
        raise
    context.invoice = number
    return _read_back(context, number)


def withdraw(context: Context) -> str:
    """Cancel the invoice, so that the books are as they were."""
    if context.invoice is None:
        return "nothing was posted"
    context.call("account.move", "button_draft", [context.invoice])
    context.call("account.move", "button_cancel", [context.invoice])
    (found,) = context.call("account.move", "read", [context.invoice], fields=["state"])
    if found["state"] != "cancel":
        raise Fault("books", f"{context.invoice_name} is in state {found['state']!r}: cancel it by hand")
    return f"{context.invoice_name} is cancelled"


def _create(context: Context, partner: int, journal: int) -> int:
    line = {
        "name": "Verification, no claim arises",
        "account_id": _income_account(context),
        "quantity": QUANTITY,
        "price_unit": float(PRICE),
        "tax_ids": [[6, 0, []]],
    }
    values = {"move_type": "out_invoice", "partner_id": partner, "journal_id": journal, "invoice_line_ids": [[0, 0, line]]}
    return _id(context.call("account.move", "create", values))


def _read_back(context: Context, number: int) -> str:
    fields = ["name", "state", "amount_total", "currency_id", "line_ids"]
    (found,) = context.call("account.move", "read", [number], fields=fields)
    context.invoice_name = found["name"]
    if found["state"] != "posted":
        raise Fault("books", f"the invoice is in state {found['state']!r} after posting")
    if _money(found["amount_total"]) != TOTAL:
        raise Fault("books", f"the total of {found['name']} reads back as {found['amount_total']}, {TOTAL} is right")
    lines = context.call("account.move.line", "read", found["line_ids"], fields=["debit", "credit"])
    if sum(_money(line["debit"]) - _money(line["credit"]) for line in lines):
        raise Fault("books", f"the lines of {found['name']} do not balance")
    return f"{found['name']} posted, total {TOTAL} {found['currency_id'][1]} read back"


def _partner(context: Context) -> int:
    found = context.call("res.partner", "search", [["ref", "=", PARTNER_REF]], limit=1)
    return found[0] if found else _id(context.call("res.partner", "create", {"name": JOURNAL_NAME, "ref": PARTNER_REF}))


def _journal(context: Context) -> int:
    found = context.call("account.journal", "search", [["code", "=", JOURNAL_CODE], ["type", "=", "sale"]], limit=1)
    if found:
        return found[0]
    return _id(context.call("account.journal", "create", {"name": JOURNAL_NAME, "code": JOURNAL_CODE, "type": "sale"}))


def _income_account(context: Context) -> int:
    found = context.call("account.account", "search", [["account_type", "=", "income"]], limit=1)
    if not found:
        raise Fault("books", "there is no income account: install a chart of accounts for the company")
    return found[0]


def _id(created: Any) -> int:
    return created[0] if isinstance(created, list) else created


def _money(value: float) -> Decimal:
    # Amounts travel as binary floating point numbers: compare them as the cents that they stand for.
    return Decimal(str(value)).quantize(Decimal("0.01"))
