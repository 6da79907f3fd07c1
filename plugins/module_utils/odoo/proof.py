# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a slot, through the ports that edges use, whether it can do its work."""

from __future__ import annotations

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe import books
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.faults import from_rpc
from ansible_collections.tierline.erp.plugins.module_utils.probe.runner import Context

from .errors import OdooError
from .models import Environment, Settings

_HEALTH, _LOGIN, _SOCKETS = "/tierline/health", "/web/login", "/websocket/health"
# So many answers that aren't what is asked for are enough. The evented server loads its registry with its first request.
_TRIES, _PAUSE = 20, 0.5
# For one answer, and until no other is waited for. Websockets begin last, on a busy machine a quarter of a minute after pages.
_TIMEOUT, _PATIENCE = 30.0, 60.0


def prove(settings: Settings, env: Environment, slot: str) -> None:
    """Fails with what was seen. The login page takes the registry, the assets and a session that is written."""
    pages, sockets = env.ports.of(slot)
    # The evented server loads its registry with the first request: while it does, pages are looked at.
    with ThreadPoolExecutor(1) as pool:
        evented = pool.submit(_ask, settings, env, sockets, _SOCKETS)
        _prove_pages(settings, env, slot, pages)
        evented.result()


def _prove_pages(settings: Settings, env: Environment, slot: str, pages: int) -> None:
    health = _ask(settings, env, pages, _HEALTH)
    try:
        state = json.loads(health)
    except ValueError:
        state = health[:80]
    if not isinstance(state, dict) or state.get("status") != "pass":
        raise OdooError(f"{env.name}-{slot} says of itself: {state}")
    if b'name="login"' not in _ask(settings, env, pages, _LOGIN):
        raise OdooError(f"{env.name}-{slot} shows no login at {_LOGIN}: see its log")


def login(settings: Settings, env: Environment, slot: str) -> None:
    """The administrator, with the declared password."""
    _logged_in(settings, env, slot)


def business(settings: Settings, env: Environment, slot: str) -> None:
    """Log in, post a customer invoice and withdraw it, as verify.yml does; without accounting there is nothing to post."""
    context = _logged_in(settings, env, slot)
    try:
        if context.installed("account"):
            books.invoice(context)
            books.withdraw(context)
    except (Fault, KeyError, TypeError, ValueError, IndexError) as error:
        raise OdooError(f"{env.name}-{slot} fails at an invoice: {context.hide(str(error))}") from error


def _logged_in(settings: Settings, env: Environment, slot: str) -> Context:
    client = _Rpc(_reachable(settings), env.ports.of(slot)[0], env.domains[0])
    context = Context(client, env.database.name, "admin", env.secrets["admin"])  # type: ignore[arg-type]
    try:
        known = context.log_in()
    except Fault as error:
        raise OdooError(f"{env.name}-{slot} lets nobody in: {context.hide(str(error))}") from error
    if not known:
        raise OdooError(
            f"{env.name}-{slot} refuses the declared password of admin, with which an update is proven: somebody has set another "
            "one in Odoo. Declare that one, or go without the proof (odoo_container_business_checks: false)"
        )
    return context


class _Rpc:
    """As the probe's client, on the machine itself: a slot that isn't routed to yet has no TLS."""

    def __init__(self, address: str, port: int, domain: str) -> None:
        self._where = (address, port)
        self._domain = domain

    def rpc(self, path: str, params: dict[str, Any]) -> Any:
        connection = http.client.HTTPConnection(*self._where, timeout=120)
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        try:
            connection.request("POST", path, body, {"Host": self._domain, "Content-Type": "application/json"})
            response = connection.getresponse()
            reply = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Fault("app", f"{path}: {error or type(error).__name__}") from error
        finally:
            connection.close()
        if "error" in reply:
            raise from_rpc(reply["error"])
        return reply.get("result")


def _ask(settings: Settings, env: Environment, port: int, path: str) -> bytes:
    answers, deadline = 0, time.monotonic() + _PATIENCE
    while True:
        try:
            status, body = _get(_reachable(settings), port, path, env.domains[0])
        except (OSError, http.client.HTTPException) as error:
            seen = str(error) or type(error).__name__
            # Whoever isn't there yet has not answered.
            answers += not isinstance(error, OSError)
        else:
            if status == 200:
                return body
            seen, answers = f"HTTP {status}", answers + 1
        if answers >= _TRIES or time.monotonic() >= deadline:
            break
        time.sleep(_PAUSE)
    raise OdooError(f"{env.name}: port {port} answers {path} with {seen}: the new slot is not fit to serve")


def _reachable(settings: Settings) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.listen_addresses[0], settings.listen_addresses[0])


def _get(address: str, port: int, path: str, domain: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, port, timeout=_TIMEOUT)
    try:
        connection.request("GET", path, headers={"Host": domain, "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
