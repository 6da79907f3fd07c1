# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""An environment behind an edge, whose parts can be broken."""

from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe import checks
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Answer, Check, Target
from ansible_collections.tierline.erp.plugins.module_utils.probe.runner import Context, run

SECRET = "s3cret-of-acme"


class FakeOdoo:
    """An environment behind an edge, whose parts can be broken."""

    def __init__(self) -> None:
        self.target = Target("acme.example.com", "192.0.2.1")
        self.time = 1_000_000.0
        self.pages: dict[str, Answer] = {
            "/web/login": Answer(200, {}, '<input name="login">'),
            "/web/health?db_server_status=1": Answer(200, {}, '{"status": "pass", "db_server_status": true}'),
            "/web/database/manager": Answer(404),
            "/web/database/selector": Answer(404),
        }
        self.redirect = Answer(301, {"location": "https://acme.example.com:8443/web/login"})
        self.upgrade = (Answer(101, {"sec-websocket-accept": "right"}), "right")
        self.not_after = self.time + 30 * 86400
        self.uid: Any = 2
        self.total = 123.4
        self.posted = "posted"
        self.cancelled = "cancel"
        self.credit = 123.4
        self.cron_runs = True
        self.known = {"account.account": [26]}
        self.broken: dict[tuple[str, str], Exception] = {}
        self.calls: list[tuple[str, str]] = []
        self.lastcall: Any = False

    def certificate(self) -> dict[str, Any]:
        return {"protocol": "TLSv1.3", "not_after": self.not_after}

    def plain(self, _path: str) -> Answer:
        return self.redirect

    def get(self, path: str) -> Answer:
        return self.pages[path]

    def websocket(self, _path: str) -> tuple[Answer, str]:
        return self.upgrade

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def now(self) -> float:
        return self.time

    def clock(self) -> float:
        return self.time

    def rpc(self, path: str, params: dict[str, Any]) -> Any:
        if path == "/web/session/authenticate":
            return {"uid": self.uid, "server_version": "19.0"}
        if params["service"] == "common":
            return self.uid
        _database, _uid, password, model, method, args, kwargs = params["args"]
        assert password == SECRET
        self.calls.append((model, method))
        if (model, method) in self.broken:
            raise self.broken[model, method]
        return self._answer(model, method, args, kwargs)

    def _answer(self, model: str, method: str, args: list[Any], _kwargs: dict[str, Any]) -> Any:
        if method == "search":
            return [7] if model == "ir.model" else self.known.get(model, [])
        if method == "create":
            return [11] if model == "account.move" else 11
        if (model, method) == ("account.move", "read"):
            cancelled = ("account.move", "button_cancel") in self.calls
            return [
                {
                    "name": "TLCHK/1",
                    "state": self.cancelled if cancelled else self.posted,
                    "amount_total": self.total,
                    "currency_id": [1, "EUR"],
                    "line_ids": [1, 2],
                }
            ]
        if (model, method) == ("account.move.line", "read"):
            return [{"debit": 123.4, "credit": 0.0}, {"debit": 0.0, "credit": self.credit}]
        if (model, method) == ("ir.cron", "write") and args[1]["active"] and self.cron_runs:
            self.lastcall = "2026-01-01 00:00:00"
        return [{"lastcall": self.lastcall}] if (model, method) == ("ir.cron", "read") else True


def look(odoo: FakeOdoo, **skips: str) -> dict[str, Check]:
    context = Context(odoo, "acme_prod", "admin", SECRET, cron_timeout=5)
    return {check.name: check for check in run(context, checks.steps(**skips))}


def page(path: str, answer: Answer) -> Any:
    return lambda odoo: odoo.pages.update({path: answer})


def attribute(name: str, value: Any) -> Any:
    return lambda odoo: setattr(odoo, name, value)


def fault(model: str, method: str, error: Exception) -> Any:
    return lambda odoo: odoo.broken.update({(model, method): error})


def refutes(odoo: FakeOdoo, break_it: Any, check: str, layer: str, words: str) -> None:
    """One thing is broken: this check fails, blames that layer, and says so in these words."""
    break_it(odoo)
    found = look(odoo)[check]
    assert (found.status, found.layer) == ("failed", layer)
    assert words in found.detail
