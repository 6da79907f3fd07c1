# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster needs in PostgreSQL for itself: the role of replication and rewind, and PgBouncer's password lookup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .models import MAINTENANCE_DATABASE, Action, Change, Cluster, Role, Stage
from .plan import plan_connect, plan_extensions, plan_role, refuse_unavailable

# https://www.postgresql.org/docs/17/app-pgrewind.html
REWIND_FUNCTIONS = (
    "pg_catalog.pg_ls_dir(text, boolean, boolean)",
    "pg_catalog.pg_stat_file(text, boolean)",
    "pg_catalog.pg_read_binary_file(text)",
    "pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)",
)

# Tenants only: neither superusers nor replication nor the pooler itself can come in through PgBouncer.
LOOKUP_BODY = """
  SELECT r.rolname::text, r.rolpassword
    FROM pg_catalog.pg_authid AS r
   WHERE r.rolname = p_name AND r.rolcanlogin
     AND NOT (r.rolsuper OR r.rolreplication OR r.rolbypassrls) AND r.rolname <> session_user
     AND (r.rolvaliduntil IS NULL OR r.rolvaliduntil > pg_catalog.now())
"""


@dataclass(frozen=True)
class Service:
    name: str
    password: str = field(repr=False)


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
    can_rewind: bool


def wanted_lookup(pooler: str) -> Lookup:
    return Lookup(LOOKUP_BODY, True, ("search_path=pg_catalog",), True, frozenset({pooler}), frozenset({pooler}))


def plan_services(state: ServiceState, replication: Service, pooler: Service, extensions: Sequence[str]) -> list[Change]:
    cluster = state.cluster
    refuse_unavailable(cluster, extensions)
    changes = plan_role(cluster.roles.get(replication.name), Role(replication.name, replication=True), replication.password)
    changes += plan_role(cluster.roles.get(pooler.name), Role(pooler.name), pooler.password)
    changes += plan_connect(cluster, [replication.name, pooler.name])
    if not state.can_rewind:
        changes.append(Change(Stage.CLUSTER, Action.GRANT_REWIND, replication.name, {"rewind": False}, {"rewind": True}))
    wanted = wanted_lookup(pooler.name)
    if state.lookup != wanted:
        changes.append(
            Change(Stage.CLUSTER, Action.CREATE_LOOKUP, pooler.name, _describe(state.lookup), _describe(wanted)),
        )
    changes += plan_extensions(MAINTENANCE_DATABASE, cluster.contents[MAINTENANCE_DATABASE].extensions, extensions)
    return sorted(changes, key=lambda change: change.stage)


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
