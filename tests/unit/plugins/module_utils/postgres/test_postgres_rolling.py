# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.rolling import (
    Restart,
    Switchover,
    candidate,
    is_pending,
    next_step,
    not_restarted_since,
    plan,
    started_before,
)
from cluster_fakes import healthy, member

LOWERED = {"max_connections": {"old_value": "200", "new_value": "100"}}


def with_member(cluster, name, **facts):
    return replace(cluster, members=tuple(replace(m, **facts) if m.name == name else m for m in cluster.members))


@pytest.mark.parametrize(
    ("pending", "step"),
    [
        ((), None),
        (("db2",), Restart("db2")),
        (("db1", "db2", "db3"), Restart("db2")),
        (("db1", "db3"), Restart("db3")),
        (("db1",), Switchover("db1", "db2")),
    ],
)
def test_replicas_come_first(pending, step):
    assert next_step(healthy(pending=pending), is_pending) == step


def test_a_replica_that_no_commit_waits_for_comes_before_those_that_are_synchronous():
    cluster = with_member(healthy(pending=("db2", "db3")), "db3", synchronous=False)
    assert next_step(cluster, is_pending) == Restart("db3")


def test_a_single_member_is_restarted_in_place():
    assert next_step(healthy(1, "off", ("db1",)), is_pending) == Restart("db1", primary=True)


def test_a_lowered_setting_starts_with_the_primary():
    cluster = healthy(pending=("db1", "db2", "db3"))
    assert next_step(with_member(cluster, "db1", pending_reasons=LOWERED), is_pending) == Restart("db1", primary=True)
    raised = {"max_connections": {"old_value": "100", "new_value": "200"}, "wal_level": {"old_value": "replica"}}
    assert next_step(with_member(cluster, "db1", pending_reasons=raised), is_pending) == Restart("db2")


def test_the_plan_tells_the_steps():
    assert plan(healthy(pending=("db1", "db2", "db3")), is_pending) == [
        "restart db2",
        "restart db3",
        "switchover from db1 to db2",
    ]
    assert plan(healthy(pending=("db3",)), is_pending) == ["restart db3"]
    assert plan(healthy(1, "off", ("db1",)), is_pending) == ["restart db1 (primary, in place)"]
    assert plan(healthy(), is_pending) == []


def test_all_means_all_that_run_as_they_did():
    due = not_restarted_since(healthy())
    assert due(member("db2"))
    assert not due(member("db2", started="1"))


@pytest.mark.parametrize(
    ("limit", "due"),
    [
        ("2026-01-31 10:00:00+00:00", True),
        ("2026-01-31 09:00:00+00:00", False),
        ("2026-01-31 10:00:00", True),
        ("2026-01-31 10:30:00+01:00", True),
        ("2026-01-31 10:30:00+02:00", False),
    ],
)
def test_members_that_started_before_a_moment(limit, due):
    assert started_before(datetime.fromisoformat(limit))(member("db2", started="2026-01-31 09:12:44.482133+00:00")) is due


def test_the_candidate_is_the_synchronous_replica_that_lags_least():
    cluster = with_member(with_member(healthy(5), "db1", location=2000), "db4", location=1999)
    assert candidate(cluster).name == "db4"
    assert candidate(with_member(cluster, "db4", synchronous=False)).name == "db2"
    assert candidate(cluster, "db5").name == "db5"


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"synchronous": False}, "isn't synchronous"),
        ({"streaming": False}, "doesn't stream"),
        ({"candidate_allowed": False}, "nofailover"),
        ({"error": "refused"}, "doesn't answer"),
    ],
)
def test_who_cannot_take_over_is_refused(facts, why):
    cluster = with_member(healthy(), "db2", **facts)
    with pytest.raises(PostgresError, match=why):
        candidate(cluster, "db2")
    assert candidate(cluster).name == "db3"
    with pytest.raises(PostgresError, match=f"db2 .*{why}.*db3"):
        candidate(with_member(cluster, "db3", **facts))


@pytest.mark.parametrize(("name", "why"), [("db1", "primary already"), ("db9", "no member of the cluster")])
def test_who_cannot_be_the_candidate(name, why):
    with pytest.raises(PostgresError, match=why):
        candidate(healthy(), name)


def test_a_single_member_has_no_candidate():
    with pytest.raises(PostgresError, match="has one member"):
        candidate(healthy(1, "off"))
