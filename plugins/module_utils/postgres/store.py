# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and changes a real server. The only file of this domain that opens connections."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby
from typing import Any, TypeVar

from .batches import Batch, batches, rest
from .errors import PostgresError
from .models import (
    MAINTENANCE_DATABASE,
    SHARED_DATABASES,
    TEMPLATE_DATABASE,
    Action,
    Change,
    Cluster,
    Contents,
    Database,
    Role,
    Stage,
)
from .services import GRANTABLE, Lookup, ServiceState
from .statements import copy_statement, statement

try:
    import psycopg2
    import psycopg2.extensions
    from psycopg2 import sql

    PSYCOPG2_IMPORT_ERROR = None
except ImportError:
    PSYCOPG2_IMPORT_ERROR = traceback.format_exc()

# Connections at a time: enough to keep a small server busy, few enough not to disturb its tenants.
_WORKERS = 4
_LOCK_KEY = 0x7469_6572_6C69_6E65  # "tierline"
_LOCK_TIMEOUT = "120s"
# Verifiers are no passwords, but they don't belong in logs or statistics either.
_QUIET = (
    "SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_error_statement = 'panic'; "
    "SET pg_stat_statements.track_utility = 'off'; SET statement_timeout = 0; SET search_path = pg_catalog"
)

_SERVER = "SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), pg_is_in_recovery(), current_user"
_ROLES = """
SELECT a.rolname::text, a.rolcanlogin, a.rolsuper, a.rolcreatedb, a.rolcreaterole, a.rolreplication, a.rolbypassrls,
       a.rolconnlimit, a.rolpassword, COALESCE(s.setconfig, '{}'),
       ARRAY(SELECT pg_get_userbyid(m.roleid)::text FROM pg_auth_members AS m WHERE m.member = a.oid), a.oid < 16384,
       (SELECT count(*) FROM pg_stat_activity AS c WHERE c.usesysid = a.oid)
  FROM pg_authid AS a LEFT JOIN pg_db_role_setting AS s ON s.setrole = a.oid AND s.setdatabase = 0
 WHERE a.rolname = ANY(%s)
"""
_DATABASES = """
SELECT d.datname::text, pg_get_userbyid(d.datdba)::text, pg_encoding_to_char(d.encoding)::text, d.datcollate, d.datctype,
       ARRAY(SELECT a.privilege_type FROM aclexplode(COALESCE(d.datacl, acldefault('d', d.datdba))) AS a WHERE a.grantee = 0),
       ARRAY(SELECT pg_get_userbyid(a.grantee)::text FROM aclexplode(d.datacl) AS a
              WHERE a.grantee <> 0 AND a.privilege_type = 'CONNECT'),
       d.datallowconn
  FROM pg_database AS d
 WHERE d.datname = ANY(%s)
"""
_EXTENSIONS = "SELECT name::text FROM pg_available_extensions"
_CONTENTS = """
SELECT ARRAY(SELECT extname::text FROM pg_extension),
       (SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'public'),
       EXISTS (SELECT FROM pg_namespace AS n, aclexplode(n.nspacl) AS a
                WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE'),
       ARRAY(SELECT r.rolname::text FROM pg_roles AS r, pg_namespace AS n
              WHERE r.rolname = ANY(%s) AND n.nspname = 'public' AND has_schema_privilege(r.oid, n.oid, 'USAGE')
                AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                                   AND NOT has_table_privilege(r.oid, c.oid, 'SELECT'))
                AND EXISTS (SELECT FROM pg_default_acl AS d, aclexplode(d.defaclacl) AS a
                             WHERE pg_get_userbyid(d.defaclrole) = %s AND d.defaclnamespace = n.oid AND d.defaclobjtype = 'r'
                               AND a.grantee = r.oid AND a.privilege_type = 'SELECT'))
"""
_NAMES = "SELECT datname::text FROM pg_database WHERE NOT datistemplate AND datallowconn AND datname <> %s ORDER BY datname"
_SIZES = """
SELECT d.datname::text, pg_database_size(d.oid), (SELECT count(*) FROM pg_stat_activity AS a WHERE a.datid = d.oid)
  FROM pg_database AS d WHERE d.datname = ANY(%s)
"""
_LOOKUP = """
SELECT p.prosrc, p.prosecdef, COALESCE(p.proconfig, '{}'), (SELECT rolsuper FROM pg_roles AS r WHERE r.oid = p.proowner),
       ARRAY(SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END
               FROM aclexplode(n.nspacl) AS a WHERE a.grantee <> n.nspowner),
       ARRAY(SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END
               FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee <> p.proowner)
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
 WHERE n.nspname = 'pgbouncer' AND p.proname = 'get_auth'
"""
_FUNCTIONS = """
SELECT pg_get_userbyid(a.grantee)::text, array_agg(f)
  FROM unnest(%s::text[]) AS f JOIN pg_proc AS p ON p.oid = f::regprocedure, aclexplode(p.proacl) AS a
 WHERE pg_get_userbyid(a.grantee) = ANY(%s) AND a.privilege_type = 'EXECUTE'
 GROUP BY 1
"""
_HAS_REMOVALS = "SELECT to_regclass('tierline.removals') IS NOT NULL"
_REMOVALS = """
SELECT database, owner, final_backup, size_bytes, to_char(removed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  FROM tierline.removals ORDER BY removed_at, database
"""

