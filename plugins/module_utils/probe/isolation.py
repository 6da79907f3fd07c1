# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Which attempts one tenant makes on another, and what their outcomes prove."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe import doors
from ansible_collections.tierline.erp.plugins.module_utils.probe.doors import Door
from ansible_collections.tierline.erp.plugins.module_utils.probe.faults import brief
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import FAILED, PASSED, SKIPPED, Check

# Of Odoo, and of what stands before it.
ODOO_PORTS = (8069, 8072, 8080)
CA_FILE = "/etc/tierline/odoo/ca.crt"


@dataclass(frozen=True)
class Place:
    """What the engine tells about the container of an environment."""

    container: str
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    # How the engine holds it, in the engine's own words.
    held: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tenant:
    """One environment, as far as others could try to get at it."""

    environment: str
    database: Mapping[str, Any]
    redis: Mapping[str, Any] = field(default_factory=dict)
    ports: Mapping[str, Any] = field(default_factory=dict)
    redis_password: str = field(default="", repr=False)
    place: Place | None = None


def pairs(tenants: Iterable[Tenant], subjects: Iterable[str] | None) -> Iterator[tuple[Tenant, Tenant]]:
    """Yield who tries to get at whom. With subjects, only pairs in which one of them takes part."""
    tenants = list(tenants)
    chosen = {tenant.environment for tenant in tenants} if subjects is None else set(subjects)
    for attacker in tenants:
        for victim in tenants:
            if attacker is not victim and chosen & {attacker.environment, victim.environment}:
                yield attacker, victim


def control(attacker: Tenant) -> list[dict[str, Any]]:
    """Attempts that must succeed: where a tenant's own door is locked, refusals elsewhere prove nothing."""
    attempts = [{"id": "own database", "kind": "database", "database": attacker.database["name"]}]
    if attacker.redis_password:
        own = ["GET", f"{attacker.redis['key_prefix']}verification"]
        attempts += [redis_attempt(attacker, door, f"own {door.title}", own) for door in doors.servers(attacker.redis)]
        asked = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", attacker.redis.get("primary", "")]
        attempts += [redis_attempt(attacker, door, f"own {door.title}", asked) for door in doors.sentinels(attacker.redis)]
    return attempts


def attacks(attacker: Tenant, victim: Tenant, direct_port: int, machine_addresses: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Attempts that must fail."""
    name, database = victim.environment, victim.database
    attempts: list[dict[str, Any]] = []
    for host in [part.strip() for part in str(database["host"]).split(",")]:
        pooler = {"kind": "database", "host": host, "port": database["port"], "database": database["name"]}
        attempts += [
            pooler | {"id": f"{name} database at {host}:{database['port']}"},
            pooler | {"id": f"{name} database at {host}:{database['port']} as {database['user']}", "user": database["user"]},
            pooler | {"id": f"{name} database at {host}:{direct_port}", "port": direct_port},
        ]
    attempts += _on_sessions(attacker, victim)
    attempts += [
        {"id": f"{name} container at {address}:{port}", "kind": "port", "host": address, "port": port}
        for address in (victim.place.addresses if victim.place else ())
        for port in ODOO_PORTS
    ]
    gateways = attacker.place.gateways if attacker.place else ()
    attempts += [
        {"id": f"{name} published port at {address}:{port}", "kind": "port", "host": address, "port": port}
        for address in sorted({*gateways, *machine_addresses})
        for port in sorted(set(victim.ports.values()))
    ]
    return attempts


def _on_sessions(attacker: Tenant, victim: Tenant) -> Iterator[dict[str, Any]]:
    if not attacker.redis_password or not victim.redis.get("key_prefix"):
        return
    key, stranger = f"{victim.redis['key_prefix']}verification", victim.redis.get("user")
    for door in doors.servers(attacker.redis):
        name = f"{victim.environment} {door.title}"
        yield redis_attempt(attacker, door, f"{name} read", ["GET", key])
        yield redis_attempt(attacker, door, f"{name} write", ["SET", key, "x", "EX", "1"])
    for door in doors.sentinels(attacker.redis):
        yield redis_attempt(attacker, door, f"{victim.environment} {door.title} as {stranger}") | {"user": stranger}


def redis_attempt(attacker: Tenant, door: Door, name: str, command: list[str] | None = None) -> dict[str, Any]:
    """Without a command only the login is tried."""
    return {
        "id": name,
        "kind": "redis",
        "host": door.host,
        "port": door.port,
        "user": attacker.redis["user"],
        "password": attacker.redis_password,
        "ca_path": CA_FILE,
        **({"command": command} if command else {}),
    }


# What Odoo and the database's client library say when the server is gone.
_DATABASE_LOST = ("connection to server", "server closed the connection", "terminating connection", "psycopg2.OperationalError")
_LAYERS = {
    "database": "database",
    "redis": "redis",
    "port": "network",
    "odoo": "app",
    "page": "app",
    "master": "app",
    "https": "database",
}


def judge(
    attacker: Tenant, attempts: Iterable[Mapping[str, Any]], outcomes: Iterable[Mapping[str, Any]], wanted: bool
) -> list[Check]:
    """Turn outcomes into checks: an attempt on others must be refused or get no answer, one on the tenant's own must succeed.

    An attempt that ended in an error proves nothing, and what is not proven is not isolated.
    """
    seen = {outcome["id"]: outcome for outcome in outcomes}
    checks = []
    for attempt in attempts:
        outcome = seen.get(attempt["id"], {"outcome": "error", "detail": "no outcome was returned"})
        good = (outcome["outcome"] == "reached") if wanted else outcome["outcome"] in ("refused", "unreachable")
        checks.append(
            Check(
                name=f"{attacker.environment} -> {attempt['id']}",
                layer=_LAYERS.get(attempt["kind"], "container"),
                status=PASSED if good else FAILED,
                detail=f"{outcome['outcome']}: {brief(str(outcome['detail']))}",
            )
        )
    return checks


def storage(attacker: Tenant, victim: Tenant) -> Check:
    """Two tenants may not be able to write to one directory."""
    shared = sorted(set(attacker.place.writable) & set(victim.place.writable)) if attacker.place and victim.place else []
    return Check(
        name=f"{attacker.environment} -> {victim.environment} storage",
        layer="storage",
        status=FAILED if shared else PASSED,
        detail=f"both have {', '.join(shared)} mounted" if shared else "refused: no mount is shared",
    )


def not_running(tenant: Tenant, last_words: str) -> Check:
    """Odoo ends when it loses its database, so its last words tell whose fault it is."""
    reasons = [line for line in last_words.splitlines() if any(sign in line for sign in _DATABASE_LOST)]
    detail = "no container of it runs on this machine"
    if reasons:
        detail += f"; Odoo said: {brief(reasons[-1])}"
    return Check(f"{tenant.environment} container", "database" if reasons else "app", FAILED, detail)


def without_redis(tenant: Tenant) -> Check:
    return Check(f"{tenant.environment} -> redis", "redis", SKIPPED, "no Redis password was given")


def nobody(tenants: Iterable[Tenant]) -> Check:
    """Nothing was tried, which proves nothing: the report says so instead of keeping quiet."""
    names = [tenant.environment for tenant in tenants]
    if not names:
        reason = "no environment runs on this machine"
    elif len(names) == 1:
        reason = f"{names[0]} is alone on this machine"
    else:
        reason = "none of the chosen environments is on this machine"
    return Check("neighbours", "network", SKIPPED, f"{reason}: there is no neighbour to attack")
