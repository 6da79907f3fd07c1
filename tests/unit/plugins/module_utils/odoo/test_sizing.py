# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odoo's processes and connections: known sizes, and bounds that hold for all."""

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import sizing
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.sizing import Limits, size
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("limits", "workers", "bound"),
    [
        # The example of Odoo's documentation: 4 cores, 60 users, 8 workers and one for crons, 3 GB.
        (Limits(4, 3300), 8, "cpus"),
        (Limits(4, 8192, users=60), 8, "cpus"),
        (Limits(4, 8192, users=20), 4, "users"),
        (Limits(4, 8192, users=1), 2, "users"),
        (Limits(4, 2048), 4, "memory_mb"),
        (Limits(16, 65536), 18, "pool"),
        (Limits(16, 65536, pool=100, clients=200), 23, "clients"),
        # No room for two: one process with threads.
        (Limits(1, 1024), 0, "memory_mb"),
        (Limits(0.5, 4096), 0, "cpus"),
        (Limits(1, 4096), 2, "cpus"),
        (Limits(1, 4096, cron_threads=0), 3, "cpus"),
    ],
)
def test_known_sizes(limits: Limits, workers: int, bound: str) -> None:
    found = size(limits)
    assert (found.workers, found.bound, found.users) == (workers, bound, workers * 6)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(0, 1024), "cpus is 0"),
        (Limits(1, 256), "memory_mb is 256"),
        (Limits(1, 1024, cron_threads=-1), "can't be negative"),
        (Limits(1, 1024, pool=2), "pool is 2: 3 connections"),
        (Limits(1, 1024, clients=20), "clients is 20: two slots need 24"),
    ],
)
def test_what_odoo_can_not_run_with_is_refused(limits: Limits, said: str) -> None:
    with pytest.raises(OdooError, match=said):
        size(limits)


possible = st.builds(
    Limits,
    cpus=st.floats(0.1, 128),
    memory_mb=st.integers(512, 262_144),
    cron_threads=st.integers(0, 4),
    users=st.integers(0, 1000),
    pool=st.integers(6, 200),
    clients=st.integers(48, 2000),
)


@given(possible)
def test_two_slots_fit_into_memory_of_the_container_and_into_pgbouncer(limits: Limits) -> None:
    found = size(limits)
    assert found.workers == 0 or found.workers >= sizing.FEWEST_WORKERS
    processes = found.workers + found.cron_threads
    if found.workers:
        assert found.db_maxconn >= sizing.FEWEST_CONNECTIONS
        assert 2 * (processes * found.db_maxconn + found.db_maxconn_gevent) <= limits.clients
        assert processes * sizing.WORKER_MB + sizing.MASTER_MB + sizing.GEVENT_MB <= limits.memory_mb
        assert processes + 1 <= limits.pool
    else:
        assert 2 * found.db_maxconn <= limits.clients


@given(possible, st.integers(0, 65536), st.floats(0, 32))
def test_more_never_gives_fewer_workers(limits: Limits, memory_mb: int, cpus: float) -> None:
    more = Limits(
        limits.cpus + cpus, limits.memory_mb + memory_mb, limits.cron_threads, limits.users, limits.pool, limits.clients
    )
    assert size(more).workers >= size(limits).workers
