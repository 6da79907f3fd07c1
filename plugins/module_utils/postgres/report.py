# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What postgres_tenants_info says about a tenant. Pure."""

from __future__ import annotations

from .models import APPLICATION, REPORTING, Cluster, Contents, Database, Role

_PRIVILEGES = ("superuser", "createdb", "createrole", "replication", "bypassrls")


def describe_tenant(cluster: Cluster, name: str, size_bytes: int, connections: int) -> dict[str, object]:
    database = cluster.databases[name]
    return {
        "database": name,
        "owner": database.owner,
        "encoding": database.encoding,
        "lc_collate": database.lc_collate,
        "lc_ctype": database.lc_ctype,
        "public_privileges": sorted(database.public),
        "connect_granted_to": sorted(database.connectors),
        "extensions": sorted(cluster.contents.get(name, Contents(frozenset())).extensions),
        "size_bytes": size_bytes,
        "connections": connections,
        "role": _describe_role(cluster.roles[database.owner]),
        "roles": [_describe_other(cluster, database, role) for role in sorted(database.connectors - {database.owner})],
    }


def _describe_other(cluster: Cluster, database: Database, name: str) -> dict[str, object]:
    role = cluster.roles[name]
    contents = cluster.contents.get(database.name, Contents(frozenset()))
    access = APPLICATION if database.owner in role.member_of else REPORTING if name in contents.readers else "connect only"
    return {"name": name, "access": access, **_describe_role(role)}


def _describe_role(role: Role) -> dict[str, object]:
    return {
        "login": role.login,
        "privileged": [name for name in _PRIVILEGES if getattr(role, name)],
        "connection_limit": role.connection_limit,
        "member_of": sorted(role.member_of),
        "password": _password_kind(role.verifier),
        "settings": dict(role.settings),
    }


def _password_kind(verifier: str | None) -> str:
    if not verifier:
        return "none"
    return "scram-sha-256" if verifier.startswith("SCRAM-SHA-256$") else "md5"
