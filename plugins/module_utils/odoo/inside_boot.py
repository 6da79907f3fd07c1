# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Runs inside a container that reaches a restored database and nothing else. Self-contained: its source is sent there.

Gives the administrator of that database a password that nobody is told, starts Odoo, logs in with it and reads an invoice.
Prints what it saw as one line of JSON; what Odoo says goes to standard error.
"""

import configparser
import json
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

try:
    import psycopg2
    from passlib.hash import pbkdf2_sha512
except ImportError:  # they are Odoo's own, so the image has them; whoever only sends this file needn't
    psycopg2 = None  # type: ignore[assignment]
    pbkdf2_sha512 = None

Ask = Callable[[str, str, list[Any]], Any]
Admin = Callable[[Any, str], str]

CONFIG = "/etc/tierline/odoo/odoo.conf"
URL = "http://127.0.0.1:8069/jsonrpc"
INVOICE = [["move_type", "=", "out_invoice"], ["state", "=", "posted"]]
_ADMIN = "SELECT res_id FROM ir_model_data WHERE module = 'base' AND name = 'user_admin' AND model = 'res.users'"
_PAUSE = 0.2


class Refused(Exception):
    """Odoo answered, and not what was asked for."""


def rpc(service: str, method: str, words: list[Any]) -> Any:
    params = {"service": service, "method": method, "args": words}
    body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
    question = urllib.request.Request(URL, data=body, headers={"Content-Type": "application/json"})
    # No proxy of the image's environment: it would be asked for the loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(question, timeout=120) as answer:
        reply = json.load(answer)
    if "error" in reply:
        about = reply["error"].get("data") or {}
        raise Refused(about.get("message") or reply["error"].get("message") or "an error without a message")
    return reply.get("result")


def administrator(options: Any, password: str) -> str:
    """The administrator's login, with a password that only this process knows, and without a second factor."""
    where = {"host": "db_host", "port": "db_port", "user": "db_user", "password": "db_password", "dbname": "db_name"}
    connection = psycopg2.connect(**{word: options[name] for word, name in where.items()})
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE res_users SET password = %s, active = true WHERE id = ({_ADMIN}) RETURNING login",
            [pbkdf2_sha512.hash(password)],
        )
        found = cursor.fetchone()
        if found is None:
            raise Refused("the database has no administrator (base.user_admin)")
        cursor.execute("SELECT 1 FROM pg_attribute WHERE attrelid = 'res_users'::regclass AND attname = 'totp_secret'")
        if cursor.fetchone():
            cursor.execute(f"UPDATE res_users SET totp_secret = NULL WHERE id = ({_ADMIN})")
    connection.close()
    return str(found[0])


def log_in(database: str, login: str, password: str, ended: Callable[[], int | None], patience: float, ask: Ask = rpc) -> int:
    """Odoo takes a while to listen: it is asked until it answers, has ended, or patience has."""
    deadline = time.monotonic() + patience
    while True:
        try:
            user = ask("common", "login", [database, login, password])
        except (OSError, ValueError) as error:
            if ended() is not None:
                raise Refused(f"Odoo ended with status {ended()} before it answered") from error
            if time.monotonic() >= deadline:
                raise Refused(f"Odoo did not answer within {patience:.0f} s: {error}") from error
            time.sleep(_PAUSE)
            continue
        if not user:
            raise Refused(f"Odoo refuses {login}, whose password was just set")
        return int(user)


def read_invoice(call: Callable[..., Any]) -> tuple[bool | None, str]:
    """None where there is none to read: that is said, and proves nothing."""
    if not call("ir.module.module", "search_count", [["name", "=", "account"], ["state", "=", "installed"]]):
        return None, "accounting isn't installed"
    fields = ["name", "invoice_date", "partner_id", "amount_total", "currency_id", "line_ids"]
    found = call("account.move", "search_read", INVOICE, fields=fields, limit=1, order="id desc")
    if not found:
        return None, "no customer invoice is posted in it"
    (invoice,) = found
    lines = call("account.move.line", "read", invoice["line_ids"], fields=["debit", "credit"])
    text = f"{invoice['name']} of {invoice['invoice_date']}, {invoice['amount_total']:.2f} {invoice['currency_id'][1]}"
    if not lines or abs(sum(line["debit"] - line["credit"] for line in lines)) > 0.001:
        return False, f"{text}: its {len(lines)} lines don't balance"
    return True, f"{text}, {len(lines)} lines that balance"


def told(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def odoo() -> Iterator[Callable[[], int | None]]:
    """Odoo, for as long as the block takes; gives the question whether it has ended by itself."""
    with subprocess.Popen(["odoo", "server", f"--config={CONFIG}"], stdout=sys.stderr) as process:
        try:
            yield process.poll
        finally:
            process.kill()


def look(options: Any, boot: Callable[[], Any], patience: float, ask: Ask = rpc, admin: Admin = administrator) -> dict[str, Any]:
    """What a user sees. Whatever a broken database makes libraries throw is a finding too."""
    database, password, begun = options["db_name"], secrets.token_urlsafe(32), time.monotonic()
    seen: dict[str, Any] = {"version": "", "seconds": 0.0, "login": [], "invoice": [False, "not tried: nobody could log in"]}

    def call(model: str, method: str, *words: Any, **named: Any) -> Any:
        return ask("object", "execute_kw", [database, user, password, model, method, list(words), named])

    try:
        login = admin(options, password)
        with boot() as ended:
            user = log_in(database, login, password, ended, patience, ask)
            seen["seconds"] = round(time.monotonic() - begun, 1)
            seen["version"] = str(ask("common", "version", [])["server_version"])
            seen["login"] = [True, f"Odoo {seen['version']} let {login} in after {seen['seconds']} s"]
            try:
                seen["invoice"] = list(read_invoice(call))
            except Exception as error:
                seen["invoice"] = [False, told(error)]
    except Exception as error:
        seen["login"] = [False, told(error)]
    return seen


def main() -> None:
    parser = configparser.RawConfigParser()
    parser.read(CONFIG)
    sys.stdout.write(json.dumps(look(dict(parser.items("options")), odoo, float(sys.argv[1]))) + "\n")


if __name__ == "__main__":
    main()
