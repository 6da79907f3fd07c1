# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQL of each change. Values and names are always composed by psycopg2, never by string formatting."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .models import Action, Change
from .scram import make_verifier
from .services import LOOKUP_BODY

# When it is missing, the store says so.
with contextlib.suppress(ImportError):
    from psycopg2 import sql

_FLAGS = {
    "login": "LOGIN",
    "superuser": "SUPERUSER",
    "createdb": "CREATEDB",
    "createrole": "CREATEROLE",
    "replication": "REPLICATION",
    "bypassrls": "BYPASSRLS",
}


def statement(change: Change) -> sql.Composable:
    return _BUILDERS[change.action](change, sql.Identifier(change.name))


def copy_statement(creation: Change, template: str) -> sql.Composable:
    owner = sql.Identifier(str((creation.after or {})["owner"]))
    return sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
        sql.Identifier(creation.name), owner, sql.Identifier(template)
    )


def _role(change: Change, name: sql.Identifier) -> sql.Composable:
    values = change.after or {}
    verb = sql.SQL("CREATE ROLE {} " if change.action is Action.CREATE_ROLE else "ALTER ROLE {} ").format(name)
    options: list[sql.Composable] = [
        sql.SQL(word if values[key] else f"NO{word}") for key, word in _FLAGS.items() if key in values
    ]
    if "connection_limit" in values:
        options.append(sql.SQL("CONNECTION LIMIT {}").format(sql.Literal(values["connection_limit"])))
    if change.secret is not None:
        options.append(sql.SQL("PASSWORD {}").format(sql.Literal(make_verifier(change.secret))))
    return verb + sql.SQL(" ").join(options)


def _settings(change: Change, name: sql.Identifier) -> sql.Composable:
    wanted = cast(Mapping[str, Any], (change.after or {})["settings"])
    # A custom setting has two parts, class.name.
    parts = {key: sql.Identifier(*key.split(".")) for key in wanted}
    return sql.SQL("; ").join(
        sql.SQL("ALTER ROLE {} RESET {}").format(name, parts[key])
        if value is None
        else sql.SQL("ALTER ROLE {} SET {} TO {}").format(name, parts[key], sql.Literal(value))
        for key, value in wanted.items()
    )


def _grant_connect(change: Change, name: sql.Identifier) -> sql.Composable:
    roles = cast(list[str], (change.after or {})["connect"])
    return sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, _names(roles))


def _revoke_connect(change: Change, name: sql.Identifier) -> sql.Composable:
    roles = cast(list[str], (change.before or {})["connect"])
    return sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(name, _names(roles))


def _membership(change: Change, name: sql.Identifier) -> sql.Composable:
    if change.action is Action.GRANT_MEMBERSHIP:
        return sql.SQL("GRANT {} TO {}").format(_names(cast(list[str], (change.after or {})["member_of"])), name)
    return sql.SQL("REVOKE {} FROM {}").format(_names(cast(list[str], (change.before or {})["member_of"])), name)


def _reading(change: Change, _name: sql.Identifier) -> sql.Composable:
    readers = _names(list(cast(Mapping[str, Any], (change.after or {})["readers"])))
    return sql.SQL(
        "GRANT USAGE ON SCHEMA public TO {readers}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {readers}; "
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON TABLES TO {readers}"
    ).format(readers=readers, owner=sql.Identifier(change.owner or ""))


def _empty_roles(change: Change, _name: sql.Identifier) -> sql.Composable:
    roles = _names(cast(list[str], (change.before or {})["roles"]))
    return sql.SQL("REASSIGN OWNED BY {roles} TO {owner}; DROP OWNED BY {roles}").format(
        roles=roles, owner=sql.Identifier(change.owner or "")
    )


def _record_removal(change: Change, _name: sql.Identifier) -> sql.Composable:
    """Kept in the database postgres, where only the superuser looks."""
    database = sql.Literal(change.name)
    return sql.SQL(
        "CREATE SCHEMA IF NOT EXISTS tierline; CREATE TABLE IF NOT EXISTS tierline.removals (database text NOT NULL, "
        "owner text NOT NULL, final_backup text NOT NULL, size_bytes bigint NOT NULL, "
        "removed_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (database, final_backup)); "
        "INSERT INTO tierline.removals (database, owner, final_backup, size_bytes) "
        "VALUES ({database}, {owner}, {backup}, pg_database_size({database})) ON CONFLICT DO NOTHING"
    ).format(
        database=database,
        owner=sql.Literal(change.owner),
        backup=sql.Literal((change.after or {})["final_backup"]),
    )


def _names(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _revoke_public(_change: Change, name: sql.Identifier) -> sql.Composable:
    return sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name)


