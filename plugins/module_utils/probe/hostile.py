# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What somebody who runs code in an environment's container tries on the machine and on the platform. Pure.

Attempts on neighbours are in isolation.py. Here too each must be refused or get no answer, and would do no harm if it succeeded.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe import doors
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import Tenant, redis_attempt
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import FAILED, PASSED, Check

# Where clouds tell a machine's identity, and with it often its credentials.
_METADATA = "169.254.169.254"
_ENGINE_PORTS = (2375, 2376)

_READ = ("/etc/shadow", "/etc/tierline/pki", "/var/lib/docker", "/var/lib/tierline/releases", "/dev/mem", "/proc/kmsg")
_WRITE = (
    "/etc/tierline/odoo/odoo.conf",
    "/proc/sys/kernel/core_pattern",
    "/proc/sysrq-trigger",
    "/sys/fs/cgroup/memory.max",
    "/usr/bin/tierline-probe",
    "/usr/share/tierline/odoo/addons/tierline_server/__init__.py",
)
_SOCKETS = ("/run/containerd/containerd.sock", "/run/docker.sock", "/var/run/docker.sock")
_RIGHTS = (
    "become root",
    "change the root directory",
    "enter another namespace",
    "listen to the network",
    "make a device",
    "make a namespace of mounts",
    "make a namespace of users",
    "mount a file system",
    "name the machine",
    "raise its priority",
    "send raw packets",
)
# In the tenant's own database, where it owns everything.
_STATEMENTS = {
    "create a role": "CREATE ROLE tierline_probe",
    "create an untrusted extension": "CREATE EXTENSION file_fdw",
    "create a table where all may connect": "CREATE TABLE public.tierline_probe ()",
    "execute a program on the server": "COPY (SELECT 1) TO PROGRAM 'true'",
    "read a file of the server": "SELECT pg_read_file('/etc/hostname')",
    "read passwords of roles": "SELECT rolpassword FROM pg_authid",
    "set what only the superuser may": "SET log_statement = 'none'",
    "become the superuser": "SET ROLE postgres",
}
_SHARED = ("create a table where all may connect",)
_COMMANDS = {
    "list clients": ["CLIENT", "LIST"],
    "list keys of all": ["KEYS", "*"],
    "list users": ["ACL", "LIST"],
    "read the configuration": ["CONFIG", "GET", "maxmemory"],
    "run a script": ["EVAL", "return 1", "0"],
    "walk over all keys": ["SCAN", "0"],
    "watch all commands": ["MONITOR"],
}
# Of a primary that there is none of, so that nothing happens where it is allowed.
_TO_SENTINELS = {
    "choose another primary": ["SENTINEL", "FAILOVER", "tierline_probe"],
    "forget the primary": ["SENTINEL", "REMOVE", "tierline_probe"],
    "list users": ["ACL", "LIST"],
    "read the configuration": ["SENTINEL", "CONFIG", "GET", "*"],
}


def attempts(attacker: Tenant, victims: Iterable[Tenant], api_port: int, etcd_port: int) -> list[dict[str, Any]]:
    return [
        *_on_the_machine(victims),
        *_on_the_network(attacker),
        *_on_the_database(attacker, victims, api_port, etcd_port),
        *_on_redis(attacker, victims),
    ]


def _on_the_machine(victims: Iterable[Tenant]) -> Iterator[dict[str, Any]]:
    theirs = [f"{base}/{victim.environment}" for victim in victims for base in ("/var/lib/tierline/odoo", "/etc/tierline/odoo")]
    yield {"id": "capabilities", "kind": "privileges"}
    for kind, paths in (("read", (*_READ, *theirs)), ("write", _WRITE), ("socket", _SOCKETS)):
        yield from ({"id": f"{kind} {path}", "kind": kind, "path": path} for path in paths)
    yield from ({"id": right, "kind": "right", "right": right} for right in _RIGHTS)


