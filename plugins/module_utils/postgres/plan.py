# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is there and what is wanted to a list of changes. Pure: no server, no clock, no randomness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .errors import PostgresError
from .models import (
    APPLICATION,
    MAINTENANCE_DATABASE,
    REPORTING,
    SHARED_DATABASES,
    Action,
    Change,
    Cluster,
    Contents,
    Database,
    Role,
    Stage,
    Tenant,
    TenantRole,
)
from .scram import matches

_FORBIDDEN = ("superuser", "createdb", "createrole", "replication", "bypassrls")


def plan_tenants(cluster: Cluster, tenants: Sequence[Tenant]) -> list[Change]:
    """Changes that bring the given tenants, and nobody else, to their wished state."""
    present = [t for t in tenants if t.present]
    absent = [t for t in tenants if not t.present]
    _refuse(cluster, tenants)
    changes = _close_shared(cluster)
    for tenant in present:
        changes += plan_role(
            cluster.roles.get(tenant.owner),
            Role(tenant.owner, connection_limit=tenant.effective_limit),
            tenant.password,
            shut_out=not tenant.login,
        )
        changes += plan_settings(cluster.roles.get(tenant.owner), tenant.owner, tenant.settings)
        for role in tenant.roles:
            changes += _role(cluster.roles.get(role.name), role, tenant)
        changes += _database(cluster.databases.get(tenant.database), tenant)
        changes += _contents(cluster.contents.get(tenant.database, Contents()), tenant)
        changes += _roles_removal(cluster, tenant)
    changes += plan_connect(cluster, [name for t in present for name in (t.owner, *t.present_roles(APPLICATION))])
    for tenant in absent:
        changes += _removal(cluster, tenant)
    return sorted(changes, key=lambda change: change.stage)


def plan_role(current: Role | None, wanted: Role, password: str | None, shut_out: bool = False) -> list[Change]:
    attributes = {"login": wanted.login, "connection_limit": wanted.connection_limit}
    attributes |= {name: getattr(wanted, name) for name in _FORBIDDEN}
    if current is None:
        # Without a password the role exists, but nobody can log in as it over the network.
        after: dict[str, object] = {k: v for k, v in attributes.items() if v is not False}
        if password is not None:
            after["password"] = "as given"
        create = Change(Stage.CLUSTER, Action.CREATE_ROLE, wanted.name, None, after, secret=password)
        return [create, *_membership(frozenset(), wanted)]
    changes = _membership(current.member_of, wanted)
    differs = {k: v for k, v in attributes.items() if getattr(current, k) != v}
    if differs:
        before = {k: getattr(current, k) for k in differs}
        changes.append(Change(Stage.CLUSTER, Action.ALTER_ROLE, wanted.name, before, differs))
    if shut_out:
        return changes + _shut_out(current)
    if password is not None and not matches(current.verifier, password):
        seen = {"password": "another" if current.verifier else "none"}
        changes.append(Change(Stage.CLUSTER, Action.SET_PASSWORD, wanted.name, seen, {"password": "as given"}, secret=password))
    return changes


def _shut_out(current: Role) -> list[Change]:
    """By its verifier, which is what a pooler asks for, and its connection limit.

    NOLOGIN would not end what a pooler has open, and hides an owner from the view pg_user, by which Odoo finds its database.
    """
    changes = []
    if current.verifier:
        seen, wanted = {"password": "another"}, {"password": "none"}
        changes.append(Change(Stage.CLUSTER, Action.CLEAR_PASSWORD, current.name, seen, wanted))
    if current.sessions:
        open_now = {"sessions": current.sessions}
        changes.append(Change(Stage.END_SESSIONS, Action.END_SESSIONS, current.name, open_now, {"sessions": 0}))
    return changes


def _membership(current: frozenset[str], wanted: Role) -> list[Change]:
    """Exactly the memberships that are wanted: another one is a privilege that nobody asked for."""
    changes = []
    if surplus := sorted(current - wanted.member_of):
        changes.append(_memberships(Action.REVOKE_MEMBERSHIP, wanted.name, surplus, []))
    if missing := sorted(wanted.member_of - current):
        changes.append(_memberships(Action.GRANT_MEMBERSHIP, wanted.name, [], missing))
    return changes


