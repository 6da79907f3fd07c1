# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who logs in to a cluster for the cluster itself, and whether what they know is taken."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..probe.models import FAILED, PASSED, Check
from .errors import PostgresError

PSYCOPG2_IMPORT_ERROR: str | None = None
try:
    import psycopg2
except ImportError:
    PSYCOPG2_IMPORT_ERROR = traceback.format_exc()

API = "patroni_api"
# By kind, the names that take turns while a password is replaced. Patroni's API knows one user.
TURNS: dict[str, tuple[str, ...]] = {
    "replication": ("replicator", "replicator_second"),
    "pgbouncer": ("pgbouncer", "pgbouncer_second"),
    "pgbouncer_admin": ("pgbouncer_admin", "pgbouncer_admin_second"),
    API: ("patroni",),
}
ACCEPTED, REFUSED, ERROR = "accepted", "refused", "error"
# What PostgreSQL and PgBouncer say of a wrong password, of a user whom they don't know, and of one that may have no connection.
_REFUSALS = ("authentication failed", "no such user", "too many connections for role")

Attempt = Callable[[str, str, Mapping[str, Any]], tuple[str, str]]


def said(message: str) -> tuple[str, str]:
    """What a failed login proves: that it was refused, or nothing."""
    line = " ".join(message.split())
    return (REFUSED if any(words in line for words in _REFUSALS) else ERROR), line


def login(dsn: Mapping[str, Any], question: str) -> tuple[str, str]:
    """Log in to PostgreSQL or PgBouncer and ask something."""
    try:
        connection = psycopg2.connect(connect_timeout=5, **dsn)
    except psycopg2.OperationalError as error:
        return said(str(error))
    try:
        # PgBouncer's console knows no transactions.
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(question)
        return ACCEPTED, question
    except psycopg2.Error as error:
        return ERROR, " ".join(str(error).split())
    finally:
        connection.close()


def api(change: Callable[[], None]) -> tuple[str, str]:
    """Write through Patroni's API."""
    try:
        change()
    except PostgresError as error:
        return (REFUSED if " 401 " in str(error) else ERROR), str(error)
    return ACCEPTED, "PATCH /config"


def prove(
    members: Sequence[str],
    refused: Sequence[Mapping[str, Any]],
    accepted: Sequence[Mapping[str, Any]],
    attempt: Attempt,
) -> Iterator[Check]:
    """At each member each login that must be refused, and the one in its place, without which a refusal would prove nothing."""
    kinds = {one["kind"] for one in refused}
    tried = [(REFUSED, "retired", one) for one in refused]
    tried += [(ACCEPTED, "current", one) for one in accepted if one["kind"] in kinds]
    for member in members:
        for wanted, word, one in tried:
            outcome, detail = attempt(one["kind"], member, one)
            status = PASSED if outcome == wanted else FAILED
            yield Check(f"{member} -> {word} {one['kind']} ({one['name']})", "database", status, f"{outcome}: {detail}")
