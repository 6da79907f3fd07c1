# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out measures in a copy of a database and searches it, as the environment's own role. Talks to the server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

try:
    from psycopg2 import sql
except ImportError:  # reported when a session is opened
    sql = None  # type: ignore[assignment]

from . import clone, database, neutral
from .models import Environment
from .neutral import Column, Finding, Schema

_COLUMNS = """
SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), a.attnotnull, greatest(c.reltuples, 0)::bigint
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
   AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
 ORDER BY 1, 2
"""
_MARKED = "SELECT value FROM ir_config_parameter WHERE key = %s"
_FILES = "SELECT DISTINCT store_fname::text FROM ir_attachment WHERE store_fname IS NOT NULL"


class Cleaner:
    def __init__(self, ca_file: str) -> None:
        self._ca_file = ca_file

    def occupied(self, env: Environment) -> tuple[bool, bool]:
        """Has the target any tables, and are they those of a clone?"""
        with database.transaction(env, self._ca_file) as cursor:
            schema = _schema(cursor)
            if not schema.has("ir_config_parameter", ["key", "value"]):
                return bool(schema.columns), False
            cursor.execute(_MARKED, (clone.MARK,))
            return True, cursor.fetchone() is not None

    def files(self, env: Environment, name: str) -> set[str]:
        """The names of attachments' files, as the database has them."""
        with database.transaction(env, self._ca_file, name) as cursor:
            cursor.execute(_FILES)
            return {row[0] for row in cursor.fetchall()}

    def clean(self, env: Environment, name: str, keep_passwords: bool) -> dict[str, int]:
        """In one transaction: how many rows each measure and each column has changed."""
        done: dict[str, int] = {}
        with database.transaction(env, self._ca_file, name, "neutralised") as cursor:
            schema = _schema(cursor)
            for measure in neutral.measures(schema):
                cursor.execute(measure.statement, neutral.WORDS)
                done[measure.name] = cursor.rowcount
            for column in neutral.credentials(schema, not keep_passwords):
                cursor.execute(_empty(column))
                done[f"{column.table}.{column.name}"] = cursor.rowcount
        return {key: count for key, count in done.items() if count}

    def search(self, env: Environment, name: str, keep_passwords: bool) -> list[Finding]:
        """In a transaction of its own, which sees what was committed."""
        with database.transaction(env, self._ca_file, name) as cursor:
            schema = _schema(cursor)
            found = []
            for rule in neutral.rules(schema, keep_passwords):
                cursor.execute(rule.statement, neutral.WORDS)
                found.append(Finding(rule.table, rule.name, cursor.fetchone()[0]))
            # Of users' passwords there is the administrator's, which is the clone's own: a rule counts the others.
            found += _by_name(cursor, neutral.credentials(schema, False))
            for table, names in neutral.searched(schema).items():
                found += _by_format(cursor, table, names)
        return found


def _schema(cursor: Any) -> Schema:
    cursor.execute(_COLUMNS)
    rows = cursor.fetchall()
    return Schema(tuple(Column(*row[:4]) for row in rows), {row[0]: row[4] for row in rows})


def _empty(column: Column) -> Any:
    """What can't be empty becomes something that nobody knows."""
    anything = {"bytea": "'neutralised'::bytea", "jsonb": "'{{}}'::jsonb"}.get(column.kind, "gen_random_uuid()::text")
    statement = "UPDATE {table} SET {name} = " + (anything if column.required else "NULL") + " WHERE {name} IS NOT NULL"
    return sql.SQL(statement).format(table=sql.Identifier(column.table), name=sql.Identifier(column.name))


def _by_name(cursor: Any, columns: Iterable[Column]) -> list[Finding]:
    """Those that can't be empty have been overwritten, and nobody can tell by looking at them."""
    found = []
    for column in columns:
        if not column.required:
            words = {"table": sql.Identifier(column.table), "name": sql.Identifier(column.name)}
            cursor.execute(
                sql.SQL("SELECT count(*) FROM {table} WHERE {name} IS NOT NULL AND {name}::text <> ''").format(**words)
            )
            found.append(Finding(f"{column.table}.{column.name}", "values of a credential by its name", cursor.fetchone()[0]))
    return found


def _by_format(cursor: Any, table: str, names: list[str]) -> list[Finding]:
    """One pass over the table."""
    counts = sql.SQL(", ").join(
        sql.SQL("count(*) FILTER (WHERE {}::text ~ %(formats)s)").format(sql.Identifier(name)) for name in names
    )
    cursor.execute(sql.SQL("SELECT {} FROM {}").format(counts, sql.Identifier(table)), {"formats": neutral.FORMATS})
    counted = zip(names, cursor.fetchone(), strict=True)
    return [Finding(f"{table}.{name}", "values that look like credentials", count) for name, count in counted]
