# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may reach what on a machine, and how strictly it is hardened: from the roles of its cell, for the role hardening."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .models import Cell, Environment, Machine, Settings
from .schema import PORT_FIRST, PORT_LAST

# As the roles have them by default.
POSTGRES_PORT, PATRONI_PORT, ETCD_PORTS = 5432, 8008, (2379, 2380)
PGBOUNCER_PORT, PGBOUNCER_READ_PORT = 6432, 6433
REDIS_PORT, SENTINEL_PORT = 6379, 26379
OBJECT_STORE_PORT = 8333
JOURNAL_PORT = 19532
# A backup is read from a replica.
BACKUP_SERVER_PORT = 8432
# Only while a proof lets Odoo look at what was restored.
RESTORED_PORT = 5499
EDGE_PORTS = (80, 443)

_PROFILES = {"baseline": ["cis_level1_server", "lynis"], "strict": ["cis_level2_server", "anssi_bp28", "lynis"]}


def hardening(machine: Machine, cell: Cell, clients: Iterable[Cell] = (), senders: Iterable[Machine] = ()) -> Settings:
    """The role's variables. A machine keeps the strictest promise among the environments that it serves.

    ``clients`` are the cells whose backups it keeps, ``senders`` the machines whose journals it keeps.
    """
    served = {e.name: e for kept in (cell, *clients) for e in kept.environments}.values()
    return {
        "hardening_profiles": _profiles(served),
        "hardening_firewall_flows": list(flows(machine, cell, clients, senders)),
        "hardening_log_retention_days": max((e.settings["logs.retention_days"] for e in served), default=90),
    }


def _profiles(environments: Iterable[Environment]) -> list[str]:
    strict = any(environment.settings["hardening.profile"] == "strict" for environment in environments)
    return list(_PROFILES["strict" if strict else "baseline"])


def flows(machine: Machine, cell: Cell, clients: Iterable[Cell] = (), senders: Iterable[Machine] = ()) -> Iterator[Settings]:
    """What roles declare. A machine reaches itself anyway; its containers don't, so they are named."""
    if "postgres" in machine.roles:
        members = _others(machine, cell, "postgres")
        yield from _flow("postgres_members", [POSTGRES_PORT, PATRONI_PORT, *ETCD_PORTS], members)
        yield from _flow("pgbouncer", [PGBOUNCER_PORT, PGBOUNCER_READ_PORT], _others(machine, cell, "app"), machine)
        if any(environment.settings["backup.enabled"] for environment in cell.environments):
            yield from _flow("backup_members", [BACKUP_SERVER_PORT], members)
            yield from _flow("restore_proof", [RESTORED_PORT], _others(machine, cell, "app"))
    if "redis" in machine.roles:
        members = _others(machine, cell, "redis")
        listening = [REDIS_PORT, SENTINEL_PORT] if members else [REDIS_PORT]
        yield from _flow("redis_members", listening, members)
        yield from _flow("redis", listening, _others(machine, cell, "app"), machine)
    if "app" in machine.roles:
        # The edge on the same machine comes from the machine itself.
        for flow in _flow("odoo", [f"{PORT_FIRST}-{PORT_LAST}"], _others(machine, cell, "edge")):
            yield flow | {"published": True}
    if "backup" in machine.roles:
        sources = [address for kept in clients for role in ("postgres", "app") for address in _others(machine, kept, role)]
        yield from _flow("object_store", [OBJECT_STORE_PORT], list(dict.fromkeys(sources)))
        yield from _flow("journal", [JOURNAL_PORT], [sender.address for sender in senders if sender is not machine])
    if "edge" in machine.roles:
        yield {"name": "web", "ports": [str(port) for port in EDGE_PORTS], "sources": ["any"]}
        if cell.facts["cell_edge_addresses"]:
            yield {"name": "edge_members", "protocol": "vrrp", "sources": _others(machine, cell, "edge")}


def _others(machine: Machine, cell: Cell, role: str) -> list[str]:
    return [other.address for other in cell.with_role(role) if other is not machine]


def _flow(name: str, ports: Iterable[int | str], sources: list[str], machine: Machine | None = None) -> Iterator[Settings]:
    containers = machine is not None and "app" in machine.roles
    if sources or containers:
        flow: Settings = {"name": name, "ports": [str(port) for port in ports], "sources": sources}
        yield flow | {"containers": True} if containers else flow
