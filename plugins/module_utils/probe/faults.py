# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import socket
import ssl
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Answer, Check

# What the edge says when it has no answer from behind.
_FROM_BEHIND = {502: "can't reach", 503: "knows no healthy server of", 504: "waited in vain for"}
_SERVERS = {"app": "Odoo", "websocket": "Odoo's websocket server"}
_DATABASE_ERRORS = (
    "psycopg2.OperationalError",
    "psycopg2.InterfaceError",
    "odoo.sql_db.PoolError",
    "psycopg2.errors.AdminShutdown",
)
# Alerts by which a server refuses the name that the client asked for.
_NAME_REFUSED = ("UNRECOGNIZED_NAME", "HANDSHAKE_FAILURE", "INTERNAL_ERROR")
MAX_DETAIL = 300


def from_exception(error: Exception, where: str) -> Fault:
    """Name the layer that an exception of the network blames."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Fault("pki", f"the certificate at {where} is not trusted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        if any(name in reason.upper() for name in _NAME_REFUSED):
            return Fault(
                "edge", f"{where} refuses this domain in the TLS handshake ({reason}): it has no route or no certificate for it"
            )
        return Fault("edge", f"TLS with {where} failed: {reason}")
    if isinstance(error, socket.gaierror):
        return Fault("dns", f"the name of {where} can't be resolved: {error.strerror}")
    if isinstance(error, TimeoutError):
        return Fault("edge", f"{where} does not answer in time")
    if isinstance(error, OSError) and error.errno == errno.ECONNREFUSED:
        return Fault("edge", f"nothing listens at {where}")
    return Fault("edge", f"{where}: {type(error).__name__}: {error}")


def from_answer(answer: Answer, layer: str = "app") -> Fault | None:
    """Name the layer that an HTTP status blames, or None where the status is no error."""
    # An edge that shows a page in its own place says what it would have said.
    status = {str(code): code for code in _FROM_BEHIND}.get(answer.header("X-Upstream-Status"), answer.status)
    if status in _FROM_BEHIND:
        return Fault(layer, f"the edge {_FROM_BEHIND[status]} {_SERVERS[layer]} (HTTP {status})")
    if answer.status == 404 and answer.body.strip() == "404 page not found":
        return Fault("edge", "the edge has no route for this path (HTTP 404)")
    if "/web/database/" in answer.header("Location"):
        return Fault("database", "Odoo does not find its database and offers the database manager instead")
    if answer.status >= 400:
        return Fault(layer, f"HTTP {answer.status}: {brief(answer.body)}" if answer.body else f"HTTP {answer.status}")
    return None


def from_health(answer: Answer) -> Fault | None:
    """Read Odoo's own word on its health and that of its database server."""
    try:
        health = json.loads(answer.body)
    except ValueError:
        health = None
    if isinstance(health, dict) and health.get("db_server_status") is False:
        return Fault("database", "Odoo runs but can't reach its database server")
    return from_answer(answer)


def from_rpc(error: dict[str, Any]) -> Fault:
    """Name the layer that an error inside a JSON-RPC answer blames."""
    data = error.get("data") or {}
    name = str(data.get("name") or "")
    text = brief(str(data.get("message") or error.get("message") or "unknown error"))
    if name in _DATABASE_ERRORS:
        return Fault("database", f"Odoo reports {name}: {text}")
    if name.endswith("AccessDenied"):
        return Fault("app", "Odoo refuses these credentials")
    return Fault("app", f"Odoo reports {name or 'an error'}: {text}")


def brief(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MAX_DETAIL else flat[: MAX_DETAIL - 1] + "…"


def attribute(checks: Iterable[Check]) -> list[Check]:
    """Blame the deepest layer for what the others could not do without it."""
    checks = list(checks)
    down = {check.name for check in checks if not check.ok and check.layer == check.name}
    if "database" in down:
        return [_blame(check, "database", ("app", "cron", "websocket")) for check in checks]
    if "app" in down:
        return [_blame(check, "app", ("cron", "websocket")) for check in checks]
    return checks


def _blame(check: Check, layer: str, instead_of: tuple[str, ...]) -> Check:
    return replace(check, layer=layer) if not check.ok and check.layer in instead_of else check
