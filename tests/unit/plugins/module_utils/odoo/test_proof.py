# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slots that serve, fail, break off and hang, on real ports: only one that works may get users."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import proof
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Environment, Settings
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.local_server import (
    LocalServer,
    answering,
    cut_off,
    http,
    unused_port,
)

from .helpers import item

HEALTH, LOGIN, SOCKETS = b"GET /tierline/health ", b"GET /web/login ", b"GET /websocket/health "
GOOD = {
    HEALTH: http(200, b'{"status": "pass", "database": true}'),
    LOGIN: http(200, b'<form><input name="login"></form>'),
    SOCKETS: http(200, b'{"status": "pass"}'),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_TRIES", 3)
    monkeypatch.setattr(proof, "_PAUSE", 0.01)
    monkeypatch.setattr(proof, "_TIMEOUT", 5)
    monkeypatch.setattr(proof, "_PATIENCE", 0.3)


class Slot:
    """The two servers of a slot, one for pages and one for websockets."""

    def __init__(self, pages: LocalServer, sockets: LocalServer) -> None:
        self.pages, self.sockets = pages, sockets

    def environment(self, **ports: int) -> Environment:
        mine = {"http": self.pages.port, "websocket": self.sockets.port}
        (env,) = parse([item(ports={**mine, **ports}, domains=["acme.example.com", "www.example.com"])])
        return env


@contextlib.contextmanager
def running(
    address: str = "127.0.0.1", answer: Callable[[bytes, bytes | None], bytes | None] = lambda _path, reply: reply, **replies: Any
) -> Iterator[Slot]:
    """A slot that is fit, but for the replies given for `health`, `login` and `sockets`."""
    changed = {HEALTH: "health", LOGIN: "login", SOCKETS: "sockets"}

    def reply(request: bytes) -> bytes | None:
        for path, name in changed.items():
            if request.startswith(path):
                return answer(path, replies[name] if name in replies else GOOD[path])
        return http(404)

    # Each has what it is asked for, and nothing of the other.
    def only(*paths: bytes) -> Callable[[bytes], bytes | None]:
        return lambda request: reply(request) if request.startswith(paths) else http(404)

    with answering(only(HEALTH, LOGIN), address) as pages, answering(only(SOCKETS), address) as sockets:
        yield Slot(pages, sockets)


def settings(address: str = "127.0.0.1") -> Settings:
    return Settings(listen_addresses=(address,))


def test_a_slot_that_serves_is_proven_as_its_users_would_ask() -> None:
    with running() as slot:
        proof.prove(settings(), slot.environment(), "blue")
    asked = slot.pages.asked + slot.sockets.asked
    assert [request.partition(b"HTTP")[0] for request in asked] == [HEALTH, LOGIN, SOCKETS]
    assert all(b"\r\nHost: acme.example.com\r\n" in request for request in asked)


def test_each_slot_is_asked_at_its_own_ports() -> None:
    with running() as blue, running() as green:
        env = blue.environment(green_http=green.pages.port, green_websocket=green.sockets.port)
        proof.prove(settings(), env, "green")
    assert (len(blue.pages.asked), len(green.pages.asked), len(green.sockets.asked)) == (0, 2, 1)


@pytest.mark.parametrize(("listen", "address"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("127.0.0.3", "127.0.0.3")])
def test_it_is_asked_where_it_listens(listen: str, address: str) -> None:
    try:
        with running(address) as slot:
            proof.prove(settings(listen), slot.environment(), "blue")
    except OSError:
        assert ":" in address, "only IPv6 may be missing on this machine"
        pytest.skip("this machine has no IPv6")


def test_a_slot_that_gets_ready_meanwhile_is_proven() -> None:
    """The first two answers of each page are what a server gives that has just begun."""
    early: dict[bytes, list[bytes]] = {path: [b"", http(503)] for path in GOOD}
    with running(answer=lambda path, reply: early[path].pop(0) if early[path] else reply) as slot:
        proof.prove(settings(), slot.environment(), "blue")
    assert not any(early.values())


@pytest.mark.parametrize(
    ("replies", "needle"),
    [
        (
            {"health": http(503, b'{"status": "fail"}')},
            r"acme_prod: port \d+ answers /tierline/health with HTTP 503: the new slot",
        ),
        ({"health": http(200, b'{"status": "fail", "sessions": false}')}, r"acme_prod-blue says of itself: .*'sessions': False"),
        ({"health": http(200, b"<html>Welcome to nginx!</html>")}, r"acme_prod-blue says of itself: b'<html>Welcome"),
        ({"health": http(200, b"")}, r"acme_prod-blue says of itself: b''"),
        ({"health": http(200, b'["pass"]')}, r"acme_prod-blue says of itself: \['pass'\]"),
        ({"health": http(200, b'"pass"')}, r"acme_prod-blue says of itself: pass"),
        ({"health": http(200, b"\xff\xfe\x00")}, r"acme_prod-blue says of itself"),
        ({"login": http(303)}, "answers /web/login with HTTP 303"),
        ({"login": http(200, b"<form>Create a database</form>")}, "acme_prod-blue shows no login at /web/login: see its log"),
        ({"login": cut_off()}, "answers /web/login with IncompleteRead"),
        ({"sockets": b""}, "answers /websocket/health with Remote end closed"),
        ({"sockets": b"SSH-2.0-OpenSSH_9.2\r\n"}, "answers /websocket/health with SSH-2.0"),
    ],
)
def test_a_slot_that_is_not_fit_is_refused_with_what_was_seen(replies: dict[str, Any], needle: str) -> None:
    with running(**replies) as slot, pytest.raises(OdooError, match=needle):
        proof.prove(settings(), slot.environment(), "blue")


def test_a_port_that_nobody_listens_at() -> None:
    with running() as slot, pytest.raises(OdooError, match=r"answers /websocket/health with .*[Rr]efused"):
        proof.prove(settings(), slot.environment(websocket=unused_port()), "blue")


def test_websockets_may_begin_long_after_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens yet, far more often than a wrong answer would be taken."""
    monkeypatch.setattr(proof, "_PATIENCE", 20)
    port = unused_port()
    with running() as slot, ThreadPoolExecutor(1) as pool:
        proving = pool.submit(proof.prove, settings(), slot.environment(websocket=port), "blue")
        time.sleep(0.3)
        with answering(lambda _request: GOOD[SOCKETS], port=port):
            proving.result()


def test_a_slot_that_hangs_costs_a_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes requests and answers none: it isn't asked again and again, as one is that is still starting."""
    monkeypatch.setattr(proof, "_TRIES", 20)
    monkeypatch.setattr(proof, "_TIMEOUT", 0.3)
    monkeypatch.setattr(proof, "_PATIENCE", 0.5)
    with running(health=None) as slot:
        begun = time.monotonic()
        with pytest.raises(OdooError, match="answers /tierline/health with timed out"):
            proof.prove(settings(), slot.environment(), "blue")
        assert time.monotonic() - begun < 4
    assert len(slot.pages.asked) <= 3