_T = TypeVar("_T")
_U = TypeVar("_U")


class Store:
    """One server, through a session on its maintenance database and short ones elsewhere."""

    def __init__(self, **login: Any) -> None:
        self._login = {key: value for key, value in login.items() if value is not None}
        self._where = f"{self._login.get('host', 'the local socket')}:{self._login.get('port', 5432)}"
        self._session = self._connect(MAINTENANCE_DATABASE)
        superuser, self.in_recovery, user = self._rows(_SERVER)[0]
        if not superuser:
            self.close()
            raise PostgresError(f"role '{user}' at {self._where} is no superuser, which is needed to see password verifiers")

    def close(self) -> None:
        self._session.close()

    def lock(self) -> None:
        """Keep a second run of this kind waiting. The lock ends with the session."""
        if self.in_recovery:
            raise PostgresError(f"the server at {self._where} is a replica: run on the primary")
        with self._explained("waiting for another run to finish"), self._session.cursor() as cursor:
            cursor.execute("SET lock_timeout = %s", (_LOCK_TIMEOUT,))
            cursor.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))

    def read(
        self, roles: Sequence[str], databases: Sequence[str], readers: Mapping[str, tuple[str, Sequence[str]]] | None = None
    ) -> Cluster:
        """A fixed number of queries, and one short session for each database that exists.

        ``readers`` names, for each database whose contents matter, the owner and the roles that shall read what the owner makes.
        """
        found = {row[0]: _database(row) for row in self._rows(_DATABASES, [*databases, *SHARED_DATABASES])}
        asked_for = dict.fromkeys(databases, ("", ())) if readers is None else readers
        inside = [name for name in asked_for if name in found and found[name].accepts_connections]
        return Cluster(
            roles={row[0]: _role(row) for row in self._rows(_ROLES, list(roles))},
            databases=found,
            contents=dict(zip(inside, _parallel(lambda name: self._contents(name, *asked_for[name]), inside), strict=True)),
            available_extensions=frozenset(row[0] for row in self._rows(_EXTENSIONS)),
        )

    def read_services(self, names: Sequence[str]) -> ServiceState:
        lookup = self._rows(_LOOKUP)
        granted = self._rows(_FUNCTIONS, list(GRANTABLE), list(names))
        return ServiceState(
            self.read(names, [MAINTENANCE_DATABASE]),
            _lookup(lookup[0]) if lookup else Lookup(),
            {name: frozenset(functions) for name, functions in granted},
        )

    def evidence(self) -> list[dict[str, object]]:
        """What postgres_tenants recorded of the tenants that it removed."""
        names = ("database", "owner", "final_backup", "size_bytes", "removed_at")
        found = self._rows(_REMOVALS) if self._rows(_HAS_REMOVALS)[0][0] else []
        return [dict(zip(names, row, strict=True)) for row in found]

    def database_names(self) -> list[str]:
        return [row[0] for row in self._rows(_NAMES, MAINTENANCE_DATABASE)]

    def owners(self, databases: Sequence[str]) -> dict[str, str]:
        """Owner of each of the databases that exist."""
        return {row[0]: row[1] for row in self._rows(_DATABASES, list(databases))}

    def connectors(self, databases: Sequence[str]) -> dict[str, list[str]]:
        """Roles that may connect to each of the databases because they were given that by name, without its owner."""
        return {row[0]: sorted({*row[6]} - {row[1]}) for row in self._rows(_DATABASES, list(databases))}

    def sizes(self, databases: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Bytes on disk and connections of each database."""
        return {name: (size, connections) for name, size, connections in self._rows(_SIZES, list(databases))}

    def apply(self, changes: Sequence[Change]) -> None:
        alike = batches(changes)
        stages = {stage: list(group) for stage, group in groupby(rest(changes, alike), key=lambda change: change.stage)}
        for stage in Stage:
            batch = stages.get(stage, [])
            if stage in (Stage.CREATE_DATABASE, Stage.DROP_DATABASE):
                self._apply_each([(str(change), statement(change)) for change in batch])
            elif stage is Stage.CONTENTS:
                by_database = [list(c) for _name, c in groupby(sorted(batch, key=lambda c: c.name), key=lambda c: c.name)]
                _parallel(lambda inside: self._apply_together(inside, inside[0].name), by_database)
            elif batch:
                self._apply_together(batch, MAINTENANCE_DATABASE)
            if stage is Stage.CREATE_DATABASE:
                for copies in alike:
                    self._copy(copies)

    def _copy(self, copies: Batch) -> None:
        """Make one database with the extensions, copy it, and drop it. One that a killed run left behind is dropped first."""
        first = copies.creations[0]
        after = {**(first.after or {}), "owner": self._login["user"]}
        create = replace(first, name=TEMPLATE_DATABASE, after=after)
        extend = Change(
            Stage.CONTENTS, Action.CREATE_EXTENSIONS, TEMPLATE_DATABASE, None, {"extensions": list(copies.extensions)}
        )
        close = Change(Stage.LOCK_DATABASE, Action.REVOKE_PUBLIC, TEMPLATE_DATABASE, None, None)
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(TEMPLATE_DATABASE))
        self._apply_alone(f"drop database {TEMPLATE_DATABASE}", drop)
        self._apply_alone(str(create), statement(create))
        try:
            self._apply_together([close, extend], TEMPLATE_DATABASE)
            self._apply_each([(str(c), copy_statement(c, TEMPLATE_DATABASE)) for c in copies.creations])
        finally:
            self._apply_alone(f"drop database {TEMPLATE_DATABASE}", drop)

    def _apply_each(self, statements: Sequence[tuple[str, sql.Composable]]) -> None:
        """Statements that can't share a transaction, over several sessions: one waits for the disk while another copies."""
        _parallel(self._apply_share, [statements[n::_WORKERS] for n in range(min(_WORKERS, len(statements)))])

    def _apply_share(self, statements: Sequence[tuple[str, sql.Composable]]) -> None:
        with contextlib.closing(self._connect(MAINTENANCE_DATABASE)) as session:
            for doing, composed in statements:
                self._apply_alone(doing, composed, session)

    def _apply_alone(self, doing: str, composed: sql.Composable, session: psycopg2.extensions.connection | None = None) -> None:
        with self._explained(doing), (session or self._session).cursor() as cursor:
            cursor.execute(composed)

    def _apply_together(self, changes: Sequence[Change], database: str) -> None:
        with contextlib.closing(self._connect(database)) as session:
            session.autocommit = False
            for change in changes:
                self._execute(session, change)
            with self._explained(f"commit in {database}"):
                session.commit()

    def _execute(self, session: psycopg2.extensions.connection, change: Change) -> None:
        with self._explained(str(change)), session.cursor() as cursor:
            cursor.execute(statement(change))

    def _contents(self, database: str, owner: str, readers: Sequence[str]) -> Contents:
        with contextlib.closing(self._connect(database)) as session:
            extensions, schema_owner, public_create, reading = self._rows(_CONTENTS, list(readers), owner, session=session)[0]
        return Contents(frozenset(extensions), schema_owner, public_create, frozenset(reading))

    def _rows(self, query: str, *values: object, session: psycopg2.extensions.connection | None = None) -> list[tuple]:
        with self._explained("read the catalogue"), (session or self._session).cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall()

    def _connect(self, database: str) -> psycopg2.extensions.connection:
        try:
            session = psycopg2.connect(dbname=database, application_name="tierline", connect_timeout=10, **self._login)
        except psycopg2.OperationalError as error:
            raise PostgresError(f"cannot connect to database {database} at {self._where}: {str(error).strip()}") from error
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(sql.SQL(_QUIET))
        return session

    @contextlib.contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except psycopg2.Error as error:
            # Only the primary message and its detail: the context of a message may quote the statement.
            said = [text for text in (error.diag.message_primary, error.diag.message_detail) if text] or [str(error).strip()]
            raise PostgresError(f"{doing}: the server at {self._where} said: {'; '.join(said)}") from error


def _parallel(function: Callable[[_T], _U], items: Sequence[_T]) -> list[_U]:
    """Results in the order of the items. The first error wins; what had begun is finished, the rest is not begun."""
    if len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()


def _role(row: tuple) -> Role:
    name, login, superuser, createdb, createrole, replication, bypassrls, limit, verifier, *more = row
    settings, groups, builtin, sessions = more
    by_key = dict(pair.split("=", 1) for pair in settings)
    flags = (login, superuser, createdb, createrole, replication, bypassrls)
    return Role(name, *flags, limit, verifier, by_key, frozenset(groups), builtin, sessions)


def _database(row: tuple) -> Database:
    name, owner, encoding, lc_collate, lc_ctype, public, connectors, accepts = row
    return Database(name, owner, encoding, lc_collate, lc_ctype, frozenset(public), frozenset(connectors), accepts)


def _lookup(row: tuple) -> Lookup:
    body, definer, settings, superuser, users, callers = row
    return Lookup(body, definer, tuple(settings), superuser, frozenset(users), frozenset(callers))
