# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the members of etcd that are there to those that are wished: module_utils/etcd/plan.py."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.etcd.errors import EtcdError, EtcdUnavailableError
from ansible_collections.tierline.erp.plugins.module_utils.etcd.models import Cluster, Member, Wanted, quorum
from ansible_collections.tierline.erp.plugins.module_utils.etcd.plan import after, initial_cluster, next_step, plan
from hypothesis import assume, given
from hypothesis import strategies as st

NAMES = ["db1", "db2", "db3", "db4", "db5"]


def url(name):
    return f"https://{name}:2380"


def wish(*names):
    return [Wanted(name, url(name)) for name in names]


def cluster(*names, dead=(), leader=0):
    members = tuple(Member(int(name[2:]), name, (url(name),), ("client",)) for name in names)
    return Cluster(members, leader or members[0].id, frozenset(int(name[2:]) for name in names if name not in dead))


def told(steps):
    return [f"{step.action} {step.name}" for step in steps]


def test_nothing_to_do():
    assert plan(cluster("db1", "db2", "db3"), wish("db1", "db2", "db3")) == []


def test_growth_brings_in_one_after_the_other():
    assert told(plan(cluster("db1"), wish("db1", "db2", "db3"))) == [
        "add db2",
        "start db2",
        "promote db2",
        "add db3",
        "start db3",
        "promote db3",
    ]


def test_the_leader_leaves_last_and_hands_over_first():
    steps = plan(cluster("db1", "db2", "db3"), wish("db3"), remove=["db1", "db2"])
    assert told(steps) == ["remove db2", "move_leader db3", "remove db1"]


def test_the_dead_go_before_anybody_comes():
    steps = plan(cluster("db1", "db2", "db3", dead=["db3"]), wish("db1", "db2", "db4"), remove=["db3"])
    assert told(steps) == ["remove db3", "add db4", "start db4", "promote db4"]


def test_the_living_go_after_the_others_came():
    steps = plan(cluster("db1", "db2", "db3"), wish("db1", "db2", "db4"), remove=["db3"])
    assert told(steps) == ["add db4", "start db4", "promote db4", "remove db3"]


def test_a_host_that_lost_its_data_comes_anew():
    now = cluster("db1", "db2", "db3", dead=["db3"])
    assert told(plan(now, wish("db1", "db2", "db3"), lost=["db3"])) == ["remove db3", "add db3", "start db3", "promote db3"]
    assert plan(now, wish("db1", "db2", "db3")) == [], "dead alone is no reason"


def test_a_member_that_answers_has_not_lost_anything():
    assert plan(cluster("db1", "db2", "db3"), wish("db1", "db2", "db3"), lost=["db3"]) == []


def test_a_member_with_another_address_is_replaced():
    now = cluster("db1", "db2", "db3", dead=["db3"])
    steps = plan(now, [*wish("db1", "db2"), Wanted("db3", "https://new:2380")])
    assert told(steps)[:2] == ["remove db3", "add db3"]
    assert steps[1].peer_url == "https://new:2380"


def test_a_learner_that_was_left_behind_comes_first():
    left = Member(9, "", (url("db3"),), learner=True)
    now = cluster("db1")
    now = replace(now, members=(*now.members, left))
    assert told(plan(now, wish("db1", "db2", "db3")))[:3] == ["start db3", "promote db3", "add db2"]


def test_a_learner_that_nobody_wants_any_more_goes():
    left = Member(9, "", (url("db3"),), learner=True)
    now = cluster("db1")
    assert told(plan(replace(now, members=(*now.members, left)), wish("db1"))) == [f"remove {url('db3')}"]


def test_strangers_are_refused():
    with pytest.raises(EtcdError, match="etcd has the member db3, which is not among db1, db2"):
        next_step(cluster("db1", "db2", "db3"), wish("db1", "db2"))


def test_both_lists_are_refused():
    with pytest.raises(EtcdError, match="db2 shall be a member of etcd and be removed from it"):
        next_step(cluster("db1"), wish("db1", "db2"), remove=["db2"])


def test_without_a_quorum_nothing_is_tried():
    with pytest.raises(
        EtcdUnavailableError, match="1 of 3 voting members of etcd answer and changing members takes 2: bring back db2, db3"
    ):
        next_step(cluster("db1", "db2", "db3", dead=["db2", "db3"]), wish("db1"), remove=["db2", "db3"])


def test_what_would_cost_the_quorum_is_refused():
    # db3 is dead and stays: of db1 and db3 alone, one answers.
    with pytest.raises(EtcdError, match="removing db2 would leave etcd 2 voting members, of which 1 answer and 2 are needed"):
        plan(cluster("db1", "db2", "db3", dead=["db3"]), wish("db1", "db3"), remove=["db2"])


def test_the_last_member_stays():
    with pytest.raises(EtcdError, match="would leave etcd 0"):
        next_step(cluster("db1"), [], remove=["db1"])


def test_a_newcomer_is_told_exactly_the_present_members():
    now = cluster("db1")
    steps = plan(now, wish("db1", "db2", "db3"))
    assert initial_cluster(after(now, steps[0]), wish("db1", "db2", "db3")) == "db1=https://db1:2380,db2=https://db2:2380"


@st.composite
def transitions(draw):
    present = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    wanted = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    dead = draw(st.lists(st.sampled_from(present), max_size=len(present) // 2, unique=True))
    alive = [name for name in present if name not in dead]
    assume(len(alive) >= quorum(len(present)))
    lost = [name for name in dead if name in wanted]
    remove = [name for name in present if name not in wanted]
    return cluster(*present, dead=dead, leader=int(draw(st.sampled_from(alive))[2:])), wish(*wanted), remove, lost


@given(transitions())
def test_any_wish_is_reached_and_the_quorum_is_never_lost(transition):
    now, wanted, remove, lost = transition
    try:
        steps = plan(now, wanted, remove, lost)
    except EtcdError:
        return  # refused is safe, too
    for step in steps:
        now = after(now, step)
        assert now.healthy_voters() >= quorum(len(now.voters)), step
        assert sum(member.learner for member in now.members) <= 1, step
    assert {member.name for member in now.members} == {member.name for member in wanted}


@given(transitions(), st.integers(0, 12))
def test_a_run_that_was_cut_off_is_finished_by_the_next(transition, cut):
    now, wanted, remove, lost = transition
    try:
        steps = plan(now, wanted, remove, lost)
    except EtcdError:
        return
    for step in steps[:cut]:
        now = after(now, step)
    # The host of a member that was started has its data again.
    started = {step.name for step in steps[:cut] if step.action == "start"}
    assert told(plan(now, wanted, remove, set(lost) - started)) == told(steps[cut:])