def _memberships(action: Action, name: str, before: list[str], after: list[str]) -> Change:
    return Change(Stage.CLUSTER, action, name, {"member_of": before}, {"member_of": after})


def plan_connect(cluster: Cluster, roles: Sequence[str]) -> list[Change]:
    """CONNECT on the maintenance database, where Odoo's bus LISTENs, for roles that PUBLIC no longer covers."""
    missing = sorted(set(roles) - cluster.databases[MAINTENANCE_DATABASE].connectors)
    if not missing:
        return []
    return [Change(Stage.CLUSTER, Action.GRANT_CONNECT, MAINTENANCE_DATABASE, None, {"connect": missing})]


def plan_extensions(database: str, current: frozenset[str], wanted: Sequence[str]) -> list[Change]:
    missing = sorted(set(wanted) - current)
    if not missing:
        return []
    before = {"extensions": sorted(current & set(wanted))}
    return [Change(Stage.CONTENTS, Action.CREATE_EXTENSIONS, database, before, {"extensions": missing})]


def refuse_unavailable(cluster: Cluster, extensions: Sequence[str]) -> None:
    unknown = sorted(set(extensions) - cluster.available_extensions)
    if unknown:
        raise PostgresError(f"the server has no extension {', '.join(unknown)}: install its package on every member")


def _refuse(cluster: Cluster, tenants: Sequence[Tenant]) -> None:
    problems = []
    for tenant in tenants:
        for name in tenant.role_names:
            role = cluster.roles.get(name)
            if role and (role.builtin or role.replication):
                problems.append(f"tenant '{tenant.database}': role '{name}' belongs to the server (replication or built in)")
        database = cluster.databases.get(tenant.database)
        if database and tenant.present:
            problems += _unchangeable(database, tenant)
        if database and not tenant.present and database.owner != tenant.owner:
            problems.append(f"database '{tenant.database}' belongs to '{database.owner}', not to '{tenant.owner}': not dropped")
    if problems:
        raise PostgresError("; ".join(problems))
    refuse_unavailable(cluster, [e for t in tenants if t.present for e in t.extensions])


def _unchangeable(database: Database, tenant: Tenant) -> list[str]:
    seen = {"encoding": database.encoding, "lc_collate": database.lc_collate, "lc_ctype": database.lc_ctype}
    needed = {"encoding": "UTF8", "lc_collate": tenant.lc_collate, "lc_ctype": tenant.lc_ctype}
    problems = [
        f"database '{tenant.database}' has {key} {seen[key]}, wanted is {needed[key]}: only dump and restore can change it"
        for key in seen
        if _locale(seen[key]) != _locale(needed[key])
    ]
    if not database.accepts_connections:
        problems.append(f"database '{tenant.database}' accepts no connections (ALLOW_CONNECTIONS false)")
    return problems


def _locale(name: str) -> str:
    # The C library takes C.UTF-8, C.utf8 and so on for the same.
    return name.lower().replace("-", "")


def _close_shared(cluster: Cluster) -> list[Change]:
    return [c for name in SHARED_DATABASES for c in _close(cluster.databases[name], Stage.CLUSTER)]


def _close(database: Database, stage: Stage) -> list[Change]:
    if not database.public:
        return []
    return [Change(stage, Action.REVOKE_PUBLIC, database.name, {"public": sorted(database.public)}, {"public": []})]


def _role(current: Role | None, role: TenantRole, tenant: Tenant) -> list[Change]:
    if not role.present:
        return []
    memberships = frozenset({tenant.owner} if role.access == APPLICATION else ())
    wanted = Role(role.name, connection_limit=role.effective_limit, member_of=memberships)
    return [
        *plan_role(current, wanted, role.password, shut_out=not role.login),
        *plan_settings(current, role.name, role.all_settings(tenant.owner)),
    ]


def plan_settings(current: Role | None, name: str, wanted: Mapping[str, str] | None) -> list[Change]:
    if wanted is None:
        return []
    seen = current.settings if current else {}
    keys = sorted(k for k in {*seen, *wanted} if seen.get(k) != wanted.get(k))
    if not keys:
        return []
    before = {"settings": {k: seen.get(k) for k in keys}}
    after = {"settings": {k: wanted.get(k) for k in keys}}
    return [Change(Stage.CLUSTER, Action.SET_SETTINGS, name, before, after)]


