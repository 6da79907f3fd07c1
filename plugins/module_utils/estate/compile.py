# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive the variables of machines and environments: the only place that knows tiers and role variables."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from . import backups, edges, explain, flows, journals, ports, promotion, sessions, stores
from .models import Cell, Environment, Estate, Intent, Machine, Resolution, Settings
from .placement import app_machine
from .promises import strongest
from .schema import DEFAULT_EXTENSIONS, DEFAULT_IMAGE, DEFAULT_MODULES, FRONT_IMAGE, ROLES, SECOND_LOGIN

REDIS_MEMORY_MB = 256
# These prove who connects: members to each other, PgBouncer to PostgreSQL. All others serve only, and could open nothing.
PEERS = ("etcd", "patroni", "pgbouncer", "pgbackrest")
# Each member's PgBouncer verifies the server that it reaches through that member's own proxy, which has this name.
PROXIED = {"postgres": ["localhost"]}

# Who come by sudo, as the system users that the role accounts makes: without it there are none of that name.
PEOPLE = (
    {"service": "administration", "system_user": "tierline-dba"},
    {"service": "monitoring", "name": "auditor", "system_user": "tierline-auditor"},
)


def compile_estate(estate: Estate, intent: Intent) -> Resolution:
    """Variables and groups of a valid estate."""
    variables: dict[str, Settings] = {}
    machines_of: dict[str, list[str]] = {}
    for cell in estate.cells.values():
        shared = _machines_of(cell, estate)
        items = {e.name: _environment_facts(e, cell, intent) for e in cell.environments}
        for environment in cell.environments:
            variables[environment.name] = _environment(environment, items[environment.name], shared, intent, estate)
            machines_of[environment.name] = shared
        for machine in cell.machines:
            variables[machine.name] = _machine(machine, cell, items, estate)
    return Resolution(variables, _groups(estate), machines_of)


def _machines_of(cell: Cell, estate: Estate) -> list[str]:
    """What an environment of ``cell`` needs: its machines, and the one that keeps its backups."""
    store = backups.machine_of(cell, estate)
    return list(dict.fromkeys([machine.name for machine in cell.machines] + ([store.name] if store else [])))


def _groups(estate: Estate) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for environment in estate.environments.values():
        for word in (f"tier_{environment.tier}", f"tenant_{environment.tenant}", f"stage_{environment.stage}"):
            groups.setdefault(word, []).append(environment.name)
    # Plays are about these groups, also in an estate that has no such machine.
    groups |= {f"role_{role}": [] for role in ROLES}
    for cell in estate.cells.values():
        for machine in cell.machines:
            for role in machine.roles:
                groups[f"role_{role}"].append(machine.name)
    return {name: sorted(groups[name]) for name in sorted(groups)}


def _environment_facts(environment: Environment, cell: Cell, intent: Intent) -> Settings:
    """What environments and machines both need to know of one environment."""
    words = environment.words
    return {
        "environment": environment,
        "database": str(words["database_name"] or environment.name),
        "ports": ports.slots(words["port_block"] or ports.hashed_block(environment.name)),
        "app_machine": app_machine(environment, cell),
        "image": words["image"] if words["image"] is not None else intent.template(DEFAULT_IMAGE),
        "front_image": intent.template(FRONT_IMAGE),
        "modules": list(DEFAULT_MODULES if words["modules"] is None else words["modules"]),
        "addons": [dict(archive) for archive in words["addons"] or ()],
        "extensions": list(DEFAULT_EXTENSIONS if words["database_extensions"] is None else words["database_extensions"]),
        "domains": list(environment.domains),
    }


def _environment(environment: Environment, facts: Settings, machines: list[str], intent: Intent, estate: Estate) -> Settings:
    words = environment.words
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": intent.template("{{ ansible_playbook_python }}"),
        "estate_environment": {
            "name": environment.name,
            "tenant": environment.tenant,
            "cell": environment.cell,
            "stage": environment.stage,
            "tier": environment.tier,
            "owner": words["owner"],
            "cost_centre": words["cost_centre"],
            "data_classification": words["data_classification"],
            "domains": facts["domains"],
            "certificate": words["certificate"],
            "modules": facts["modules"],
            "database": facts["database"],
            "database_role": environment.name,
            "database_logins": _logins(environment.name),
            "app_machine": facts["app_machine"].name,
            "ports": facts["ports"],
            "promises": explain.nested(environment.settings),
        },
        "estate_machines": machines,
        "estate_explanation": explain.explanation(environment, estate.tiers[environment.tier]),
    }


