# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.tuning import (
    CLUSTER,
    STORAGE,
    Machine,
    memory_needed_mb,
    split,
    tune,
)
from hypothesis import assume, given
from hypothesis import strategies as st

GROWS_WITH_MEMORY = [
    "shared_buffers",
    "effective_cache_size",
    "work_mem",
    "maintenance_work_mem",
    "autovacuum_work_mem",
    "max_wal_size",
]
GROWS_WITH_CORES = [
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "max_parallel_maintenance_workers",
    "autovacuum_max_workers",
]

machines = st.builds(
    Machine, memory_mb=st.integers(128, 2_000_000), cores=st.integers(1, 256), storage=st.sampled_from(sorted(STORAGE))
)
connections = st.integers(1, 2000)


def tuned(machine: Machine, wanted: int) -> dict:
    try:
        return tune(machine, wanted)
    except PostgresError:
        assume(False)
        raise


def mb(value: str) -> int:
    assert value.endswith("MB")
    return int(value.removesuffix("MB"))


def test_a_server_of_16_gb():
    settings = tune(Machine(16384, 8), connections=200)
    assert {name: settings[name] for name in ("shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem")} == {
        "shared_buffers": "4096MB",
        "effective_cache_size": "10240MB",
        "work_mem": "38MB",
        "maintenance_work_mem": "1024MB",
    }
    assert settings["max_connections"] == 210
    assert settings["max_parallel_workers_per_gather"] == 2


def test_a_small_lab_host_still_works():
    settings = tune(Machine(1024, 2), connections=200)
    assert settings["shared_buffers"] == "256MB"
    assert mb(settings["work_mem"]) >= 2


@given(machines, connections)
def test_never_over_the_memory(machine, wanted):
    settings = tuned(machine, wanted)
    assert memory_needed_mb(settings, machine.cores) <= machine.memory_mb
    assert mb(settings["shared_buffers"]) <= machine.memory_mb * 0.4
    assert mb(settings["effective_cache_size"]) < machine.memory_mb


@given(machines, connections, st.integers(0, 500_000))
def test_more_memory_never_gives_less(machine, wanted, more):
    small = tuned(machine, wanted)
    large = tune(Machine(machine.memory_mb + more, machine.cores, machine.storage), wanted)
    for name in GROWS_WITH_MEMORY:
        assert mb(small[name]) <= mb(large[name]), name


@given(machines, connections, st.integers(0, 64))
def test_more_cores_never_give_less_parallelism(machine, wanted, more):
    few, many = tuned(machine, wanted), tuned(Machine(machine.memory_mb, machine.cores + more, machine.storage), wanted)
    for name in GROWS_WITH_CORES:
        assert few[name] <= many[name], name


@given(machines, connections, st.integers(0, 500))
def test_more_connections_never_get_more_memory_each(machine, wanted, more):
    few, many = tuned(machine, wanted), tuned(machine, wanted + more)
    assert mb(few["work_mem"]) >= mb(many["work_mem"])


@given(machines, machines, connections)
def test_unequal_members_agree(one, other, wanted):
    assert split(tuned(one, wanted))["cluster"] == split(tuned(other, wanted))["cluster"]


@given(machines, connections)
def test_no_more_parallel_workers_than_worker_processes(machine, wanted):
    settings = tuned(machine, wanted)
    assert settings["max_parallel_workers_per_gather"] <= settings["max_parallel_workers"] <= settings["max_worker_processes"]


@given(machines, connections)
def test_every_setting_is_on_one_side(machine, wanted):
    settings = tuned(machine, wanted)
    sides = split(settings)
    assert {**sides["cluster"], **sides["member"]} == settings
    assert set(sides["cluster"]) <= CLUSTER
    assert not set(sides["member"]) & CLUSTER


def test_storage_changes_what_reading_costs():
    cost = {kind: tune(Machine(8192, 4, kind), 100)["random_page_cost"] for kind in STORAGE}
    assert cost["ssd"] < cost["network"] < cost["hdd"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((0, 1), "can't run PostgreSQL"),
        ((1024, 0), "can't run PostgreSQL"),
        ((1024, 1, "tape"), "storage is 'tape'; known are hdd, network, ssd"),
    ],
)
def test_refuses_machines_that_cannot_be(arguments, said):
    with pytest.raises(PostgresError, match=said):
        Machine(*arguments)


def test_refuses_more_connections_than_the_memory_bears():
    with pytest.raises(PostgresError, match=r"500 connections need about \d+ MB of memory, and there are 512 MB"):
        tune(Machine(512, 2), 500)
