# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.cluster import Cluster, Member, read_cluster
from ansible_collections.tierline.erp.plugins.module_utils.postgres.health import Rules, describe
from ansible_collections.tierline.erp.plugins.module_utils.postgres.health import ailments as found
from cluster_fakes import healthy


def ailments(*arguments):
    return list(map(str, found(*arguments)))


def with_member(cluster, name, **facts):
    return replace(cluster, members=tuple(replace(m, **facts) if m.name == name else m for m in cluster.members))


@pytest.mark.parametrize("cluster", [healthy(), healthy(5), healthy(3, "off"), healthy(1, "off"), healthy(3, "on")])
def test_nothing_is_wrong_with_a_healthy_cluster(cluster):
    assert ailments(cluster) == []
    assert describe(cluster)["primary"] == "db1"


@pytest.mark.parametrize(
    ("name", "facts", "reason"),
    [
        ("db2", {"error": "refused"}, "db2 doesn't answer (refused)"),
        ("db2", {"state": "starting"}, "db2 is starting, not running"),
        ("db2", {"streaming": False}, "db2 doesn't stream from the primary"),
        ("db2", {"timeline": 7}, "db2 is on timeline 7, the primary on 1"),
        ("db2", {"location": None}, "db2 doesn't say how far it lags"),
        ("db1", {"location": 2_000_000}, "db2 lags by 1999000 bytes, more than 1048576"),
        ("db1", {"state": "stopping"}, "db1 is stopping, not running"),
        ("db1", {"primary": False}, "no member is the primary"),
        ("db2", {"primary": True}, "more than one member says that it is the primary: db1, db2"),
        ("db1", {"paused": True}, "the cluster is in maintenance mode (paused)"),
        ("db1", {"failsafe": True}, "the primary stays one only by failsafe mode: etcd doesn't answer it"),
        ("db1", {"leaderless": True}, "nobody holds the leader lock in etcd"),
        ("db3", {"scope": "other"}, "the members belong to different clusters: c, other"),
    ],
)
def test_each_ailment_is_named(name, facts, reason):
    assert reason in ailments(with_member(healthy(), name, **facts))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"registered": ("db1", "db2", "db3", "db4")},
            "db4 is a member of the cluster but not among those that were given",
        ),
        ({"registered": ("db1", "db2")}, "db3 isn't registered as a member of the cluster"),
        ({"switchover_scheduled": True}, "a switchover is scheduled: cancel it with patronictl flush"),
    ],
)
def test_what_etcd_says_counts(change, reason):
    assert ailments(replace(healthy(), **change)) == [reason]


def test_a_synchronous_cluster_wants_a_synchronous_replica():
    cluster = healthy()
    for name in ("db2", "db3"):
        assert ailments(cluster) == []
        cluster = with_member(cluster, name, synchronous=False)
    assert ailments(cluster) == ["synchronous mode is quorum, but no replica is synchronous"]
    assert ailments(replace(cluster, synchronous_mode="off")) == []


def test_maintenance_mode_can_be_allowed_and_the_lag_chosen():
    cluster = with_member(healthy(), "db1", paused=True, location=3000)
    assert ailments(cluster, Rules(allow_paused=True)) == []
    assert ailments(cluster, Rules(maximum_lag=1999, allow_paused=True)) == [
        "db2 lags by 2000 bytes, more than 1999",
        "db3 lags by 2000 bytes, more than 1999",
    ]


PRIMARY = {
    "state": "running",
    "role": "primary",
    "server_version": 170006,
    "postmaster_start_time": "2026-01-31 09:12:44.482133+00:00",
    "timeline": 3,
    "xlog": {"location": 5000},
    "replication": [{"application_name": "db2", "state": "streaming"}, {"application_name": "db3", "state": "startup"}],
    "patroni": {"version": "4.0.7", "scope": "c", "name": "db1"},
}
REPLICA = {
    "state": "running",
    "role": "replica",
    "timeline": 3,
    "xlog": {"received_location": 4000, "replayed_location": 3900},
    "quorum_standby": True,
    "pending_restart": True,
    "tags": {"nofailover": True},
    "patroni": {"version": "4.0.7", "scope": "c", "name": "db2"},
}


def test_the_model_is_what_the_members_answer():
    reason = {"max_connections": {"old_value": "200", "new_value": "100"}}
    cluster = read_cluster(
        {"db1": PRIMARY, "db2": REPLICA, "db3": "no route"},
        {"members": [{"name": "db1"}, {"name": "db2", "pending_restart_reason": reason}, {"name": "db3"}]},
        {"synchronous_mode": "quorum"},
    )
    assert cluster == Cluster(
        (
            Member(
                "db1",
                scope="c",
                state="running",
                primary=True,
                timeline=3,
                location=5000,
                started="2026-01-31 09:12:44.482133+00:00",
                server_version=170006,
                patroni_version="4.0.7",
            ),
            Member(
                "db2",
                scope="c",
                state="running",
                streaming=True,
                synchronous=True,
                timeline=3,
                location=4000,
                pending_restart=True,
                pending_reasons=reason,
                candidate_allowed=False,
                patroni_version="4.0.7",
            ),
            Member("db3", error="no route"),
        ),
        ("db1", "db2", "db3"),
        "quorum",
    )
    assert cluster.lag(cluster.named("db2")) == 1000
    assert cluster.named("db2").lowers_a_standby_setting
    assert [m["state"] for m in describe(cluster)["members"]] == ["running", "streaming", "no route"]


@pytest.mark.parametrize(("mode", "told"), [(True, "on"), (False, "off"), (None, "off"), ("quorum", "quorum")])
def test_patroni_says_on_and_off_as_booleans(mode, told):
    assert read_cluster({"db1": {**PRIMARY, "role": "master"}}, {}, {"synchronous_mode": mode}).synchronous_mode == told


def test_nobody_answers():
    assert ailments(read_cluster({"db1": "refused"}, {}, {})) == ["db1 doesn't answer (refused)", "no member is the primary"]
