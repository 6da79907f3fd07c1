# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which id a request has, and where it is said. That Odoo's own lines have it, molecule/odoo_container shows."""

from __future__ import annotations

import io
import logging
import threading
import types
from collections.abc import Iterator
from typing import Any

import pytest

from .helpers import imported


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    http = types.ModuleType("odoo.http")
    yield imported(monkeypatch, ("requests",), http)["requests"]
    threading.current_thread().__dict__.pop("tierline_request", None)


def _asked(requests: Any, environ: dict[str, str]) -> tuple[dict[str, str], str]:
    """The headers of the answer, and the id that Odoo sees."""
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def odoo(_application: object, environ: dict[str, str], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [environ["HTTP_X_REQUEST_ID"].encode()]

    body = requests.named(odoo)(None, environ, lambda status, headers, _exc_info=None: told.append((status, headers)))
    return dict(told[0][1]), b"".join(body).decode()


def test_a_request_without_one_gets_one_and_the_answer_says_it(requests: Any) -> None:
    first, seen = _asked(requests, {})
    second, _seen = _asked(requests, {})
    assert first["X-Request-Id"] == seen
    assert first["Content-Type"] == "text/html"
    assert len(seen) == 32
    assert first["X-Request-Id"] != second["X-Request-Id"]


def test_the_one_that_a_program_brings_is_kept(requests: Any) -> None:
    headers, seen = _asked(requests, {"HTTP_X_REQUEST_ID": "close-2026.11_run-7"})
    assert headers["X-Request-Id"] == seen == "close-2026.11_run-7"


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "a line\nof its own", "12345678 request=12345678", "12345678\n", 'quote"12345678']
)
def test_what_a_log_could_be_misled_by_is_replaced(requests: Any, given: str) -> None:
    headers, _seen = _asked(requests, {"HTTP_X_REQUEST_ID": given})
    assert headers["X-Request-Id"] != given
    assert len(headers["X-Request-Id"]) == 32


@pytest.mark.parametrize(("counted", "expected"), [("", "request=12345678"), ("3 0.010 0.020", "3 0.010 0.020 request=12345678")])
def test_the_id_ends_the_first_line(requests: Any, counted: str, expected: str) -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logging.Formatter("%(message)s %(perf_info)s"))
    handler.addFilter(requests.InEachLine())
    logger = logging.Logger("odoo.http")
    logger.addHandler(handler)
    _asked(requests, {"HTTP_X_REQUEST_ID": "12345678"})
    try:
        raise ValueError("no such journal")
    except ValueError:
        logger.exception("failed", extra={"perf_info": counted})
    first, *rest = lines.getvalue().splitlines()
    assert first == f"failed {expected}"
    assert rest[-1] == "ValueError: no such journal"


def test_what_isnt_for_a_request_has_none(requests: Any) -> None:
    record = logging.LogRecord("odoo.cron", logging.INFO, "", 0, "done", None, None)
    assert requests.InEachLine().filter(record)
    assert not hasattr(record, "perf_info")