def _machine(machine: Machine, cell: Cell, items: dict[str, Settings], estate: Estate) -> Settings:
    certificates = _certificates(machine, cell, items) + _journal_certificates(machine, cell, estate)
    variables: Settings = {"estate_cell": cell.name, "estate_certificates": certificates}
    variables |= flows.hardening(machine, cell, backups.served(machine, estate), journals.senders(machine, estate))
    variables |= journals.variables(machine, cell, estate)
    for role, derive in (("postgres", _postgres), ("redis", _redis), ("app", _app), ("edge", _edge)):
        if role in machine.roles:
            variables |= derive(machine, cell, items)
    if "postgres" in machine.roles:
        variables |= backups.database(cell, estate, items) | stores.promised(cell)
    if "app" in machine.roles:
        variables |= backups.application(machine, cell, estate, items)
        variables |= promotion.application(machine, estate)
    if "backup" in machine.roles:
        variables |= stores.object_store(machine, estate)
    return variables


def _logins(name: str) -> list[str]:
    return [name, f"{name}{SECOND_LOGIN}"]


def _members(machines: Iterable[Machine]) -> list[Settings]:
    return [{"name": machine.name, "address": machine.address} for machine in machines]


def _postgres(_machine: Machine, cell: Cell, items: dict[str, Settings]) -> Settings:
    mode, strict = strongest(cell.environments)
    return {
        "postgres_ha_cluster": cell.name,
        "postgres_ha_members": _members(cell.with_role("postgres")),
        "postgres_ha_services": [*PEOPLE, *backups.services(cell)],
        "postgres_ha_synchronous_mode": mode,
        "postgres_ha_synchronous_strict": strict,
        "estate_postgres_tenants": [
            {
                "environment": name,
                "database": facts["database"],
                "owner": name,
                "connection_limit": facts["environment"].settings["sizing.connection_limit"],
                "extensions": facts["extensions"],
                "secret": "database",
                # PostgreSQL knows one password for a role: two that take turns let it be changed while it is in use.
                "logins": _logins(name),
            }
            for name, facts in items.items()
        ],
    }


def _redis(_machine: Machine, cell: Cell, items: dict[str, Settings]) -> Settings:
    return {
        "redis_name": cell.name,
        "redis_members": _members(cell.with_role("redis")),
        "redis_purpose": "session",
        "redis_maxmemory_mb": REDIS_MEMORY_MB,
        "estate_redis_users": [
            {"environment": name, "name": name, "key_prefix": f"{name}:", "secret": "redis"} for name in items
        ],
    }


def _app(machine: Machine, cell: Cell, items: dict[str, Settings]) -> Settings:
    here = {name: facts for name, facts in items.items() if facts["app_machine"] is machine}
    return {
        "estate_odoo_environments": [_odoo(facts, cell) for facts in here.values()],
        "odoo_container_edge_addresses": [edge.address for edge in cell.with_role("edge")],
    }


def _odoo(facts: Settings, cell: Cell) -> Settings:
    environment: Environment = facts["environment"]
    name, settings = environment.name, environment.settings
    return {
        "environment": name,
        "tenant": environment.tenant,
        "image": facts["image"],
        "domains": facts["domains"],
        "modules": facts["modules"],
        **({"addons": facts["addons"]} if facts["addons"] else {}),
        "database": {
            "name": facts["database"],
            "user": name,
            # Any member leads to the primary; libpq takes the next one where a member is gone.
            "host": ",".join(str(member.address) for member in cell.with_role("postgres")),
            "port": flows.PGBOUNCER_PORT,
        },
        "redis": {**sessions.place(cell), "user": name, "key_prefix": f"{name}:"},
        "ports": facts["ports"],
        "workers": settings["sizing.workers"],
        "cron_threads": settings["sizing.cron_threads"],
        "memory_mb": settings["sizing.memory_mb"],
        "cpus": settings["sizing.cpus"],
        **({"options": environment.options} if environment.options else {}),
        "egress": settings["network.egress"],
        **({"front_image": facts["front_image"]} if settings["sizing.front"] else {}),
        "secrets": {"database": "database", "admin": "admin", "master": "master", "redis": "redis"},
    }


