# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many processes an environment gets, and how many connections each may open. Pure; docs/sizing.md has the sources."""

from __future__ import annotations

from dataclasses import dataclass

from . import config
from .errors import OdooError, refuse
from .models import MINIMUM_MEMORY_MB

# Odoo's own estimate: four of five requests take 150 MB, one takes a gigabyte.
WORKER_MB = round(0.8 * 150 + 0.2 * 1024)
# The process that starts the others, and the evented one for websockets: as light requests.
MASTER_MB, GEVENT_MB = 150, 150
# A report makes Odoo ask itself for images and styles: one worker alone would wait for itself.
FEWEST_WORKERS = 2
USERS_PER_WORKER = 6
# A request has a cursor, and sometimes a second one for what must be kept whatever happens to the first.
FEWEST_CONNECTIONS, MOST_CONNECTIONS = 4, 16
MOST_GEVENT_CONNECTIONS = 32
# Two slots run at a time while a release lasts.
SLOTS_AT_A_TIME = 2
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What the environment may use. `pool` and `clients` are PgBouncer's, for one environment on one member."""

    cpus: float
    memory_mb: int
    cron_threads: int = 1
    users: int = 0
    pool: int = 20
    clients: int = 500


@dataclass(frozen=True)
class Sizes:
    """`bound` names what allows no more workers."""

    workers: int
    cron_threads: int
    bound: str
    users: int
    limit_memory_soft: int
    limit_memory_hard: int
    db_maxconn: int
    db_maxconn_gevent: int


def size(limits: Limits) -> Sizes:
    refuse(_problems(limits))
    most = {
        "cpus": int(limits.cpus * 2 + 1) - limits.cron_threads,
        "memory_mb": (limits.memory_mb - MASTER_MB - GEVENT_MB) // WORKER_MB - limits.cron_threads,
        "pool": limits.pool - limits.cron_threads - 1,
        "clients": _most_processes(limits.clients) - limits.cron_threads,
    }
    if limits.users:
        most["users"] = max(-(-limits.users // USERS_PER_WORKER), FEWEST_WORKERS)
    bound = min(most, key=lambda name: (most[name], name))
    workers = most[bound] if most[bound] >= FEWEST_WORKERS else 0
    soft, hard = config.memory_limits(limits.memory_mb)
    each, gevent = _connections(limits, workers)
    return Sizes(workers, limits.cron_threads, bound, workers * USERS_PER_WORKER, soft, hard, each, gevent)


def _problems(limits: Limits) -> list[str]:
    problems = []
    if limits.cpus <= 0:
        problems.append(f"cpus is {limits.cpus}: a number above 0 is needed")
    if limits.memory_mb < MINIMUM_MEMORY_MB:
        problems.append(f"memory_mb is {limits.memory_mb}: Odoo needs {MINIMUM_MEMORY_MB} or more")
    if limits.cron_threads < 0 or limits.users < 0:
        problems.append("cron_threads and users can't be negative")
    if limits.pool < limits.cron_threads + FEWEST_WORKERS:
        problems.append(f"pool is {limits.pool}: {limits.cron_threads + FEWEST_WORKERS} connections or more are needed at a time")
    if _most_processes(limits.clients) < 1 + limits.cron_threads:
        needed = SLOTS_AT_A_TIME * FEWEST_CONNECTIONS * (2 + limits.cron_threads)
        problems.append(f"clients is {limits.clients}: two slots need {needed} or more")
    return problems


def _most_processes(clients: int) -> int:
    """HTTP workers and crons that have room for their fewest connections, beside the evented process with as many."""
    return clients // SLOTS_AT_A_TIME // FEWEST_CONNECTIONS - 1


def _connections(limits: Limits, workers: int) -> tuple[int, int]:
    """Of each process, and of the evented one, so that two slots together stay below what PgBouncer takes."""
    here = limits.clients // SLOTS_AT_A_TIME
    if not workers:
        # One process answers all, in threads: more at a time than the pool has would only wait there.
        both = min(here, max(limits.pool, FEWEST_CONNECTIONS))
        return both, both
    processes = workers + limits.cron_threads
    gevent = max(FEWEST_CONNECTIONS, min(MOST_GEVENT_CONNECTIONS, here // 4))
    each = min(MOST_CONNECTIONS, (here - gevent) // processes)
    if each < FEWEST_CONNECTIONS:
        each, gevent = FEWEST_CONNECTIONS, here - FEWEST_CONNECTIONS * processes
    if gevent < FEWEST_CONNECTIONS:  # can't be: _most_processes left room
        raise OdooError(f"clients is {limits.clients}: too few for {processes} processes")
    return each, gevent


def as_options(sizes: Sizes) -> dict[str, int]:
    """What of it belongs into `options` of an environment: the rest are keys of their own."""
    return {"db_maxconn": sizes.db_maxconn, "db_maxconn_gevent": sizes.db_maxconn_gevent}
