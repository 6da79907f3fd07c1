# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which requests are carried out again when their database goes away. That Odoo does, molecule/odoo_container shows."""

from __future__ import annotations

import functools
import io
import types
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from .helpers import Clock, imported


class RegistryError(RuntimeError):
    pass


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import from the role's files, next to as much of Odoo as it touches."""
    http = types.ModuleType("odoo.http")
    http.__dict__.update(
        RegistryError=RegistryError,
        FutureResponse=lambda: "untouched",
        Controller=object,
        request=None,
        route=lambda *_path, **_more: lambda method: method,
    )
    others = [types.ModuleType(name) for name in ("odoo.sql_db", "odoo.service.server")]
    return imported(monkeypatch, ("database",), http, *others)["database"]


class Request:
    def __init__(self, path: str = "/odoo", **files: Any) -> None:
        self.httprequest = types.SimpleNamespace(path=path, files=files)
        self.session: Any = "changed by the try that failed"
        self.future_response = "has a cookie of the try that failed"

    def _get_session_and_dbname(self) -> tuple[Any, str]:
        return "as it was stored", "acme_prod"


def _from(cause: Exception | None) -> RegistryError:
    error = RegistryError("Cannot get registry")
    error.__cause__ = cause
    return error


def _after(first: Exception) -> psycopg2.InterfaceError:
    """What Odoo raises when it wants to roll back what a broken connection had begun."""
    error = psycopg2.InterfaceError("connection already closed")
    error.__context__ = first
    return error


def _serve(database: Any, request: Request, *told: Exception | str, commits: int = 0) -> tuple[Any, int]:
    """The answer, and how often Odoo was asked, whose answers are `told`, the last one for good."""
    clock, answers = Clock(), list(told)
    asked = 0
    commit: Callable[[Any], None] = database.counting(lambda _cursor: None)

    def odoo(_request: Request) -> str:
        nonlocal asked
        asked += 1
        for _time in range(commits):
            commit(None)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    try:
        patience = functools.partial(database.Patience, clock=clock, sleep=clock.sleep)
        return database.patient(odoo, patience)(request), asked
    except Exception as error:
        return error, asked


GONE = psycopg2.OperationalError("connection refused")


@pytest.mark.parametrize(
    "error",
    [_from(GONE), GONE, errors.AdminShutdown(), errors.ProtocolViolation(), _after(GONE), _from(errors.CannotConnectNow())],
    ids=["no connection", "broken", "shut down", "the pooler's", "found broken at the rollback", "starting"],
)
def test_a_request_waits_for_its_database_and_begins_anew(database: Any, error: Exception) -> None:
    file = io.BytesIO(b"upload")
    file.read()
    request = Request(upload=file)
    assert _serve(database, request, error, error, "answered") == ("answered", 3)
    assert (request.session, request.future_response, file.tell()) == ("as it was stored", "untouched", 0)


def test_a_database_that_stays_away_ends_in_a_page_and_no_logout(database: Any) -> None:
    request = Request()
    answer, asked = _serve(database, request, _from(GONE))
    assert isinstance(answer, database.DatabaseUnavailable)
    assert "Nobody was logged out" in answer.error_response
    assert 10 < asked < 40


def test_what_may_have_been_committed_is_not_done_twice(database: Any) -> None:
    assert _serve(database, Request(), GONE, "answered", commits=1) == (GONE, 1)


@pytest.mark.parametrize(
    "error",
    [
        # As the driver makes them: a code of its own is the server's.
        type("Coded", (errors.SerializationFailure,), {"pgcode": "40001"})(),
        type("Coded", (errors.QueryCanceled,), {"pgcode": "57014"})(),
        psycopg2.InterfaceError("Cursor already closed"),
        _from(AttributeError()),
    ],
    ids=["in each other's way", "too slow", "a cursor used too late", "a module that is missing"],
)
def test_other_errors_are_as_before(database: Any, error: Exception) -> None:
    assert _serve(database, Request(), error, "answered") == (error, 1)


def test_health_is_how_it_is_now(database: Any) -> None:
    error = _from(GONE)
    assert _serve(database, Request("/tierline/health"), error, "answered") == (error, 1)


def test_a_file_that_cannot_be_read_again_is_not_sent_half(database: Any) -> None:
    answer, asked = _serve(database, Request(upload=object()), GONE, "answered")
    assert isinstance(answer, RuntimeError)
    assert "can't be read again" in str(answer)
    assert asked == 1


def test_the_server_outlives_a_database_that_is_away_when_it_wants_to_begin_workers(database: Any) -> None:
    def spawn(_parent: object) -> None:
        raise GONE

    database.lasting(spawn)(object())


def test_a_worker_ends_as_it_would(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter((1, 2))
    monkeypatch.setattr(database.os, "getpid", lambda: next(numbers))

    def spawn(_parent: object) -> None:
        raise GONE

    with pytest.raises(psycopg2.OperationalError):
        database.lasting(spawn)(object())
