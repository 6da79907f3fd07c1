# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of an Odoo that was booted on a restored database."""

from __future__ import annotations

import io
import json
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import inside_boot

OPTIONS = {"db_name": "acme", "db_host": "/run/door", "db_port": "5499", "db_user": "tierline_proof", "db_password": "x"}
INVOICE = {"name": "INV/1", "invoice_date": "2026-11-22", "amount_total": 12.5, "currency_id": [1, "EUR"], "line_ids": [1, 2]}


class FakeOdoo:
    """Answers as Odoo does, after some refusals to connect."""

    def __init__(self, **settings: Any) -> None:
        self.asleep = settings.get("asleep", 0)
        self.user = settings.get("user", 2)
        self.account = settings.get("account", 1)
        self.invoices = settings.get("invoices", [INVOICE])
        self.lines = settings.get("lines", [{"debit": 12.5, "credit": 0}, {"debit": 0, "credit": 12.5}])
        self.refusal = settings.get("refusal")

    def __call__(self, service: str, method: str, words: list[Any]) -> Any:
        if self.asleep:
            self.asleep -= 1
            raise OSError("connection refused")
        if service == "common":
            return {"server_version": "19.0"} if method == "version" else self.user
        if self.refusal:
            raise self.refusal
        model = words[3]
        return {"ir.module.module": self.account, "account.move": self.invoices, "account.move.line": self.lines}[model]


def looked(odoo: FakeOdoo, ended: int | None = None, patience: float = 5.0, admin: Any = None) -> dict[str, Any]:
    @contextmanager
    def boot() -> Iterator[Any]:
        yield lambda: ended

    return inside_boot.look(OPTIONS, boot, patience, odoo, admin or (lambda *_: "admin"))


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside_boot, "_PAUSE", 0)


def test_a_user_logs_in_and_reads_an_invoice() -> None:
    seen = looked(FakeOdoo(asleep=3))
    assert seen["login"][0] is True
    assert seen["login"][1].startswith("Odoo 19.0 let admin in after ")
    assert seen["invoice"] == [True, "INV/1 of 2026-11-22, 12.50 EUR, 2 lines that balance"]


@pytest.mark.parametrize(
    ("odoo", "passed", "detail"),
    [
        (FakeOdoo(account=0), None, "accounting isn't installed"),
        (FakeOdoo(invoices=[]), None, "no customer invoice is posted in it"),
        (FakeOdoo(lines=[{"debit": 12.5, "credit": 0}]), False, "its 1 lines don't balance"),
        (FakeOdoo(lines=[]), False, "its 0 lines don't balance"),
        (FakeOdoo(refusal=inside_boot.Refused("no access")), False, "no access"),
        (FakeOdoo(invoices=[{}]), False, "line_ids"),
    ],
)
def test_what_cannot_be_read_is_no_pass(odoo: FakeOdoo, passed: bool | None, detail: str) -> None:
    seen = looked(odoo)
    assert seen["login"][0] is True
    assert seen["invoice"][0] is passed
    assert detail in seen["invoice"][1]


@pytest.mark.parametrize(
    ("odoo", "ended", "detail"),
    [
        (FakeOdoo(user=False), None, "refuses admin"),
        (FakeOdoo(asleep=99), 1, "ended with status 1 before it answered"),
        (FakeOdoo(asleep=10**9), None, "did not answer within 0 s: connection refused"),
    ],
)
def test_nobody_got_in(odoo: FakeOdoo, ended: int | None, detail: str) -> None:
    seen = looked(odoo, ended, patience=0.0)
    assert seen["login"][0] is False
    assert detail in seen["login"][1]
    assert seen["invoice"] == [False, "not tried: nobody could log in"]
    assert seen["seconds"] == 0.0


def test_a_database_without_an_administrator_is_told() -> None:
    def admin(_options: Any, _password: str) -> str:
        raise inside_boot.Refused("the database has no administrator (base.user_admin)")

    assert looked(FakeOdoo(), admin=admin)["login"] == [False, "the database has no administrator (base.user_admin)"]


class FakeCursor:
    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows
        self.said: list[Any] = []

    def __enter__(self) -> FakeCursor:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, statement: str, words: Any = None) -> None:
        self.said.append((statement, words))

    def fetchone(self) -> Any:
        return self.rows.pop(0)


class FakeConnection(FakeCursor):
    def cursor(self) -> FakeConnection:
        return self

    def close(self) -> None:
        self.said.append(("closed", None))


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> FakeConnection:
    made = FakeConnection([])

    def connect(**words: str) -> FakeConnection:
        made.said.append(words)
        return made

    monkeypatch.setattr(inside_boot, "psycopg2", types.SimpleNamespace(connect=connect))
    monkeypatch.setattr(inside_boot, "pbkdf2_sha512", types.SimpleNamespace(hash=lambda text: f"hashed {text}"))
    return made


def test_the_administrator_gets_a_password_and_loses_the_second_factor(connection: FakeConnection) -> None:
    connection.rows = [("admin",), (1,)]
    assert inside_boot.administrator(OPTIONS, "secret") == "admin"
    where, (update, words), _asked, (factor, _), closed = connection.said
    assert where == {"host": "/run/door", "port": "5499", "user": "tierline_proof", "password": "x", "dbname": "acme"}
    assert "UPDATE res_users SET password" in update
    assert words == ["hashed secret"]
    assert "totp_secret = NULL" in factor
    assert closed == ("closed", None)


def test_without_an_administrator_nothing_is_set(connection: FakeConnection) -> None:
    connection.rows = [None]
    with pytest.raises(inside_boot.Refused, match="no administrator"):
        inside_boot.administrator(OPTIONS, "secret")


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ({"result": 2}, 2),
        ({"error": {"message": "Odoo Server Error", "data": {"message": "Access Denied"}}}, "Access Denied"),
        ({"error": {"message": "Session expired"}}, "Session expired"),
    ],
)
def test_answers_of_json_rpc(monkeypatch: pytest.MonkeyPatch, reply: dict[str, Any], wanted: Any) -> None:
    opener = types.SimpleNamespace(open=lambda *_args, **_named: io.BytesIO(json.dumps(reply).encode()))
    monkeypatch.setattr(inside_boot.urllib.request, "build_opener", lambda *_: opener)
    if "result" in reply:
        assert inside_boot.rpc("common", "login", []) == wanted
    else:
        with pytest.raises(inside_boot.Refused, match=wanted):
            inside_boot.rpc("common", "login", [])


def test_odoo_does_not_outlive_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    real = inside_boot.subprocess.Popen
    monkeypatch.setattr(inside_boot.subprocess, "Popen", lambda _command, stdout: real(["sleep", "60"], stdout=stdout))
    monkeypatch.setattr(inside_boot.sys, "stdout", sys.stderr)
    with inside_boot.odoo() as ended:
        assert ended() is None
    assert ended() is not None


def test_one_line_of_json_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "odoo.conf"
    config.write_text("[options]\ndb_name = acme\ndbfilter = ^acme$\n")
    monkeypatch.setattr(inside_boot, "CONFIG", str(config))
    monkeypatch.setattr(inside_boot.sys, "argv", ["boot.py", "180"])
    monkeypatch.setattr(inside_boot, "look", lambda options, _boot, patience: {"of": options["db_name"], "patience": patience})
    inside_boot.main()
    assert json.loads(capsys.readouterr().out) == {"of": "acme", "patience": 180.0}
