# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What runs inside a tenant's container to try its neighbours."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.probe import inside


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ('FATAL:  permission denied for database "beta"', "refused"),
        ("FATAL:  password authentication failed for user", "refused"),
        ("FATAL:  no pg_hba.conf entry for host", "refused"),
        ("FATAL:  connection requires a valid client certificate", "refused"),
        ("connection to server failed: Connection refused", "unreachable"),
        ("timeout expired", "unreachable"),
        ("server closed the connection unexpectedly", "error"),
    ],
)
def test_database_errors_are_judged(text: str, outcome: str) -> None:
    assert inside.judge(text) == outcome


def test_the_cause_is_what_the_server_said() -> None:
    assert inside.cause('connection to server at "x", port 1 failed: FATAL:  no\nmore') == "FATAL:  no"
    assert inside.cause("plain") == "plain"
    assert inside.cause("") == "no reason was given"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("-NOPERM No permissions to access a key", "refused"),
        ("-WRONGPASS x", "refused"),
        ("+OK", "reached"),
        ("$-1", "reached"),
        # A Sentinel that watches nobody of that name.
        ("*-1", "error"),
        ("-ERR x", "error"),
        ("", "error"),
    ],
)
def test_redis_answers_are_judged(answer: str, outcome: str) -> None:
    assert inside.judge_redis(answer)[0] == outcome


def test_redis_commands_are_encoded() -> None:
    assert inside.encode("GET", "a:ü") == b"*2\r\n$3\r\nGET\r\n$4\r\na:\xc3\xbc\r\n"


def test_the_configuration_is_read_from_the_first_place_that_has_one(tmp_path: Path) -> None:
    (tmp_path / "odoo.conf").write_text("[options]\ndb_user = acme\ndb_password = a%b\n")
    assert inside.read_configuration((str(tmp_path / "none"), str(tmp_path / "odoo.conf")))["db_password"] == "a%b"
    with pytest.raises(OSError, match="can be read"):
        inside.read_configuration((str(tmp_path / "none"),))


def _psycopg2(monkeypatch: pytest.MonkeyPatch, connect: Any) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", SimpleNamespace(connect=connect, Error=ValueError))


OWN = {"db_user": "acme", "db_password": "p", "db_host": "db1", "db_port": "6432"}


def test_a_database_that_lets_in_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    class Connection:
        def cursor(self) -> Connection:
            return self

        def __enter__(self) -> Connection:
            return self

        def __exit__(self, *_args: object) -> None: ...
        def execute(self, _query: str) -> None: ...
        def fetchone(self) -> tuple[str, str]:
            return "beta", "acme"

        def close(self) -> None: ...

    _psycopg2(monkeypatch, lambda **_options: Connection())
    assert inside.try_database({"database": "beta"}, OWN) == ("reached", "connected to beta as acme")


def test_a_database_that_refuses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(**options: Any) -> None:
        assert options["user"] == "beta"
        raise ValueError("connection to server failed: FATAL:  password authentication failed")

    _psycopg2(monkeypatch, connect)
    assert inside.try_database({"database": "beta", "user": "beta"}, OWN)[0] == "refused"


@pytest.mark.parametrize(("error", "outcome"), [(ConnectionRefusedError(), "refused"), (TimeoutError(), "unreachable")])
def test_ports_that_do_not_answer(monkeypatch: pytest.MonkeyPatch, error: OSError, outcome: str) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(inside.socket, "create_connection", refuse)
    assert inside.try_port({"host": "h", "port": 1}, {})[0] == outcome
    redis = {"host": "h", "port": 1, "user": "u", "password": "p", "command": ["GET", "x"]}
    assert inside.try_redis(redis, {})[0] == "unreachable"


class FakeSocket:
    """A server that has its answers ready."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)

    def __enter__(self) -> FakeSocket:
        return self

    def __exit__(self, *_args: object) -> None: ...
    def makefile(self, _mode: str) -> FakeSocket:
        return self

    def sendall(self, _data: bytes) -> None: ...
    def readline(self) -> bytes:
        return self.answers.pop(0)

    def wrap_socket(self, *_args: object, **_options: object) -> FakeSocket:
        return self


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ((b"+OK\r\n", b"-NOPERM x\r\n"), "refused"),
        ((b"+OK\r\n", b"$-1\r\n"), "reached"),
        ((b"-WRONGPASS x\r\n",), "error"),
    ],
)
def test_redis_is_asked_with_the_own_login(monkeypatch: pytest.MonkeyPatch, answers: tuple[bytes, ...], outcome: str) -> None:
    server = FakeSocket(*answers)
    monkeypatch.setattr(inside.socket, "create_connection", lambda *_args, **_options: server)
    monkeypatch.setattr(inside.ssl, "create_default_context", lambda **_options: server)
    attempt = {"host": "h", "port": 1, "user": "acme", "password": "p", "command": ["GET", "beta:x"]}
    assert inside.try_redis(attempt, {})[0] == outcome


def test_whatever_happens_inside_is_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside.socket, "create_connection", lambda *_args, **_options: FakeSocket())
    found = inside.run([{"id": "a", "kind": "port", "host": "h", "port": 1}, {"id": "b", "kind": "port"}], {})
    assert [outcome["outcome"] for outcome in found] == ["reached", "error"]
    assert "KeyError" in found[1]["detail"]


def test_the_source_runs_on_its_own(tmp_path: Path) -> None:
    (tmp_path / "odoo.conf").write_text("[options]\ndb_user = acme\n")
    source = (
        Path(inside.__file__).read_text(encoding="utf-8").replace("/etc/tierline/odoo/odoo.conf", str(tmp_path / "odoo.conf"))
    )
    attempt = {"id": "x", "kind": "port", "host": "127.0.0.1", "port": 9}
    script = f"{source}\nmain({json.dumps([attempt])!r})\n"
    output = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, check=True).stdout
    assert json.loads(output)[0]["outcome"] == "refused"


def test_main_prints_outcomes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(inside, "read_configuration", lambda: {})
    inside.main("[]")
    assert capsys.readouterr().out == "[]"
