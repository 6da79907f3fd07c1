# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import socket
import ssl
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.probe import books, checks, cron, faults, table
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Answer, Check, Target
from ansible_collections.tierline.erp.plugins.module_utils.probe.runner import Context, Step, run

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


@pytest.fixture
def odoo() -> FakeOdoo:
    return FakeOdoo()


def look(odoo: FakeOdoo, **skips: str) -> dict[str, Check]:
    context = Context(odoo, "acme_prod", "admin", SECRET, cron_timeout=5)
    return {check.name: check for check in run(context, checks.steps(**skips))}


def test_a_sound_environment_passes(odoo: FakeOdoo) -> None:
    found = look(odoo)
    assert [name for name, check in found.items() if not check.ok] == []
    assert all(check.status == "passed" for check in found.values())
    assert found["invoice"].detail == "TLCHK/1 posted, total 123.40 EUR read back"
    assert found["http_redirect"].detail == "HTTP 301 to https://acme.example.com:8443"
    assert ("account.journal", "create") in odoo.calls


def test_what_exists_is_used_again(odoo: FakeOdoo) -> None:
    odoo.known |= {"account.journal": [1], "res.partner": [1], "ir.cron": [1]}
    look(odoo)
    assert {("account.journal", "create"), ("res.partner", "create"), ("ir.cron", "create")}.isdisjoint(odoo.calls)


def test_skips_stand_in_the_report(odoo: FakeOdoo) -> None:
    found = look(odoo, skip_http="no", skip_invoice="forbidden by finance", skip_cron="dry run")
    assert found["invoice"].status == found["invoice_withdrawn"].status == "skipped"
    assert found["invoice"].detail == "forbidden by finance"
    assert not [call for call in odoo.calls if call[1] in ("create", "write")]


def page(path: str, answer: Answer) -> Any:
    return lambda odoo: odoo.pages.update({path: answer})


def attribute(name: str, value: Any) -> Any:
    return lambda odoo: setattr(odoo, name, value)


def fault(model: str, method: str, error: Exception) -> Any:
    return lambda odoo: odoo.broken.update({(model, method): error})


@pytest.mark.parametrize(
    ("break_it", "check", "layer", "words"),
    [
        (attribute("not_after", 1_000_000.0 + 86400), "tls", "pki", "expires in 1 days"),
        (attribute("redirect", Answer(200)), "http_redirect", "edge", "not with a redirect"),
        (
            attribute("redirect", Answer(301, {"Location": "https://evil.example.com/"})),
            "http_redirect",
            "edge",
            "not with a redirect",
        ),
        (page("/web/login", Answer(502)), "app", "app", "can't reach Odoo"),
        (page("/web/login", Answer(200, {}, "hello")), "app", "app", "not Odoo's login page"),
        (page("/web/login", Answer(404, {}, "404 page not found\n")), "app", "edge", "no route"),
        (
            page("/web/login", Answer(303, {"location": "/web/database/selector"})),
            "app",
            "database",
            "does not find its database",
        ),
        (
            page("/web/health?db_server_status=1", Answer(500, {}, '{"db_server_status": false}')),
            "database",
            "database",
            "database server",
        ),
        (page("/web/health?db_server_status=1", Answer(500, {}, "<html>")), "database", "app", "HTTP 500"),
        (page("/web/database/manager", Answer(200)), "database_manager", "edge", "not closed: HTTP 200"),
        (attribute("upgrade", (Answer(200), "x")), "websocket", "websocket", "instead of 101"),
        (attribute("upgrade", (Answer(503), "x")), "websocket", "websocket", "knows no healthy server"),
        (attribute("upgrade", (Answer(101), "x")), "websocket", "websocket", "does not belong"),
        (attribute("uid", False), "login_web", "app", "refuses the credentials"),
        (attribute("uid", None), "login_rpc", "app", "refuses the credentials"),
        (attribute("total", 123.39), "invoice", "books", "123.40 is right"),
        (attribute("credit", 123.0), "invoice", "books", "do not balance"),
        (attribute("posted", "draft"), "invoice", "books", "'draft' after posting"),
        (attribute("known", {}), "invoice", "books", "no income account"),
        (fault("account.move", "action_post", Fault("app", "period is locked")), "invoice", "app", "locked"),
        (fault("account.move", "create", KeyError("id")), "invoice", "books", "unexpected shape"),
        (attribute("cancelled", "posted"), "invoice_withdrawn", "books", "cancel it by hand"),
        (attribute("cron_runs", False), "scheduled_action", "cron", "not executed within 5 s"),
    ],
)
def test_each_fault_is_seen_and_blames_its_layer(odoo: FakeOdoo, break_it: Any, check: str, layer: str, words: str) -> None:
    break_it(odoo)
    found = look(odoo)[check]
    assert (found.status, found.layer) == ("failed", layer)
    assert words in found.detail


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


