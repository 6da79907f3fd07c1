# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole operations against a cluster in memory, cut off anywhere. FakeApi fails the test when a second member is touched
while one is down."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres import operations
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.health import ailments
from ansible_collections.tierline.erp.plugins.module_utils.postgres.operations import Limits, Operator
from ansible_collections.tierline.erp.plugins.module_utils.postgres.rolling import is_pending, not_restarted_since
from cluster_fakes import Died, FakeApi, FakeClock, FakePoolers, healthy
from hypothesis import given
from hypothesis import strategies as st


class AtOnce(threading.Thread):
    """The request for a switchover, without a thread: what dies in it dies here."""

    def start(self):
        self.run()


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch):
    monkeypatch.setattr(operations.threading, "Thread", AtOnce)


def operator(cluster, **how):
    clock = FakeClock()
    return Operator(FakeApi(cluster, clock, **how), FakePoolers(), clock, limits=Limits(healthy=60, restart=60))


def test_pending_members_are_restarted_replicas_first():
    one = operator(healthy(pending=("db1", "db2", "db3")))
    cluster = one.roll(is_pending)
    assert one.done == ["restart db2", "restart db3", "switchover from db1 to db2"]
    assert not ailments(cluster)
    assert not any(member.pending_restart for member in cluster.members)
    assert (one.poolers.pauses, one.poolers.state) == (1, "active")


def test_a_single_member_restarts_while_applications_wait():
    one = operator(healthy(1, "off", ("db1",)))
    one.roll(is_pending)
    assert one.done == ["restart db1 (primary, in place)"]
    assert (one.poolers.pauses, one.poolers.state) == (1, "active")


@given(
    count=st.sampled_from([1, 3, 5]),
    pending=st.sets(st.sampled_from(["db1", "db2", "db3", "db4", "db5"])),
    deaths=st.lists(st.integers(0, 3), max_size=4),
    wait=st.sampled_from([0.0, 1.0, 10.0]),
)
def test_whenever_it_dies_the_next_run_finishes_and_two_are_never_down_together(count, pending, deaths, wait):
    operations.threading.Thread = AtOnce
    one = operator(healthy(count, "quorum" if count > 1 else "off", tuple(pending)))
    for lives in [*deaths, None]:
        one.api.lives = lives
        one.done.clear()
        try:
            one.roll(is_pending)
        except Died:
            # The operator is run again after a while: too early is refused, and harms nobody.
            one.clock.sleep(wait)
        except PostgresError:
            one.clock.sleep(10)
    if any(member.pending_restart for member in one.api.observe().members):
        one.clock.sleep(10)
        one.api.lives = None
        one.roll(is_pending)
    assert not any(member.pending_restart for member in one.api.observe().members)
    touched = [call[1] for call in one.api.calls if call[0] == "restart"]
    assert len(touched) == len(set(touched)), "a member was restarted twice"


def test_all_are_restarted_once_and_a_run_that_was_cut_off_is_finished():
    one = operator(healthy(), lives=1)
    due = not_restarted_since(one.api.observe())
    with pytest.raises(Died):
        one.roll(due)
    one.api.lives = None
    one.clock.sleep(10)
    one.roll(due)
    assert [call[:2] for call in one.api.calls] == [("restart", "db2"), ("restart", "db3"), ("switchover", "db1")]


def test_an_unhealthy_cluster_is_left_alone():
    one = operator(healthy(pending=("db2",)))
    one.api.change("db3", streaming=False)
    with pytest.raises(PostgresError, match="nothing was changed: db3 doesn't stream"):
        one.roll(is_pending)
    assert one.api.calls == []


def test_a_member_that_does_not_come_back_stops_the_run():
    one = operator(healthy(pending=("db2", "db3")), recovery=10_000)
    with pytest.raises(PostgresError, match=r"after restart db2 .* no other member was touched: db2 is starting"):
        one.roll(is_pending)
    assert one.api.calls == [("restart", "db2")]


def test_a_member_that_stays_due_is_not_restarted_for_ever():
    one = operator(healthy())
    with pytest.raises(PostgresError, match="db2 was restarted, but it still waits"):
        one.roll(lambda member: member.name == "db2")
    assert one.api.calls == [("restart", "db2")]


def test_switchover_to_a_wish():
    one = operator(healthy())
    cluster = one.switch_over(one.look(), "db3")
    assert cluster.primary.name == "db3"
    assert one.done == ["switchover from db1 to db3"]
    assert (one.poolers.pauses, one.poolers.state) == (1, "active")


def test_applications_go_on_when_patroni_refuses():
    one = operator(healthy())
    one.api.refuses = "412 no good candidates have been found"
    with pytest.raises(PostgresError, match="no good candidates"):
        one.switch_over(one.look(), None)
    assert (one.poolers.pauses, one.poolers.state) == (1, "active")


