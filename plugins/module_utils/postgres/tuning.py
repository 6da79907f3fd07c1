# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL's settings for an ERP, computed from the machine. Pure; every rule with its source is in docs/postgres-settings.md.

The memory is divided once: a quarter is PostgreSQL's own cache, a quarter is for sorting and hashing, an eighth for vacuum and
building indexes. What is left, three eighths, is the kernel's cache, the connections themselves and the system.

Members must agree on some settings (CLUSTER). These follow from what all members are told, never from one member's machine, so
that unequal members agree without knowing each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import PostgresError

MB_PER_CONNECTION = 1
# PostgreSQL's default since version 15: a hash may take this many times work_mem.
HASH_MULTIPLIER = 2
MINIMUM_WORK_MEM = 2
MAXIMUM_WORK_MEM = 64
# Kept for the superuser, that is for Patroni and the person who comes to help.
RESERVED_CONNECTIONS = 10
WORKER_PROCESSES = 64

# Patroni takes these from the cluster's configuration only, because members must agree on them:
# https://patroni.readthedocs.io/en/latest/patroni_configuration.html
CLUSTER = frozenset(
    {
        "hot_standby",
        "max_connections",
        "max_locks_per_transaction",
        "max_prepared_transactions",
        "max_replication_slots",
        "max_wal_senders",
        "max_worker_processes",
        "track_commit_timestamp",
        "wal_keep_size",
        "wal_level",
        "wal_log_hints",
    }
)


@dataclass(frozen=True)
class Storage:
    """How the planner and vacuum see a kind of storage."""

    random_page_cost: float
    concurrency: int
    vacuum_cost_limit: int
    max_wal_mb: int


STORAGE = {
    "ssd": Storage(1.1, 200, 2000, 8192),
    # A volume that is reached over a network: random reads cost little more than others, but requests are counted.
    "network": Storage(1.5, 100, 1000, 8192),
    "hdd": Storage(4.0, 2, 400, 4096),
}


@dataclass(frozen=True)
class Machine:
    memory_mb: int
    cores: int
    storage: str = "ssd"

    def __post_init__(self) -> None:
        if self.memory_mb < 1 or self.cores < 1:
            raise PostgresError(f"a machine with {self.memory_mb} MB of memory and {self.cores} cores can't run PostgreSQL")
        if self.storage not in STORAGE:
            raise PostgresError(f"storage is '{self.storage}'; known are {', '.join(sorted(STORAGE))}")


def tune(machine: Machine, connections: int) -> dict[str, Any]:
    """Settings for ``connections`` sessions of applications."""
    settings = {
        **_cluster(connections),
        **_memory(machine, connections),
        **_writing(machine),
        **_planning(machine),
        **_vacuuming(machine),
    }
    needed = memory_needed_mb(settings, machine.cores)
    if needed > machine.memory_mb:
        raise PostgresError(
            f"{connections} connections need about {needed} MB of memory, and there are {machine.memory_mb} MB: "
            "expect fewer connections (postgres_ha_connections; PgBouncer lets many clients share them) or give more memory"
        )
    return settings


def split(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What belongs to the cluster's configuration, and what to a member's."""
    return {
        "cluster": {name: value for name, value in settings.items() if name in CLUSTER},
        "member": {name: value for name, value in settings.items() if name not in CLUSTER},
    }


def memory_needed_mb(settings: Mapping[str, Any], cores: int) -> int:
    """What PostgreSQL takes when everything that may happen at once does."""
    megabytes = {name: int(str(value).removesuffix("MB")) for name, value in settings.items() if str(value).endswith("MB")}
    connections = settings["max_connections"]
    return (
        megabytes["shared_buffers"]
        + _active(connections, cores) * megabytes["work_mem"] * HASH_MULTIPLIER
        + settings["autovacuum_max_workers"] * megabytes["autovacuum_work_mem"]
        + megabytes["maintenance_work_mem"]
        + connections * MB_PER_CONNECTION
    )


def _cluster(connections: int) -> dict[str, Any]:
    return {
        "max_connections": connections + RESERVED_CONNECTIONS,
        # An upgrade of Odoo takes locks on thousands of tables in one transaction.
        "max_locks_per_transaction": 128,
        "max_prepared_transactions": 0,
        # Enough for five members, as many copies that are being made, and backups. Not derived from the number of members: a
        # cluster that grows would have to restart.
        "max_replication_slots": 16,
        "max_wal_senders": 16,
        # A slot costs kilobytes: enough for any number of cores, so that unequal members agree.
        "max_worker_processes": WORKER_PROCESSES,
    }


def _memory(machine: Machine, connections: int) -> dict[str, Any]:
    memory = machine.memory_mb
    active = _active(connections + RESERVED_CONNECTIONS, machine.cores)
    work = memory // 4 // (active * HASH_MULTIPLIER)
    return {
        "shared_buffers": _mb(max(memory // 4, 32)),
        "effective_cache_size": _mb(memory * 5 // 8),
        "work_mem": _mb(_clamp(work, MINIMUM_WORK_MEM, MAXIMUM_WORK_MEM)),
        "maintenance_work_mem": _mb(_clamp(memory // 16, 16, 1024)),
        "autovacuum_work_mem": _mb(_clamp(memory // 16 // _vacuum_workers(machine), 8, 256)),
        "huge_pages": "try",
    }


def _writing(machine: Machine) -> dict[str, Any]:
    most = _clamp(machine.memory_mb, 1024, STORAGE[machine.storage].max_wal_mb)
    return {
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": 0.9,
        "max_wal_size": _mb(most),
        "min_wal_size": _mb(most // 4),
        # PostgreSQL's own method ("on") takes several times the processor time of lz4, which shows where whole pages are logged.
        "wal_compression": "lz4",
        # How soon a replica tries again to reach its primary: after a failover synchronous commits wait for it.
        "wal_retrieve_retry_interval": "500ms",
    }


def _planning(machine: Machine) -> dict[str, Any]:
    storage = STORAGE[machine.storage]
    return {
        "random_page_cost": storage.random_page_cost,
        "effective_io_concurrency": storage.concurrency,
        "maintenance_io_concurrency": storage.concurrency,
        "jit": "off",
        "max_parallel_workers": min(machine.cores, WORKER_PROCESSES - 16),
        # Of two cores none is to spare for a report; of many a few are.
        "max_parallel_workers_per_gather": min(machine.cores // 4, 4),
        "max_parallel_maintenance_workers": _clamp(machine.cores // 2, 1, 4),
    }


def _vacuuming(machine: Machine) -> dict[str, Any]:
    return {
        "autovacuum_max_workers": _vacuum_workers(machine),
        "autovacuum_vacuum_cost_limit": STORAGE[machine.storage].vacuum_cost_limit,
        "autovacuum_vacuum_scale_factor": 0.05,
        "autovacuum_vacuum_insert_scale_factor": 0.1,
        "autovacuum_analyze_scale_factor": 0.02,
    }


def _vacuum_workers(machine: Machine) -> int:
    return _clamp(machine.cores // 2, 3, 8)


def _active(connections: int, cores: int) -> int:
    """Sessions that sort or hash at the same moment: at most a quarter of them, or four for each core if that is more."""
    return min(connections, max(math.ceil(connections / 4), 4 * cores))


def _clamp(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))


def _mb(value: int) -> str:
    return f"{value}MB"
