# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from urllib.parse import urlsplit

from ansible_collections.tierline.erp.plugins.module_utils.probe import books, cron
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.faults import from_answer, from_health
from ansible_collections.tierline.erp.plugins.module_utils.probe.runner import Context, Step

_DAY = 86400
_WEBSOCKET_SECONDS = 20


def steps(skip_http: str = "", skip_invoice: str = "", skip_cron: str = "") -> list[Step]:
    """Return all checks in the order in which they are run; a reason to skip stands in the report."""
    # Without a trusted certificate nothing is sent, least of all a password.
    return [
        Step("tls", "pki", _tls),
        Step("http_redirect", "edge", _http_redirect, skip=skip_http),
        Step("app", "app", _login_page, ("tls",)),
        Step("database", "database", _database, ("tls",)),
        Step("database_manager", "edge", _database_manager_closed, ("tls",)),
        Step("websocket", "websocket", _websocket, ("tls",)),
        Step("login_web", "app", _login_web, ("tls",)),
        Step("login_rpc", "app", _login_rpc, ("tls",)),
        Step("invoice", "books", books.invoice, ("login_rpc",), skip=skip_invoice),
        Step("invoice_withdrawn", "books", books.withdraw, ("login_rpc",), skip=skip_invoice),
        Step("scheduled_action", "cron", cron.executed, ("login_rpc",), skip=skip_cron),
    ]


def _tls(context: Context) -> str:
    found = context.client.certificate()
    days = int((found["not_after"] - context.client.now()) // _DAY)
    if days < context.certificate_days:
        raise Fault("pki", f"the certificate expires in {days} days; at least {context.certificate_days} are wanted: renew it")
    return f"{found['protocol']}, certificate valid for {context.client.target.domain}, {days} days left"


def _http_redirect(context: Context) -> str:
    answer = context.client.plain("/web/login")
    location = urlsplit(answer.header("Location"))
    if (
        answer.status not in (301, 302, 307, 308)
        or location.scheme != "https"
        or location.hostname != context.client.target.domain
    ):
        raise Fault("edge", f"plain HTTP is answered with HTTP {answer.status} and not with a redirect to HTTPS")
    return f"HTTP {answer.status} to {location.scheme}://{location.netloc}"


def _login_page(context: Context) -> str:
    answer = context.client.get("/web/login")
    fault = from_answer(answer)
    if fault:
        raise fault
    if answer.status != 200 or 'name="login"' not in answer.body:
        raise Fault("app", f"/web/login is not Odoo's login page (HTTP {answer.status})")
    return "login page is shown"


def _database(context: Context) -> str:
    fault = from_health(context.client.get("/web/health?db_server_status=1"))
    if fault:
        raise fault
    return "Odoo reaches its database server"


def _database_manager_closed(context: Context) -> str:
    seen = {path: context.client.get(path) for path in ("/web/database/manager", "/web/database/selector")}
    for path, answer in seen.items():
        if answer.status not in (403, 404):
            raise Fault("edge", f"{path} is not closed: HTTP {answer.status}")
    return "closed"


def _websocket(context: Context) -> str:
    # Odoo starts its evented server last and restarts it now and then; clients reconnect, so one refusal is no fault.
    started = context.client.clock()
    attempt = 0
    while True:
        attempt += 1
        try:
            return _upgrade(context) + (f" at the {attempt}. attempt" if attempt > 1 else "")
        except Fault:
            if context.client.clock() - started >= _WEBSOCKET_SECONDS:
                raise
            context.client.sleep(2)


def _upgrade(context: Context) -> str:
    answer, accept = context.client.websocket("/websocket?version=19.0-2")
    fault = from_answer(answer, "websocket")
    if fault:
        raise fault
    if answer.status != 101:
        raise Fault("websocket", f"the upgrade is answered with HTTP {answer.status} instead of 101")
    if answer.header("Sec-WebSocket-Accept") != accept:
        raise Fault("websocket", "Sec-WebSocket-Accept does not belong to the key that was sent")
    return "upgraded (HTTP 101)"


def _login_web(context: Context) -> str:
    result = context.client.rpc(
        "/web/session/authenticate", {"db": context.database, "login": context.login, "password": context.password}
    )
    if not (result or {}).get("uid"):
        raise Fault("app", f"Odoo refuses the credentials of {context.login!r}")
    return f"{context.login!r} logged in, Odoo {result.get('server_version', '')}".rstrip()


def _login_rpc(context: Context) -> str:
    uid = context.log_in()
    if not uid:
        raise Fault("app", f"Odoo refuses the credentials of {context.login!r}")
    return f"{context.login!r} has the user id {uid}"
