# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Runs inside a tenant's own container and tries to get at another tenant. Self-contained: its source is sent there.

It takes the tenant's own credentials from the configuration that the container has, and returns what came of each attempt:
`refused` (somebody said no), `unreachable` (nobody answered), `reached` (it worked), or `error` (nobody can tell).
"""

import configparser
import json
import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

CONFIGURATIONS = ("/etc/tierline/odoo/odoo.conf", "/etc/odoo/odoo.conf")
_REFUSED = (
    "permission denied",
    "authentication failed",
    "no pg_hba.conf entry",
    "rejects connection",
    "requires a valid client certificate",
    "does not exist",
    "no such database",
    "no such user",
    "not allowed",
    "must be superuser",
)
_UNREACHABLE = ("timeout", "timed out", "connection refused", "no route to host", "could not translate", "network is unreachable")
_TIMEOUT = 4


def judge(text: str) -> str:
    """Tell from an error of the database's client library how an attempt ended."""
    low = text.lower()
    if any(words in low for words in _REFUSED):
        return "refused"
    return "unreachable" if any(words in low for words in _UNREACHABLE) else "error"


def cause(text: str) -> str:
    """Keep what the server said, without the sentence that the client library puts before it."""
    first = (text.strip().splitlines() or ["no reason was given"])[0]
    return first.partition("failed: ")[2] or first


def read_configuration(paths: tuple[str, ...] = CONFIGURATIONS) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    if not parser.read(paths):
        raise OSError(f"none of {', '.join(paths)} can be read")
    return dict(parser.items("options"))


def try_database(attempt: dict[str, Any], own: dict[str, str]) -> tuple[str, str]:
    import psycopg2  # noqa: PLC0415 - the image has it, the machine that sends this source need not

    user = attempt.get("user") or own["db_user"]
    try:
        connection = psycopg2.connect(
            host=attempt.get("host") or own["db_host"],
            port=attempt.get("port") or own["db_port"],
            dbname=attempt["database"],
            user=user,
            password=attempt.get("password") or own["db_password"],
            sslmode=own.get("db_sslmode", "prefer"),
            connect_timeout=_TIMEOUT,
        )
        try:
            with connection.cursor() as cursor:
                # A pooler may accept the client first and ask the server only now.
                cursor.execute(attempt.get("statement") or "SELECT current_database(), current_user")
                if "statement" in attempt:
                    return "reached", "the statement was executed"
                return "reached", "connected to {} as {}".format(*(cursor.fetchone() or ("?", "?")))
        finally:
            connection.close()
    except psycopg2.Error as error:
        return judge(str(error)), cause(str(error))


def try_port(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    try:
        with socket.create_connection((attempt["host"], attempt["port"]), timeout=_TIMEOUT):
            return "reached", "the connection was accepted"
    except ConnectionRefusedError as error:
        return "refused", str(error)
    except OSError as error:
        return "unreachable", str(error)


def try_redis(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    try:
        with socket.create_connection((attempt["host"], attempt["port"]), timeout=_TIMEOUT) as plain:
            context = ssl.create_default_context(cafile=attempt.get("ca_path"))
            with context.wrap_socket(plain, server_hostname=attempt["host"]) as secured, secured.makefile("rb") as answers:
                secured.sendall(encode("AUTH", attempt["user"], attempt["password"]))
                greeting = answers.readline().decode().strip()
                if "command" not in attempt:  # only the login is tried
                    return judge_redis(greeting)
                if not greeting.startswith("+"):
                    return "error", "the tenant's own login fails: " + greeting
                secured.sendall(encode(*attempt["command"]))
                return judge_redis(answers.readline().decode().strip())
    except OSError as error:
        return "unreachable" if isinstance(error, TimeoutError | ConnectionRefusedError) else "error", str(error)


def encode(*words: str) -> bytes:
    """Put a command into the protocol of Redis."""
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def judge_redis(answer: str) -> tuple[str, str]:
    if answer.startswith(("-NOPERM", "-WRONGPASS", "-NOAUTH")):
        return "refused", answer[1:]
    if answer == "*-1":
        return "error", "the name is unknown there"
    return ("error", answer or "no answer") if not answer or answer.startswith("-") else ("reached", "the command was executed")


_TRIES = {"database": try_database, "port": try_port, "redis": try_redis}


def run(attempts: list[dict[str, Any]], own: dict[str, str]) -> list[dict[str, Any]]:
    def one(attempt: dict[str, Any]) -> dict[str, Any]:
        try:
            outcome, detail = _TRIES[attempt["kind"]](attempt, own)
        except Exception as error:  # whatever happens in there is an outcome to report
            outcome, detail = "error", f"{type(error).__name__}: {error}"
        return {"id": attempt["id"], "outcome": outcome, "detail": detail}

    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(one, attempts))


def main(payload: str) -> None:
    json.dump(run(json.loads(payload), read_configuration()), sys.stdout)
