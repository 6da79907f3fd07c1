# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster needs in PostgreSQL for itself: its service roles, and PgBouncer's password lookup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .models import MAINTENANCE_DATABASE, UNLIMITED, Action, Change, Cluster, Role, Stage
from .plan import plan_connect, plan_drop_role, plan_extensions, plan_role, plan_settings, refuse_unavailable


@dataclass(frozen=True)
class Kind:
    """What a service may do, and nothing else. Functions are granted in the database postgres."""

    replication: bool = False
    member_of: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    superuser: bool = False
    # Of the role; None leaves them alone.
    settings: Mapping[str, str] | None = None


# https://www.postgresql.org/docs/17/app-pgrewind.html
_REWIND = frozenset(
    {
        "pg_catalog.pg_ls_dir(text,boolean,boolean)",
        "pg_catalog.pg_stat_file(text,boolean)",
        "pg_catalog.pg_read_binary_file(text)",
        "pg_catalog.pg_read_binary_file(text,bigint,bigint,boolean)",
    }
)
# https://www.postgresql.org/docs/17/functions-admin.html#FUNCTIONS-ADMIN-BACKUP
_BACKUP = frozenset(
    {
        "pg_catalog.pg_backup_start(text,boolean)",
        "pg_catalog.pg_backup_stop(boolean)",
        "pg_catalog.pg_create_restore_point(text)",
        "pg_catalog.pg_switch_wal()",
    }
)
GRANTABLE = tuple(sorted(_REWIND | _BACKUP))

REPLICATION = "replication"
POOLER = "pooler"
REWIND = "rewind"
ADMINISTRATION = "administration"
KINDS = {
    REPLICATION: Kind(replication=True),
    POOLER: Kind(),
    REWIND: Kind(functions=_REWIND),
    # https://www.postgresql.org/docs/17/predefined-roles.html
    "monitoring": Kind(member_of=frozenset({"pg_monitor"})),
    "backup": Kind(member_of=frozenset({"pg_checkpoint", "pg_read_all_settings"}), functions=_BACKUP),
    # A person may do anything, and pgAudit says all of it: https://github.com/pgaudit/pgaudit/blob/REL_17_STABLE/README.md
    ADMINISTRATION: Kind(superuser=True, settings={"pgaudit.log": "all"}),
}

# Only who may connect to the database of some tenant can come in through PgBouncer: tenants and their other roles, but no
# superuser, nobody who replicates, no service, and not the pooler itself.
LOOKUP_BODY = """
  SELECT r.rolname::text, r.rolpassword
    FROM pg_catalog.pg_authid AS r
   WHERE r.rolname = p_name AND r.rolcanlogin
     AND NOT (r.rolsuper OR r.rolreplication OR r.rolbypassrls) AND r.rolname <> session_user
     AND (r.rolvaliduntil IS NULL OR r.rolvaliduntil > pg_catalog.now())
     AND EXISTS (SELECT FROM pg_catalog.pg_database AS d
                  WHERE d.datname <> 'postgres' AND NOT d.datistemplate AND d.datallowconn
                    AND pg_catalog.has_database_privilege(r.oid, d.oid, 'CONNECT'))
"""


@dataclass(frozen=True)
class Service:
    kind: str
    name: str
    # Without one nobody can log in as it over the network; the host's own users still can, by the socket.
    password: str | None = field(default=None, repr=False)
    connection_limit: int = UNLIMITED
    present: bool = True
    # Its turn is over: nobody comes in as it, and who is in is turned out.
    shut_out: bool = False


@dataclass(frozen=True)
class Lookup:
    """PgBouncer's function and who may reach it, as seen."""

    body: str | None = None
    security_definer: bool = False
    settings: tuple[str, ...] = ()
    owned_by_superuser: bool = False
    schema_users: frozenset[str] = frozenset()
    callers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ServiceState:
    cluster: Cluster
    lookup: Lookup
    # Of GRANTABLE, by role.
    functions: Mapping[str, frozenset[str]]


def wanted_lookup(*poolers: str) -> Lookup:
    return Lookup(LOOKUP_BODY, True, ("search_path=pg_catalog",), True, frozenset(poolers), frozenset(poolers))


def plan_services(state: ServiceState, services: Sequence[Service], extensions: Sequence[str]) -> list[Change]:
    """Replication and the pooler are among the services, in use first. Without one for rewinding, replication does that too."""
    cluster = state.cluster
    refuse_unavailable(cluster, extensions)
    present = [service for service in services if service.present]
    rewinds = any(service.kind == REWIND for service in present)
    changes = []
    for service in present:
        kind = KINDS[service.kind]
        wanted = Role(
            service.name,
            connection_limit=0 if service.shut_out else service.connection_limit,
            superuser=kind.superuser,
            replication=kind.replication,
            member_of=kind.member_of,
        )
        changes += plan_role(cluster.roles.get(service.name), wanted, service.password, service.shut_out)
        changes += plan_settings(cluster.roles.get(service.name), service.name, kind.settings)
        also = frozenset() if rewinds or service.kind != REPLICATION else _REWIND
        changes += _functions(service.name, state.functions.get(service.name, frozenset()), kind.functions | also)
    changes += plan_connect(cluster, [service.name for service in present])
    changes += _plan_lookup(state.lookup, [service.name for service in present if service.kind == POOLER])
    changes += plan_extensions(MAINTENANCE_DATABASE, cluster.contents[MAINTENANCE_DATABASE].extensions, extensions)
    changes += [plan_drop_role(s.name) for s in services if not s.present and s.name in cluster.roles]
    return sorted(changes, key=lambda change: change.stage)


def _functions(name: str, current: frozenset[str], wanted: frozenset[str]) -> list[Change]:
    changes = []
    if surplus := sorted(current - wanted):
        changes.append(Change(Stage.CLUSTER, Action.REVOKE_FUNCTIONS, name, {"functions": surplus}, {"functions": []}))
    if missing := sorted(wanted - current):
        changes.append(Change(Stage.CLUSTER, Action.GRANT_FUNCTIONS, name, {"functions": []}, {"functions": missing}))
    return changes


def _plan_lookup(current: Lookup, poolers: Sequence[str]) -> list[Change]:
    wanted = wanted_lookup(*poolers)
    if current == wanted:
        return []
    return [Change(Stage.CLUSTER, Action.CREATE_LOOKUP, poolers[0], _describe(current), _describe(wanted))]


def _describe(lookup: Lookup) -> dict[str, object]:
    return {
        "lookup": {
            "body": lookup.body,
            "security_definer": lookup.security_definer,
            "settings": list(lookup.settings),
            "owned_by_superuser": lookup.owned_by_superuser,
            "schema_users": sorted(lookup.schema_users),
            "callers": sorted(lookup.callers),
        }
    }