def test_applications_go_on_when_the_candidate_never_answers(monkeypatch):
    one = operator(healthy())
    monkeypatch.setattr(one.api, "switchover", lambda *_who: None)
    with pytest.raises(PostgresError, match="didn't happen within 30 s"):
        one.switch_over(one.look(), None)
    assert one.poolers.state == "active"


def test_without_poolers_there_is_nothing_to_pause():
    one = operator(healthy())
    one.poolers = None
    assert one.leftovers() == []
    one.resume_leftovers()
    assert one.switch_over(one.look(), None).primary.name == "db2"


def test_what_an_earlier_run_left_paused_goes_on():
    one = operator(healthy())
    one.poolers.state = "paused"
    one.resume_leftovers()
    assert (one.poolers.state, one.done) == ("active", ["resume PgBouncer on db1"])


def test_a_replica_is_copied_again():
    one = operator(healthy())
    one.api.change("db3", streaming=False, timeline=None, location=None, state="start failed")
    cluster = one.api.cluster
    one.api.change("db3", timeline=1, location=1000)
    assert ailments(cluster)
    assert not ailments(one.reinitialise("db3", force=False))
    assert one.api.calls == [("reinitialise", "db3")]


def test_copying_the_only_synchronous_replica_is_what_mends_the_cluster():
    one = operator(healthy())
    one.api.change("db2", synchronous=False)
    one.api.change("db3", synchronous=False, streaming=False)
    with pytest.raises(PostgresError, match="wasn't finished within 60 s: synchronous mode is quorum"):
        one.reinitialise("db3", force=False)
    assert one.api.calls == [("reinitialise", "db3")]


def test_a_copy_that_never_ends_is_told():
    one = operator(healthy())
    one.api.reinitialise = lambda *_what: None
    with pytest.raises(PostgresError, match="reinitialise db3 wasn't finished within 60 s: it still runs"):
        one.reinitialise("db3", force=False)


def test_a_member_that_misses_maintenance_mode_is_named():
    one = operator(healthy())
    one.api.change("db1", paused=True)
    one.api.change("db2", error="refused")
    with pytest.raises(PostgresError, match=r"^db3 didn't notice maintenance mode's change within 60 s"):
        one.wait_until_noticed(paused=True)


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("db1", {}, "is the primary"),
        ("db9", {}, "no member of the cluster"),
        ("db3", {"db3": {"error": "refused"}}, "Start Patroni there first"),
        ("db3", {"db2": {"streaming": False}}, "the rest of the cluster isn't healthy"),
        ("db3", {"db1": {"paused": True}}, "maintenance mode"),
    ],
)
def test_what_is_not_copied(name, change, why):
    one = operator(healthy())
    for other, facts in change.items():
        one.api.change(other, **facts)
    with pytest.raises(PostgresError, match=why):
        one.reinitialise(name, force=False)
    assert one.api.calls == []


@pytest.mark.parametrize(
    ("mode", "wanted", "calls"),
    [
        ("quorum", None, [("resign", "db1"), ("switchover", "db1", "db3")]),
        ("quorum", "db2", [("switchover", "db1", "db2")]),
        # A replica that nobody waited for may miss something, which only Patroni's own switchover looks at.
        ("off", None, [("switchover", "db1", "db2")]),
    ],
)
def test_the_primary_resigns_where_anybody_synchronous_may_take_over(mode, wanted, calls):
    one = operator(healthy(3, mode))
    one.resigner = one.api
    cluster = one.switch_over(one.look(), wanted)
    assert one.api.calls == calls
    assert one.done == [f"switchover from db1 to {calls[-1][2]}"]
    assert cluster.primary.name == calls[-1][2]
    assert (one.poolers.pauses, one.poolers.state) == (1, "active")


def test_a_primary_that_cannot_resign_leaves_nobody_paused():
    one = operator(healthy())

    class Broken:
        def resign(self, _member, _timeout):
            raise PostgresError("no PostgreSQL runs here")

    one.resigner = Broken()
    with pytest.raises(PostgresError, match="no PostgreSQL runs here"):
        one.switch_over(one.look(), None)
    assert (one.poolers.pauses, one.poolers.state) == (1, "active")
    assert one.api.calls == []


def test_nobody_takes_over():
    one = operator(healthy())

    class Empty:
        def resign(self, _member, _timeout):
            one.api.change("db1", primary=False)

    one.resigner = Empty()
    with pytest.raises(PostgresError, match="db1 resigned, but no replica took over within 30 s"):
        one.switch_over(one.look(), None)