def _connect(current: Database, tenant: Tenant, stage: Stage) -> list[Change]:
    wanted = {role.name for role in tenant.roles if role.present}
    # A role that is about to be dropped is taken out by that.
    known = {*wanted, *tenant.role_names, current.owner}
    changes = []
    if surplus := sorted(current.connectors - known):
        changes.append(Change(stage, Action.REVOKE_CONNECT, tenant.database, {"connect": surplus}, {"connect": []}))
    if missing := sorted(wanted - current.connectors):
        changes.append(Change(stage, Action.GRANT_CONNECT, tenant.database, None, {"connect": missing}))
    return changes


def _database(current: Database | None, tenant: Tenant) -> list[Change]:
    if current is None:
        new = Database(tenant.database, tenant.owner, lc_collate=tenant.lc_collate, lc_ctype=tenant.lc_ctype)
        after = {"owner": new.owner, "encoding": new.encoding, "lc_collate": new.lc_collate, "lc_ctype": new.lc_ctype}
        create = Change(Stage.CREATE_DATABASE, Action.CREATE_DATABASE, tenant.database, None, after)
        return [create, *_close(new, Stage.LOCK_DATABASE), *_connect(new, tenant, Stage.LOCK_DATABASE)]
    changes = [*_close(current, Stage.CLUSTER), *_connect(current, tenant, Stage.CLUSTER)]
    if current.owner != tenant.owner:
        changes.append(
            Change(Stage.CLUSTER, Action.SET_OWNER, tenant.database, {"owner": current.owner}, {"owner": tenant.owner}),
        )
    return changes


def _contents(current: Contents, tenant: Tenant) -> list[Change]:
    changes = plan_extensions(tenant.database, current.extensions, tenant.extensions)
    # Restored from a dump of an older server, public may belong to postgres and be open to everybody.
    wrong_owner = current.schema_owner not in (None, "pg_database_owner", tenant.owner)
    if wrong_owner or current.schema_public_create:
        before = {"schema_public": {"owner": current.schema_owner, "public_create": current.schema_public_create}}
        after = {"schema_public": {"owner": "pg_database_owner", "public_create": False}}
        changes.append(Change(Stage.CONTENTS, Action.OWN_SCHEMA, tenant.database, before, after))
    if missing := sorted(set(tenant.present_roles(REPORTING)) - current.readers):
        readers = dict.fromkeys(missing, f"all that {tenant.owner} has and makes")
        changes.append(
            Change(Stage.CONTENTS, Action.GRANT_READING, tenant.database, {"readers": {}}, {"readers": readers}, tenant.owner)
        )
    return changes


def _roles_removal(cluster: Cluster, tenant: Tenant) -> list[Change]:
    """Roles that a tenant who stays has no more. What they own goes to the owner."""
    gone = [role.name for role in tenant.roles if not role.present and role.name in cluster.roles]
    changes = [plan_drop_role(name) for name in gone]
    if gone and tenant.database in cluster.databases:
        empty = Change(Stage.CONTENTS, Action.EMPTY_ROLES, tenant.database, {"roles": sorted(gone)}, {"roles": []}, tenant.owner)
        changes.append(empty)
    return changes


def _removal(cluster: Cluster, tenant: Tenant) -> list[Change]:
    changes = []
    database = cluster.databases.get(tenant.database)
    if database:
        before, evidence = {"owner": database.owner}, {"final_backup": tenant.final_backup}
        changes.append(Change(Stage.RECORD, Action.RECORD_REMOVAL, tenant.database, before, evidence, tenant.owner))
        changes.append(Change(Stage.DROP_DATABASE, Action.DROP_DATABASE, tenant.database, before, None))
    return changes + [plan_drop_role(name) for name in reversed(tenant.role_names) if name in cluster.roles]


def plan_drop_role(name: str) -> Change:
    return Change(Stage.DROP_ROLE, Action.DROP_ROLE, name, {"state": "present"}, {"state": "absent"})