def test_nothing_is_sent_to_a_server_that_is_not_trusted(odoo: FakeOdoo) -> None:
    odoo.not_after = 0
    found = look(odoo)
    assert {check.status for name, check in found.items() if name not in ("tls", "http_redirect")} == {"blocked"}
    assert odoo.calls == []


def test_the_password_is_in_no_report(odoo: FakeOdoo) -> None:
    odoo.broken["account.move", "create"] = Fault("app", f"bad argument {SECRET}")
    found = look(odoo)
    assert found["invoice"].status == "failed"
    assert SECRET not in json.dumps([check.to_dict() for check in found.values()])


def test_a_websocket_server_that_is_just_starting_is_waited_for(odoo: FakeOdoo, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(Answer(502), "x"), (Answer(502), "x"), odoo.upgrade]
    monkeypatch.setattr(odoo, "websocket", lambda _path: answers.pop(0))
    assert look(odoo)["websocket"].detail == "upgraded (HTTP 101) at the 3. attempt"


def test_a_database_that_is_down_is_blamed_for_the_rest(odoo: FakeOdoo) -> None:
    odoo.pages["/web/health?db_server_status=1"] = Answer(500, {}, '{"db_server_status": false}')
    odoo.pages["/web/login"] = Answer(500)
    odoo.uid = None
    found = look(odoo)
    assert {check.layer for check in found.values() if not check.ok} == {"database"}


def test_an_application_that_is_down_is_blamed_for_its_websocket(odoo: FakeOdoo) -> None:
    odoo.pages["/web/login"] = odoo.pages["/web/health?db_server_status=1"] = Answer(502)
    odoo.upgrade = (Answer(502), "x")
    assert {check.layer for check in look(odoo).values() if not check.ok} == {"app"}


def _os_error(number: int) -> OSError:
    return OSError(number, "x")


def _verification() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message = "certificate has expired"
    return error


def _tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "x")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "layer", "words"),
    [
        (_verification(), "pki", "certificate has expired"),
        (_tls("TLSV1_UNRECOGNIZED_NAME"), "edge", "no route or no certificate"),
        (_tls("WRONG_VERSION_NUMBER"), "edge", "WRONG_VERSION_NUMBER"),
        (socket.gaierror(-2, "Name or service not known"), "dns", "can't be resolved"),
        (TimeoutError(), "edge", "in time"),
        (_os_error(errno.ECONNREFUSED), "edge", "nothing listens"),
        (_os_error(errno.EPIPE), "edge", "BrokenPipeError"),
    ],
)
def test_exceptions_of_the_network_name_a_layer(error: Exception, layer: str, words: str) -> None:
    found = faults.from_exception(error, "192.0.2.1:443")
    assert found.layer == layer
    assert words in str(found)


@pytest.mark.parametrize(
    ("error", "layer", "words"),
    [
        ({"data": {"name": "psycopg2.OperationalError", "message": "gone"}}, "database", "gone"),
        ({"data": {"name": "odoo.exceptions.AccessDenied", "message": "x"}}, "app", "refuses these credentials"),
        ({"data": {"name": "odoo.exceptions.UserError", "message": "a\n b"}}, "app", "odoo.exceptions.UserError: a b"),
        ({"message": "Odoo Server Error"}, "app", "an error: Odoo Server Error"),
        ({"message": "x" * 900}, "app", "…"),
    ],
)
def test_errors_inside_an_answer_name_a_layer(error: dict[str, Any], layer: str, words: str) -> None:
    found = faults.from_rpc(error)
    assert found.layer == layer
    assert words in str(found)
    assert len(str(found)) < 400


def test_the_table_lines_up_and_blame_is_one_line() -> None:
    found = [
        Check("tls", "pki", "passed", "fine", 0.5),
        Check("invoice", "books", "failed", "total is wrong"),
        Check("cron", "app", "blocked", "not tried"),
        Check("http", "edge", "skipped", "no port"),
    ]
    plain = [check.to_dict() for check in found]
    lines = table.as_lines(plain)
    assert lines[0].split() == ["check", "result", "layer", "seconds", "what", "was", "seen"]
    assert lines[2] == "invoice  FAILED   books  0.00     total is wrong"
    assert len({line.index(text) for line, text in zip(lines[1:], ("fine", "total", "not tried", "no port"), strict=True)}) == 1
    assert table.blame(plain) == "layer at fault: books. invoice: total is wrong"
    assert table.blame(plain[:1]) == ""


def test_a_step_that_is_not_there_blocks_nothing(odoo: FakeOdoo) -> None:
    context = Context(odoo, "acme_prod", "admin", "")
    (found,) = run(context, [Step("only", "app", lambda _context: "seen", ("absent",))])
    assert found.ok
    assert found.detail == "seen"


def test_constants_belong_together() -> None:
    assert books.QUANTITY * books._money(float(books.PRICE)) == books.TOTAL
    assert len(books.JOURNAL_CODE) <= 5  # what Odoo allows
    assert cron.NAME