def _on_the_network(attacker: Tenant) -> Iterator[dict[str, Any]]:
    yield {"id": "metadata of the cloud", "kind": "port", "host": _METADATA, "port": 80}
    for gateway in attacker.place.gateways if attacker.place else ():
        for port in _ENGINE_PORTS:
            yield {"id": f"container engine at {gateway}:{port}", "kind": "port", "host": gateway, "port": port}


def _on_the_database(attacker: Tenant, victims: Iterable[Tenant], api_port: int, etcd_port: int) -> Iterator[dict[str, Any]]:
    name, database = attacker.database["name"], attacker.database
    for host in [part.strip() for part in str(database["host"]).split(",")]:
        pooler = {"kind": "database", "host": host, "port": database["port"]}
        yield pooler | {"id": f"console of the pooler at {host}", "database": "pgbouncer"}
        yield pooler | {"id": f"template1 at {host}", "database": "template1"}
        etcd = {"kind": "https", "host": host, "port": etcd_port, "method": "GET", "path": "/version"}
        yield etcd | {"id": f"etcd at {host}"}
        # An empty change, which is none.
        patroni = {"kind": "https", "host": host, "port": api_port, "method": "PATCH", "path": "/config", "body": "{}"}
        yield patroni | {"id": f"configuration of the cluster at {host}"}
    for title, statement in _STATEMENTS.items():
        where = "postgres" if title in _SHARED else name
        yield {"id": f"database: {title}", "kind": "database", "database": where, "statement": statement}
    for victim in victims:
        statement = f'SET ROLE "{victim.database["user"]}"'
        yield {"id": f"database: become {victim.environment}", "kind": "database", "database": name, "statement": statement}


def _on_redis(attacker: Tenant, victims: Iterable[Tenant]) -> Iterator[dict[str, Any]]:
    if not attacker.redis_password:
        return
    channels = {one.environment: f"{one.redis['key_prefix']}verification" for one in victims if one.redis.get("key_prefix")}
    listening = {f"listen to {name}": ["SUBSCRIBE", channel] for name, channel in channels.items()}
    for found, commands in ((doors.servers, _COMMANDS | listening), (doors.sentinels, _TO_SENTINELS)):
        for door in found(attacker.redis):
            yield from (redis_attempt(attacker, door, f"{door.title}: {title}", words) for title, words in commands.items())


def limits(attacker: Tenant) -> list[Check]:
    """What the engine was told to keep the container within. A limit that nobody set is one that nobody can reach."""
    held = attacker.place.held if attacker.place else {}
    return [
        Check(
            name=f"{attacker.environment} container: {title}",
            layer="container",
            status=PASSED if good else FAILED,
            detail=seen,
        )
        for title, good, seen in _judged(held)
    ]


def _judged(held: Mapping[str, Any]) -> Iterator[tuple[str, bool, str]]:
    memory, swap = int(held.get("Memory") or 0), int(held.get("MemorySwap") or 0)
    yield "memory is limited", memory > 0, f"{memory // 1048576} MiB"
    yield "no swap besides", memory > 0 and swap == memory, f"{max(swap - memory, 0) // 1048576} MiB of swap"
    cpus = int(held.get("NanoCpus") or 0) / 1e9
    yield "processors are limited", cpus > 0, f"{cpus:g}"
    processes = int(held.get("PidsLimit") or 0)
    yield "processes are limited", processes > 0, str(processes)
    log = (held.get("LogConfig") or {}).get("Config") or {}
    yield (
        "its log is limited",
        bool(log.get("max-size")),
        f"{log.get('max-file', '1')} files of {log.get('max-size', 'any size')}",
    )
    yield "its root is read-only", bool(held.get("ReadonlyRootfs")), str(bool(held.get("ReadonlyRootfs"))).lower()
    shared = [key for key in ("NetworkMode", "PidMode", "IpcMode", "UTSMode", "UsernsMode") if held.get(key) == "host"]
    yield "no namespace of the machine", not shared, ", ".join(shared) or "none"
    grants = [key for key in ("Privileged", "CapAdd", "Devices", "DeviceRequests") if held.get(key)]
    yield "no privilege is granted", not grants, ", ".join(grants) or "none"
