# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.probe import inside, isolation
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import Place, Tenant


def tenant(name: str, **changes: Any) -> Tenant:
    base: dict[str, Any] = {
        "environment": name,
        "database": {"name": name, "user": name, "host": "db1,db2", "port": 6432},
        "redis": {"host": "db1", "port": 6379, "user": name, "key_prefix": f"{name}:"},
        "ports": {"http": 10008, "websocket": 10009},
        "redis_password": f"secret of {name}",
        "place": Place(f"{name}-blue", ("192.0.2.2",), ("192.0.2.1",), (f"/data/{name}",)),
    }
    return Tenant(**(base | changes))


ACME, BETA, GAMMA = tenant("acme"), tenant("beta"), tenant("gamma")


def test_everybody_tries_everybody_else() -> None:
    assert len(list(isolation.pairs([ACME, BETA, GAMMA], None))) == 6


def test_subjects_limit_the_pairs_to_those_they_take_part_in() -> None:
    found = {(a.environment, b.environment) for a, b in isolation.pairs([ACME, BETA, GAMMA], ["acme"])}
    assert found == {("acme", "beta"), ("beta", "acme"), ("acme", "gamma"), ("gamma", "acme")}


def test_the_attempts_cover_every_door() -> None:
    names = [attempt["id"] for attempt in isolation.attacks(ACME, BETA, 5432, ["198.51.100.7"])]
    assert names == [
        "beta database at db1:6432",
        "beta database at db1:6432 as beta",
        "beta database at db1:5432",
        "beta database at db2:6432",
        "beta database at db2:6432 as beta",
        "beta database at db2:5432",
        "beta redis read",
        "beta redis write",
        "beta container at 192.0.2.2:8069",
        "beta container at 192.0.2.2:8072",
        "beta published port at 192.0.2.1:10008",
        "beta published port at 192.0.2.1:10009",
        "beta published port at 198.51.100.7:10008",
        "beta published port at 198.51.100.7:10009",
    ]


def test_without_a_redis_password_redis_is_left_out_and_said_so() -> None:
    quiet = tenant("acme", redis_password="")
    assert [attempt["id"] for attempt in isolation.control(quiet)] == ["own database"]
    assert [attempt["id"] for attempt in isolation.control(ACME)] == ["own database", "own redis"]
    assert not [attempt for attempt in isolation.attacks(quiet, BETA, 5432) if attempt["kind"] == "redis"]
    assert isolation.without_redis(quiet).status == "skipped"
    assert "secret" not in repr(ACME)


@pytest.mark.parametrize(
    ("outcome", "wanted", "ok"),
    [
        ("refused", False, True),
        ("unreachable", False, True),
        ("reached", False, False),
        ("error", False, False),
        ("reached", True, True),
        ("refused", True, False),
        ("error", True, False),
    ],
)
def test_what_is_not_proven_is_not_isolated(outcome: str, wanted: bool, ok: bool) -> None:
    attempt = {"id": "x", "kind": "port"}
    (found,) = isolation.judge(ACME, [attempt], [{"id": "x", "outcome": outcome, "detail": "d"}], wanted)
    assert found.ok is ok
    assert found.layer == "network"


def test_an_attempt_without_outcome_failed() -> None:
    (found,) = isolation.judge(ACME, [{"id": "x", "kind": "redis"}], [], wanted=False)
    assert not found.ok


def test_a_shared_directory_is_found() -> None:
    assert isolation.storage(ACME, BETA).ok
    shared = tenant("beta", place=Place("beta-blue", writable=("/data/acme",)))
    assert isolation.storage(ACME, shared).status == "failed"
    assert isolation.storage(ACME, tenant("beta", place=None)).ok


@pytest.mark.parametrize(
    ("log", "layer"),
    [
        ("", "app"),
        ("Traceback\nKeyError", "app"),
        ('x\npsycopg2.OperationalError: connection to server at "db1" failed', "database"),
    ],
)
def test_last_words_tell_whose_fault_it_is(log: str, layer: str) -> None:
    found = isolation.not_running(ACME, log)
    assert not found.ok
    assert found.layer == layer


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ('FATAL:  permission denied for database "beta"', "refused"),
        ("FATAL:  password authentication failed for user", "refused"),
        ("FATAL:  no pg_hba.conf entry for host", "refused"),
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
