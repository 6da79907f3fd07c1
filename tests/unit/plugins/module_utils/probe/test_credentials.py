# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Logins that prove a retired secret dead."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.filter.retired_secrets import retired_secrets
from ansible_collections.tierline.erp.plugins.module_utils.odoo.config import admin_passwd
from ansible_collections.tierline.erp.plugins.module_utils.probe import credentials, inside_logins
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import Place
from ansible_collections.tierline.erp.plugins.modules import credentials_info

ITEM: dict[str, Any] = {
    "environment": "acme",
    "domains": ["acme.example.com"],
    "database": {"name": "acme", "user": "acme_second", "host": "db1, db2", "port": 6432},
    "redis": {"host": "redis1", "port": 6379, "user": "acme"},
    "secrets": {"database": "new", "redis": "new", "admin": "new", "master": "new"},
}
OLD = {"environment": "acme", "database": "old", "database_user": "acme", "redis": "old", "admin": "old", "master": "old"}


class Engine:
    """Containers whose servers accept the given passwords."""

    def __init__(self, *accepted: str, running: bool = True) -> None:
        self.accepted, self.running = accepted, running

    def place(self, environment: str) -> Place | None:
        return Place(f"{environment}-green") if self.running else None

    def last_words(self, _environment: str) -> str:
        return ""

    def attempt(self, _place: Place, attempts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                "id": attempt["id"],
                "outcome": "reached" if attempt.get("password", "new") in self.accepted else "refused",
                "detail": "x",
            }
            for attempt in attempts
        ]


def examine(engine: Engine, **changes: Any) -> dict[str, bool]:
    params = {"environments": [ITEM], "retired": [OLD]} | changes
    return {check.name: check.ok for check in credentials_info.examine(params, engine)}


def test_every_door_is_tried_with_both() -> None:
    found = examine(Engine("new"))
    assert all(found.values())
    doors = ["admin", "database at db1:6432", "database at db2:6432", "master", "redis"]
    assert list(found) == ["acme -> login page", *(f"acme -> {word} {door}" for word in ("current", "retired") for door in doors)]


def test_an_old_secret_that_still_works_is_seen() -> None:
    assert next(name for name, ok in examine(Engine("new", "old")).items() if not ok) == "acme -> retired admin"


def test_refusals_prove_nothing_where_the_new_ones_are_refused_too() -> None:
    assert not any(ok for name, ok in examine(Engine()).items() if "current" in name)


def test_only_what_was_rotated_is_tried() -> None:
    assert list(examine(Engine("new"), retired=[{"environment": "acme", "redis": "old", "admin": None}])) == [
        "acme -> login page",
        "acme -> current redis",
        "acme -> retired redis",
    ]
    assert examine(Engine("new"), retired=[]) == {}
    assert examine(Engine("new"), environments=[{**ITEM, "redis": None}], retired=[{"environment": "acme", "redis": "old"}]) == {
        "acme -> login page": True
    }


def test_every_member_of_redis_and_every_sentinel_is_a_door() -> None:
    item = {**ITEM, "redis": {"sentinels": ["r1", "r2"], "primary": "shared", "port": 6379, "user": "acme"}}
    found = examine(Engine("new"), environments=[item], retired=[{"environment": "acme", "redis": "old"}])
    doors = ["r1:6379", "r2:6379", "r1:26379", "r2:26379"]
    wanted = ["acme -> login page", *(f"acme -> {word} redis at {door}" for word in ("current", "retired") for door in doors)]
    assert list(found) == wanted
    assert all(found.values())


def test_the_password_of_before_belongs_to_the_user_of_before() -> None:
    assert {attempt["user"] for attempt in credentials.attempts(ITEM, OLD, "retired", ["database"])} == {"acme"}
    assert {x["user"] for x in credentials.attempts(ITEM, ITEM["secrets"], "current", ["database"])} == {"acme_second"}


def test_an_environment_that_does_not_run_proves_nothing() -> None:
    assert examine(Engine(running=False)) == {"acme container": False}


def test_secrets_are_marked() -> None:
    options = credentials_info.argument_spec()["retired"]["options"]
    assert {name for name, option in options.items() if not option.get("no_log")} == {"environment", "database_user"}


def test_what_was_retired_is_listed() -> None:
    secrets = {"environments": {"beta": {"redis": "x"}, "acme": {"redis": "new", "retired": {"redis": "old"}}}}
    assert retired_secrets(secrets) == [{"environment": "acme", "redis": "old"}]
    assert retired_secrets({}) == []


def test_the_managers_password_is_told_from_another() -> None:
    own = {"admin_passwd": admin_passwd("secret", "acme", b"key")}
    assert inside_logins.try_master({"password": "secret"}, own)[0] == "reached"
    assert inside_logins.try_master({"password": "other"}, own)[0] == "refused"
    assert inside_logins.try_master({"password": "x"}, {"admin_passwd": "$argon2$1$a$b"})[0] == "error"


@pytest.fixture
def odoo() -> Iterator[tuple[str, list[Any]]]:
    """A server that gives the answers it is told to give."""
    answers: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_args: object) -> None: ...

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/jsonrpc", answers
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, {"result": 2}), "reached"),
        ((200, {"result": False}), "refused"),
        ((200, {"error": {"message": "no database"}}), "error"),
        ((502, {}), "error"),
    ],
)
def test_odoo_is_asked(odoo: tuple[str, list[Any]], answer: Any, outcome: str) -> None:
    url, answers = odoo
    answers.append(answer)
    attempt = {"url": url, "domain": "x", "database": "acme", "user": "admin", "password": "p"}
    assert inside_logins.try_odoo(attempt, {})[0] == outcome


def test_an_odoo_that_does_not_answer_proves_nothing() -> None:
    attempt = {"url": "http://127.0.0.1:9/", "domain": "x", "database": "acme", "user": "admin", "password": "p"}
    assert inside_logins.try_odoo(attempt, {})[0] == "unreachable"
