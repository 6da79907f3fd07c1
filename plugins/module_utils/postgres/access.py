# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How services come in: lines of pg_hba.conf and pg_ident.conf, and the roles that they stand for. Pure.

The database is `postgres` for all of them but people who administer, who reach every one, by the socket only. Over the
network it takes TLS, SCRAM and a network that was named; on the host a system user that was named comes in by the socket,
without a password.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import PostgresError
from .services import ADMINISTRATION

NAMES = {"rewind": "rewinder", "monitoring": "monitoring", "backup": "backup", "administration": "dba"}
EVERYWHERE = "all"
_SYSTEM_USER = re.compile(r"[a-z_][a-z0-9_-]*")
_ROLE_KEYS = ("service", "name", "state", "password", "connection_limit")


def plan_access(services: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``local`` and ``network`` are lines of pg_hba.conf, ``ident`` of pg_ident.conf; ``roles`` is for postgres_services.

    ``rewind`` is how members log in to rewind, or nothing where replication does that.
    """
    problems: list[str] = []
    access: dict[str, Any] = {"local": [], "network": [], "ident": [], "roles": [], "names": [], "rewind": {}}
    for service in services:
        kind = str(service.get("service"))
        if kind not in NAMES:
            problems.append(f"service '{kind}' is unknown; known are {', '.join(sorted(NAMES))}")
            continue
        name = service.get("name") or NAMES[kind]
        access["roles"].append({key: service[key] for key in _ROLE_KEYS if service.get(key) is not None} | {"name": name})
        access["names"].append(name)
        if service.get("state", "present") == "absent":
            continue
        problems += [f"service {kind}: {problem}" for problem in _problems(service, kind)]
        if service.get("system_user"):
            database = "all" if kind == ADMINISTRATION else "postgres"
            access["local"].append(f"local {database} {name} peer map={name}")
            access["ident"].append(f"{name} {service['system_user']} {name}")
        if kind == "rewind":
            access["rewind"] = {"username": name, "password": service.get("password")}
        # Members rewind each other: they come from wherever members are, like replication.
        networks = service.get("networks") or ([EVERYWHERE] if kind == "rewind" else [])
        access["network"] += [f"hostssl postgres {name} {network} scram-sha-256" for network in networks]
    if problems:
        raise PostgresError("; ".join(problems))
    return access


def _problems(service: Mapping[str, Any], kind: str) -> list[str]:
    problems = []
    if (kind == "rewind" or service.get("networks")) and not service.get("password"):
        problems.append("it comes over the network, which takes a password")
    if kind == "rewind" and "$$" in str(service.get("password")):
        problems.append("its password has two dollar signs in a row, which Patroni's own SQL can't carry")
    if kind == ADMINISTRATION and (service.get("networks") or service.get("password")):
        problems.append("it comes in by the socket only, where sudo says who it is: give neither networks nor password")
    user = service.get("system_user")
    if user and not _SYSTEM_USER.fullmatch(str(user)):
        problems.append(f"system_user '{user}' is no name of a system user")
    if not (user or service.get("networks") or kind == "rewind"):
        problems.append("it has no way in: give system_user (for the socket), or networks and password")
    return problems + [f"'{n}' is no network" for n in service.get("networks") or [] if not _is_network(str(n))]


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text