def _edge(machine: Machine, cell: Cell, items: dict[str, Settings]) -> Settings:
    return {"estate_traefik_routes": [_route(name, facts) for name, facts in items.items()], **edges.moving(machine, cell)}


def _route(name: str, facts: Settings) -> Settings:
    base, pairs = f"http://{_in_url(facts['app_machine'].address)}", facts["ports"]
    return {
        "environment": name,
        "tenant": facts["environment"].tenant,
        "domains": facts["domains"],
        **({"acme": True} if _by_acme(facts) else {"certificate": name}),
        **edges.guards(facts["environment"]),
        # Which slot serves is known on the machine, not here.
        "app_machine": facts["app_machine"].name,
        "slots": {
            "blue": {"web": [f"{base}:{pairs['http']}"], "websocket": [f"{base}:{pairs['websocket']}"]},
            "green": {"web": [f"{base}:{pairs['green_http']}"], "websocket": [f"{base}:{pairs['green_websocket']}"]},
        },
    }


def _by_acme(facts: Settings) -> bool:
    return bool(facts["environment"].words["certificate"] == "acme")


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else str(address)


def _certificates(machine: Machine, cell: Cell, items: dict[str, Settings]) -> list[Settings]:
    """Service certificates carry the machine's names; the edge has one for each environment, unless it gets it itself."""
    services = []
    if "postgres" in machine.roles:
        services += [("etcd", "etcd"), ("patroni", "postgres"), ("postgres", "postgres"), ("pgbouncer", "postgres")]
        if backups.protected(cell) and len(list(cell.with_role("postgres"))) > 1:
            services.append(("pgbackrest", "postgres"))
    if "redis" in machine.roles:
        services.append(("redis", "redis"))
    if "backup" in machine.roles:
        services.append(("object_store", "seaweedfs"))
    names, addresses = _subject(machine)
    certificates = [
        _certificate(name, _common(name, machine), names + PROXIED.get(name, []), addresses, group, None)
        for name, group in services
    ]
    if "edge" in machine.roles:
        certificates += [
            _certificate(name, facts["domains"][0], facts["domains"], [], "traefik", name)
            for name, facts in items.items()
            if not _by_acme(facts)
        ]
    return certificates


def _journal_certificates(machine: Machine, cell: Cell, estate: Estate) -> list[Settings]:
    """To send by, under a name that no other certificate has, and to receive by."""
    found = []
    if journals.receiver(cell, estate):
        sending = _certificate("journal", f"journal.{machine.name}", [], [], "journal-upload", None)
        found.append(sending | {"usages": ["client"], "reload": ["systemd-journal-upload.service"]})
    if journals.senders(machine, estate):
        names, addresses = _subject(machine)
        receiving = _certificate("journal_receiver", machine.name, names, addresses, "journal-gate", None)
        found.append(receiving | {"reload": ["tierline-journal-gate.service"]})
    return found


def _certificate(name: str, common: str, names: list[str], addresses: list[str], group: str, environment: Any) -> Settings:
    return {
        "name": name,
        "common_name": common,
        "dns_names": names,
        "ip_addresses": addresses,
        "group": group,
        "usages": ["server", "client"] if name in PEERS else ["server"],
        "environment": environment,
    }


def _common(service: str, machine: Machine) -> str:
    """pgBackRest lets in by this name alone, so no other certificate of the machine has it."""
    return f"{service}.{machine.name}" if service == "pgbackrest" else machine.name


def _subject(machine: Machine) -> tuple[list[str], list[str]]:
    try:
        return [machine.name], [str(ipaddress.ip_address(str(machine.address)))]
    except ValueError:
        return list(dict.fromkeys([machine.name, str(machine.address)])), []
