# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A scheduled action of our own that does nothing, and is active only while this check runs."""

import contextlib
import datetime
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.runner import Context

NAME = "Tierline verification"
_POLL_SECONDS = 1.0


def executed(context: Context) -> str:
    """Make the action due and wait until Odoo's scheduler, and nobody else, has run it."""
    number = _action(context)
    before = _last_call(context, number)
    started = context.client.clock()
    # A day ago: due whatever the two clocks say.
    due = datetime.datetime.fromtimestamp(context.client.now() - 86400, datetime.UTC)
    context.call("ir.cron", "write", [number], {"active": True, "nextcall": due.strftime("%Y-%m-%d %H:%M:%S")})
    try:
        while context.client.clock() - started < context.cron_timeout:
            after = _last_call(context, number)
            if after and after != before:
                return f"executed at {after} UTC"
            context.client.sleep(_POLL_SECONDS)
    finally:
        # Left active it would do nothing once a month; what the check saw matters more.
        with contextlib.suppress(Fault):
            context.call("ir.cron", "write", [number], {"active": False})
    raise Fault(
        "cron", f"a due scheduled action was not executed within {context.cron_timeout:g} s: no cron worker runs, or all are busy"
    )


def _action(context: Context) -> int:
    everywhere: dict[str, Any] = {"context": {"active_test": False}}
    found = context.call("ir.cron", "search", [["cron_name", "=", NAME]], limit=1, **everywhere)
    if found:
        return found[0]
    model = context.call("ir.model", "search", [["model", "=", "ir.cron"]], limit=1)[0]
    values = {
        "name": NAME,
        "model_id": model,
        "state": "code",
        "code": "# Does nothing: that it runs is the point.",
        "interval_number": 1,
        "interval_type": "months",
        "active": False,
    }
    created = context.call("ir.cron", "create", values)
    return created[0] if isinstance(created, list) else created


def _last_call(context: Context, number: int) -> str:
    (found,) = context.call("ir.cron", "read", [number], fields=["lastcall"])
    return found["lastcall"] or ""
