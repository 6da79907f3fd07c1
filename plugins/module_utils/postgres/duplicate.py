# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of databases that are in use, for a rehearsal or for another environment, and the right to make more.

PostgreSQL's own copies (CREATE DATABASE ... TEMPLATE) take a database that nobody is connected to. A dump reads what one moment
committed while everybody goes on, and it takes no pooler: its settings would stay behind in connections that others use.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import PostgresError
from .scram import make_verifier

with contextlib.suppress(ImportError):  # the module says so
    import psycopg2
    from psycopg2 import sql

_DATABASES = """
SELECT datname::text, shobj_description(oid, 'pg_database'), pg_encoding_to_char(encoding)::text, datcollate, datctype,
       pg_database_size(oid)
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
    # Bytes of each database, and those left on the server's disk where that can be seen from here.
    sizes: Mapping[str, int] = field(default_factory=dict)
    free: int | None = None


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
    found += _without_room(copies, seen)
    names = {*rights, *(copy.owner for copy in copies)}
    return found + [f"role '{name}' doesn't exist, or is a superuser" for name in sorted(names - set(seen.roles))]


def _without_room(copies: Sequence[Copy], seen: Seen) -> list[str]:
    """A copy takes what its source does, and as much again of the log in the worst case. A full disk stops everybody."""
    if seen.free is None:
        return []
    # A copy of before is dropped first.
    needed = sum(2 * seen.sizes.get(copy.source, 0) - seen.sizes.get(copy.target, 0) for copy in copies)
    if needed <= seen.free:
        return []
    names = ", ".join(sorted({copy.source for copy in copies}))
    return [
        f"copying {names} may take {needed // 1_000_000} MB of the server's disk (the copy, and its share of the log), but only "
        f"{seen.free // 1_000_000} MB are free"
    ]


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
            rows = cursor.fetchall()
            cursor.execute(_ROLES, (wanted,))
            roles = {name: may for name, may, superuser in cursor.fetchall() if not superuser}
            free = self._free_space(cursor) if copies else None
        return Seen({row[0]: row[1] for row in rows}, roles, {row[0]: row[5] for row in rows}, free)

    def _free_space(self, cursor: Any) -> int | None:
        """None where the server is another machine."""
        if not str(self._login.get("host", "")).startswith("/"):
            return None
        cursor.execute("SHOW data_directory")
        try:
            found = os.statvfs(cursor.fetchone()[0])
        except OSError:
            return None
        return found.f_bavail * found.f_frsize

    def let(self, rights: Mapping[str, bool]) -> None:
        with self._session("postgres") as cursor:
            for name, wanted in sorted(rights.items()):
                cursor.execute(sql.SQL(f"ALTER ROLE {{}} {'' if wanted else 'NO'}CREATEDB").format(sql.Identifier(name)))

    def copy(self, copy: Copy) -> float:
        """A fresh copy, in seconds. One that was cut off before is begun anew."""
        with self._alone(copy):
            return self._copy(copy)

    def _copy(self, copy: Copy) -> float:
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

    @contextlib.contextmanager
    def _alone(self, copy: Copy) -> Iterator[None]:
        """Two runs must not make the same copy: the second would drop what the first pours into. Ends with its session."""
        with self._session("postgres") as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", (f"tierline copy {copy.target}",))
            if not cursor.fetchone()[0]:
                raise PostgresError(f"another run is making the copy '{copy.target}' at this moment: wait until it has ended")
            yield

    def _create(self, copy: Copy) -> None:
        names = {"target": sql.Identifier(copy.target), "owner": sql.Identifier(copy.owner)}
        with self._session("postgres") as cursor:
            cursor.execute(_DATABASES, ([copy.source],))
            _name, _description, encoding, collate, ctype, _size = cursor.fetchone()
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
        with (
            self._pourer(copy) as login,
            subprocess.Popen(reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as dump,
        ):
            done = subprocess.run(
                writer, stdin=dump.stdout, capture_output=True, env={**environment, **login}, check=False, text=True
            )
            # Should the writer have given up, the reader ends only when nobody can read from it.
            if dump.stdout:
                dump.stdout.close()
            complaint = dump.stderr.read().decode(errors="replace") if dump.stderr else ""
        if dump.returncode or done.returncode:
            said = " ".join(f"{complaint} {done.stderr}".split())[-500:]
            raise PostgresError(f"database '{copy.source}' was not copied to '{copy.target}': {said}")

    @contextlib.contextmanager
    def _pourer(self, copy: Copy) -> Iterator[dict[str, str]]:
        """A login for the moment that can become the owner, and nobody else.

        What is poured runs functions of whoever made the tables, in constraints for example. In a superuser's session that acts
        as the owner such a function says SET ROLE NONE, and is the superuser.
        """
        password = secrets.token_urlsafe(32)
        name = f"tierline_pour_{hashlib.sha256(copy.target.encode()).hexdigest()[:16]}"
        words = {
            "name": sql.Identifier(name),
            "owner": sql.Identifier(copy.owner),
            "verifier": sql.Literal(make_verifier(password)),
        }
        with self._session("postgres") as cursor:
            # One that was cut off has left its own.
            cursor.execute(sql.SQL("DROP ROLE IF EXISTS {name}").format(**words))
            cursor.execute(sql.SQL("CREATE ROLE {name} LOGIN PASSWORD {verifier} IN ROLE {owner}").format(**words))
            options = f"-c role={copy.owner} -c synchronous_commit=off -c client_min_messages=warning"
            try:
                yield {"PGUSER": name, "PGPASSWORD": password, "PGOPTIONS": options}
            finally:
                cursor.execute(sql.SQL("DROP ROLE IF EXISTS {name}").format(**words))

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
