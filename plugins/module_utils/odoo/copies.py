# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of an environment's database, made and exchanged as the environment's own role. Talks to the server.

The role owns them all and needs the right to create databases for as long as that takes. Copies are whole or not there at all,
and an exchange is one transaction: whoever is killed leaves a state that names tell apart.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

try:
    from psycopg2 import errors as psycopg2_errors
    from psycopg2 import sql
except ImportError:  # reported when a session is opened
    psycopg2_errors = None  # type: ignore[assignment]
    sql = None  # type: ignore[assignment]

from . import database, modules
from .errors import OdooError
from .models import Environment

# Nobody's data, and the only database of a cluster that all environments may connect to: others are made and renamed from there.
_ELSEWHERE = "postgres"
_PATIENCE = 30

_MODULES = "SELECT name, state FROM ir_module_module"
_RECORDED = "SELECT value FROM ir_config_parameter WHERE key = %s"
_RECORD = """
INSERT INTO ir_config_parameter (key, value, create_date, write_date) VALUES (%s, %s, now(), now())
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, write_date = now()
"""
# Per account and company, of what is posted. Without accounting there are no books to compare.
_HAS_BOOKS = "SELECT to_regclass('public.account_move_line') IS NOT NULL"
_BOOKS = """
SELECT account_id::text || '/' || company_id::text, sum(debit - credit)
  FROM account_move_line WHERE parent_state = 'posted' GROUP BY 1
"""
_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user"
_NAMES = "SELECT datname::text FROM pg_database WHERE datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
_MAY_CREATE = "SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user"
# Who else may connect: a copy begins without that.
_GRANTS = """
SELECT pg_get_userbyid(a.grantee)::text, a.privilege_type::text
  FROM pg_database AS d, aclexplode(d.datacl) AS a
 WHERE d.datname = %s AND a.grantee NOT IN (0, d.datdba)
"""


class Copies:
    def __init__(self, ca_file: str, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep):
        self._ca_file = ca_file
        self._clock = clock
        self._sleep = sleep

    # --- inside a database ---

    def contents(self, env: Environment, name: str | None = None) -> modules.Contents:
        with database.transaction(env, self._ca_file, name) as cursor:
            cursor.execute(_MODULES)
            states = dict(cursor.fetchall())
            cursor.execute(_RECORDED, (modules.RECORD,))
            found = cursor.fetchone()
        return modules.Contents(states, _parsed(found[0]) if found else None)

    def remember(self, env: Environment, hashes: Mapping[str, str]) -> None:
        with database.transaction(env, self._ca_file, verb="written") as cursor:
            cursor.execute(_RECORD, (modules.RECORD, json.dumps(hashes, sort_keys=True)))

    def books(self, env: Environment, name: str | None = None) -> dict[str, Decimal]:
        with database.transaction(env, self._ca_file, name) as cursor:
            cursor.execute(_HAS_BOOKS)
            if not cursor.fetchone()[0]:
                return {}
            cursor.execute(_BOOKS)
            return dict(cursor.fetchall())

    # --- whole databases ---

    def names(self, env: Environment) -> set[str]:
        return {row[0] for row in self._ask(env, _NAMES)}

    def may_create(self, env: Environment) -> bool:
        return bool(self._ask(env, _MAY_CREATE)[0][0])

    def copy(self, env: Environment, name: str) -> None:
        """Nobody else may be connected to the database meanwhile: those who write to it have been stopped."""
        self._alone(env, [env.database.name], self._create, name, env.database.name)

    def drop(self, env: Environment, names: Iterable[str]) -> None:
        for name in sorted(set(names) - {env.database.name}):
            self._alone(env, [name], self._drop, name)

    def exchange(self, env: Environment, name: str, kept_as: str) -> None:
        """The copy takes the database's place, with its grants, and the database goes on as `kept_as`."""
        self._alone(env, [env.database.name, name], self._exchange, name, kept_as)

    def _create(self, cursor: Any, _env: Environment, name: str, source: str) -> None:
        # Closed: a new database would be open to everybody who can log in.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} ALLOW_CONNECTIONS false")
        cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(source)))

    def _drop(self, cursor: Any, _env: Environment, name: str) -> None:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))

    def _exchange(self, cursor: Any, env: Environment, name: str, kept_as: str) -> None:
        cursor.execute(_GRANTS, (env.database.name,))
        grants = cursor.fetchall()
        words = {key: sql.Identifier(value) for key, value in (("own", env.database.name), ("copy", name), ("old", kept_as))}
        parts = [
            "ALTER DATABASE {own} RENAME TO {old}",
            "ALTER DATABASE {copy} RENAME TO {own}",
            "REVOKE ALL ON DATABASE {own} FROM PUBLIC",
            "ALTER DATABASE {own} ALLOW_CONNECTIONS true",
            "ALTER DATABASE {old} ALLOW_CONNECTIONS false",
        ]
        statements = [sql.SQL(part).format(**words) for part in parts]
        statements += [
            sql.SQL("GRANT {} ON DATABASE {} TO {}").format(sql.SQL(privilege), words["own"], sql.Identifier(role))
            for role, privilege in grants
        ]
        # One message is one transaction.
        cursor.execute(sql.SQL("; ").join(statements))

    def _ask(self, env: Environment, query: str) -> list[Any]:
        with database.transaction(env, self._ca_file, _ELSEWHERE) as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def _alone(self, env: Environment, names: list[str], work: Callable[..., None], *arguments: str) -> None:
        """End the role's own sessions, those that a pooler keeps for later, until nobody is in the way."""
        give_up = self._clock() + _PATIENCE
        with database.session(env, self._ca_file, _ELSEWHERE, "copied or exchanged") as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                while True:
                    for name in names:
                        cursor.execute(_SESSIONS, (name,))
                    try:
                        return work(cursor, env, *arguments)
                    except psycopg2_errors.ObjectInUse as error:
                        if self._clock() > give_up:
                            raise OdooError(f"somebody stays connected to {' or '.join(names)}: {error.pgerror}") from error
                    self._sleep(0.2)


def _parsed(text: str) -> dict[str, str] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else None