def _owner(change: Change, name: sql.Identifier) -> sql.Composable:
    return sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, sql.Identifier(str((change.after or {})["owner"])))


def _create_database(change: Change, name: sql.Identifier) -> sql.Composable:
    after = change.after or {}
    return sql.SQL(
        "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING {} LOCALE_PROVIDER libc LC_COLLATE {} LC_CTYPE {}"
    ).format(
        name, sql.Identifier(str(after["owner"])), *(sql.Literal(after[key]) for key in ("encoding", "lc_collate", "lc_ctype"))
    )


def _extensions(change: Change, _name: sql.Identifier) -> sql.Composable:
    names = cast(list[str], (change.after or {})["extensions"])
    # Into public, but what the scripts call is looked up in pg_catalog first.
    creations = [sql.SQL("CREATE EXTENSION {} CASCADE").format(sql.Identifier(n)) for n in names]
    return sql.SQL("; ").join([sql.SQL("SET LOCAL search_path = public"), *creations])


def _schema(_change: Change, _name: sql.Identifier) -> sql.Composable:
    return sql.SQL("ALTER SCHEMA public OWNER TO pg_database_owner; REVOKE CREATE ON SCHEMA public FROM PUBLIC")


def _drop_database(_change: Change, name: sql.Identifier) -> sql.Composable:
    return sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name)


def _drop_role(_change: Change, name: sql.Identifier) -> sql.Composable:
    # In the database postgres: what the role was granted there (connecting, functions) holds it back. It can own nothing there.
    return sql.SQL("DROP OWNED BY {}; DROP ROLE {}").format(name, name)


def _functions(change: Change, name: sql.Identifier) -> sql.Composable:
    granted = change.action is Action.GRANT_FUNCTIONS
    functions = cast(list[str], ((change.after if granted else change.before) or {})["functions"])
    # From the constants of services.py, never from outside.
    words = "GRANT EXECUTE ON FUNCTION {} TO {}" if granted else "REVOKE EXECUTE ON FUNCTION {} FROM {}"
    return sql.SQL(words).format(sql.SQL(", ".join(functions)), name)


def _lookup(change: Change, _name: sql.Identifier) -> sql.Composable:
    wanted = cast(dict[str, list[str]], (change.after or {})["lookup"])
    # Dropped first: whoever else was let in goes with it. One transaction, so PgBouncer never sees it missing.
    return sql.SQL(
        "DROP SCHEMA IF EXISTS pgbouncer CASCADE; CREATE SCHEMA pgbouncer; "
        "CREATE FUNCTION pgbouncer.get_auth(p_name text) RETURNS TABLE (username text, password text) "
        "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS {body}; "
        "REVOKE ALL ON FUNCTION pgbouncer.get_auth(text) FROM PUBLIC; "
        "GRANT USAGE ON SCHEMA pgbouncer TO {callers}; GRANT EXECUTE ON FUNCTION pgbouncer.get_auth(text) TO {callers}"
    ).format(body=sql.Literal(LOOKUP_BODY), callers=sql.SQL(", ").join(map(sql.Identifier, wanted["callers"])))


_BUILDERS = {
    Action.CREATE_ROLE: _role,
    Action.ALTER_ROLE: _role,
    Action.SET_PASSWORD: lambda change, name: sql.SQL("ALTER ROLE {} PASSWORD {}").format(
        name, sql.Literal(make_verifier(change.secret or ""))
    ),
    Action.CLEAR_PASSWORD: lambda _change, name: sql.SQL("ALTER ROLE {} PASSWORD NULL").format(name),
    Action.END_SESSIONS: lambda change, _name: sql.SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {}"
    ).format(sql.Literal(change.name)),
    Action.SET_SETTINGS: _settings,
    Action.GRANT_CONNECT: _grant_connect,
    Action.REVOKE_CONNECT: _revoke_connect,
    Action.GRANT_MEMBERSHIP: _membership,
    Action.REVOKE_MEMBERSHIP: _membership,
    Action.GRANT_READING: _reading,
    Action.EMPTY_ROLES: _empty_roles,
    Action.RECORD_REMOVAL: _record_removal,
    Action.REVOKE_PUBLIC: _revoke_public,
    Action.SET_OWNER: _owner,
    Action.CREATE_DATABASE: _create_database,
    Action.CREATE_EXTENSIONS: _extensions,
    Action.OWN_SCHEMA: _schema,
    Action.DROP_DATABASE: _drop_database,
    Action.DROP_ROLE: _drop_role,
    Action.GRANT_FUNCTIONS: _functions,
    Action.REVOKE_FUNCTIONS: _functions,
    Action.CREATE_LOOKUP: _lookup,
}
