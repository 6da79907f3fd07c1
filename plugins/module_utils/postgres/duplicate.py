# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of databases that are in use, for a rehearsal or for another environment, and the right to make more.

PostgreSQL's own copies (CREATE DATABASE ... TEMPLATE) take a database that nobody is connected to. A dump reads what one moment
committed while everybody goes on, and it takes no pooler: its settings would stay behind in connections that others use.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import PostgresError

with contextlib.suppress(ImportError):  # the module says so
    import psycopg2
    from psycopg2 import sql

_DATABASES = """
SELECT datname::text, shobj_description(oid, 'pg_database'), pg_encoding_to_char(encoding)::text, datcollate, datctype
  FROM pg_database WHERE datname = ANY(%s)
"""
_ROLES = "SELECT rolname::text, rolcreatedb, rolsuper FROM pg_roles WHERE rolname = ANY(%s)"
_EXTENSIONS = "SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"
_MARK = "tierline: a copy of "


@dataclass(frozen=True)
class Copy:
    source: str
    target: str
    owner: str


@dataclass(frozen=True)
class Seen:
    """Databases by name with their description, and roles with whether they may create databases."""

    databases: Mapping[str, str | None]
    roles: Mapping[str, bool]


def rehearsal(source: str, owner: str) -> Copy:
    """The name that a release looks for; PostgreSQL cuts names after 63 bytes."""
    return Copy(source, f"{source[:46]}_rehearsal", owner)


def refusals(copies: Sequence[Copy], rights: Mapping[str, bool], seen: Seen) -> list[str]:
    """A database that is no copy is never overwritten."""
    found = [f"database '{copy.source}' doesn't exist" for copy in copies if copy.source not in seen.databases]
    found += [
        f"database '{copy.target}' exists and is no copy that was made here: it is not replaced"
        for copy in copies
        if copy.target in seen.databases and not (seen.databases[copy.target] or "").startswith(_MARK)
    ]
    names = {*rights, *(copy.owner for copy in copies)}
    return found + [f"role '{name}' doesn't exist, or is a superuser" for name in sorted(names - set(seen.roles))]


def changed_rights(rights: Mapping[str, bool], seen: Seen) -> dict[str, bool]:
    return {name: wanted for name, wanted in rights.items() if seen.roles.get(name) is not wanted}


class Duplicator:
    """Works on one server, as its superuser."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, **login: Any) -> None:
        self._login = {key: value for key, value in login.items() if value is not None}
        self._clock = clock

    def see(self, copies: Iterable[Copy], roles: Iterable[str]) -> Seen:
        copies = list(copies)
        names = sorted({name for copy in copies for name in (copy.source, copy.target)})
        wanted = sorted({*roles, *(copy.owner for copy in copies)})
        with self._session("postgres") as cursor:
            cursor.execute(_DATABASES, (names,))
            databases = {row[0]: row[1] for row in cursor.fetchall()}
            cursor.execute(_ROLES, (wanted,))
            return Seen(databases, {name: may for name, may, superuser in cursor.fetchall() if not superuser})

    def let(self, rights: Mapping[str, bool]) -> None:
        with self._session("postgres") as cursor:
            for name, wanted in sorted(rights.items()):
                cursor.execute(sql.SQL(f"ALTER ROLE {{}} {'' if wanted else 'NO'}CREATEDB").format(sql.Identifier(name)))

    def copy(self, copy: Copy) -> float:
        """A fresh copy, in seconds. One that was cut off before is begun anew."""
        begun = self._clock()
        self._create(copy)
        with self._session(copy.source) as cursor:
            cursor.execute(_EXTENSIONS)
            extensions = [row[0] for row in cursor.fetchall()]
        with self._session(copy.target) as cursor:
            for name in extensions:
                cursor.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA public CASCADE").format(sql.Identifier(name)))
        self._pour(copy)
        with self._session(copy.target) as cursor:
            cursor.execute("ANALYZE")
        return round(self._clock() - begun, 1)

    def _create(self, copy: Copy) -> None:
        names = {"target": sql.Identifier(copy.target), "owner": sql.Identifier(copy.owner)}
        with self._session("postgres") as cursor:
            cursor.execute(_DATABASES, ([copy.source],))
            _name, _description, encoding, collate, ctype = cursor.fetchone()
            locale = {"encoding": encoding, "collate": collate, "ctype": ctype}
            words = {
                **names,
                **{key: sql.Literal(value) for key, value in locale.items()},
                "mark": sql.Literal(_MARK + copy.source),
            }
            for text in (
                "DROP DATABASE IF EXISTS {target} WITH (FORCE)",
                "CREATE DATABASE {target} OWNER {owner} TEMPLATE template0 ENCODING {encoding} LOCALE_PROVIDER libc "
                "LC_COLLATE {collate} LC_CTYPE {ctype}",
                "COMMENT ON DATABASE {target} IS {mark}",
                "REVOKE ALL ON DATABASE {target} FROM PUBLIC",
            ):
                cursor.execute(sql.SQL(text).format(**words))

    def _pour(self, copy: Copy) -> None:
        """What the owner of the copy gets is the owner's from the beginning."""
        environment = {**os.environ, **self._environment()}
        reader = [
            "pg_dump",
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            "--no-publications",
            "--no-subscriptions",
            copy.source,
        ]
        writer = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--dbname={copy.target}"]
        as_owner = {"PGOPTIONS": f"-c role={copy.owner} -c synchronous_commit=off -c client_min_messages=warning"}
        with subprocess.Popen(reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as dump:
            done = subprocess.run(
                writer, stdin=dump.stdout, capture_output=True, env={**environment, **as_owner}, check=False, text=True
            )
            # Should the writer have given up, the reader ends only when nobody can read from it.
            if dump.stdout:
                dump.stdout.close()
            complaint = dump.stderr.read().decode(errors="replace") if dump.stderr else ""
        if dump.returncode or done.returncode:
            said = " ".join(f"{complaint} {done.stderr}".split())[-500:]
            raise PostgresError(f"database '{copy.source}' was not copied to '{copy.target}': {said}")

    def _environment(self) -> dict[str, str]:
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
                 "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}  # fmt: skip
        return {names[key]: str(value) for key, value in self._login.items()}

    @contextlib.contextmanager
    def _session(self, database: str) -> Any:
        try:
            with contextlib.closing(psycopg2.connect(dbname=database, **self._login)) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    yield cursor
        except psycopg2.Error as error:
            raise PostgresError(f"database '{database}': {' '.join(str(error).split())}") from error
