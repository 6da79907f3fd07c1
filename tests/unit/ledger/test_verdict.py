# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger.verdict import Entry, Findings, MemberState, Total, Verdict, audit, audit_closed, cluster_faults

ONE, TWO, THREE = Entry(1, 1, 111), Entry(1, 2, 222), Entry(2, 1, 333)
ENTRIES = st.builds(Entry, st.integers(1, 3), st.integers(1, 5), st.integers(0, 3))


def test_books_that_agree_are_clean():
    assert audit("db1", sent=[ONE, TWO, THREE], acknowledged=[ONE, THREE], found=[THREE, ONE]).clean


def test_an_answer_that_never_came_may_mean_either():
    assert audit("db1", sent=[ONE, TWO], acknowledged=[ONE], found=[ONE, TWO]).clean
    assert audit("db1", sent=[ONE, TWO], acknowledged=[ONE], found=[ONE]).clean


def test_a_loss_is_found_and_named():
    findings = audit("db2", sent=[ONE, TWO], acknowledged=[ONE, TWO], found=[TWO])
    assert not findings.clean
    assert findings.lost == (ONE,)
    assert str(findings) == "db2: 1 acknowledged and lost: 1/1"


def test_a_double_is_found():
    assert audit("db1", sent=[ONE], acknowledged=[ONE], found=[ONE, ONE]).doubled == (ONE,)


def test_an_entry_that_nobody_sent_is_found():
    assert audit("db1", sent=[ONE], acknowledged=[ONE], found=[ONE, TWO]).unsent == (TWO,)


def test_an_altered_entry_is_both_lost_and_foreign():
    altered = Entry(1, 1, 999)
    findings = audit("db1", sent=[ONE], acknowledged=[ONE], found=[altered])
    assert (findings.lost, findings.unsent) == ((ONE,), (altered,))


def test_many_losses_are_cut_short():
    lost = [Entry(1, number, 0) for number in range(100)]
    said = str(audit("db1", sent=lost, acknowledged=lost, found=[]))
    assert said.startswith("db1: 100 acknowledged and lost: 1/0, 1/1")
    assert said.endswith("1/19 …")


@given(st.sets(ENTRIES), st.sets(ENTRIES), st.lists(ENTRIES))
def test_clean_means_what_it_says(sent, acknowledged, found):
    clean = audit("db1", sent, acknowledged, found).clean
    assert clean == (acknowledged <= set(found) <= sent and len(found) == len(set(found)))


def test_closed_rounds_stay_as_they_were():
    closed = {1: Total(10, 1000), 2: Total(5, 50)}
    assert audit_closed("db1", closed, dict(closed)) == []
    assert audit_closed("db1", closed, {1: Total(10, 1001), 2: Total(5, 50)})[0].startswith("db1: round 1 was closed")
    assert "now has None" in audit_closed("db1", closed, {1: Total(10, 1000)})[0]
    assert "closed with None" in audit_closed("db1", {}, {7: Total(1, 1)})[0]


def member(name, role="replica", state="running", timeline=3, replication="streaming"):
    return MemberState(name, role, state, timeline, "" if role == "primary" else replication)


WHOLE = [member("db1", "primary"), member("db2"), member("db3", state="streaming")]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        (WHOLE, None),
        (WHOLE[:2], "db3 does not answer"),
        ([member("db1"), *WHOLE[1:]], "0 members say that they are the primary: none"),
        ([member("db1", "primary"), member("db2", "primary"), WHOLE[2]], "2 members say that they are the primary: db1, db2"),
        ([*WHOLE[:2], member("db3", timeline=2)], "db3 is on timeline 2, the primary on 3"),
        ([*WHOLE[:2], member("db3", replication="in archive recovery")], "db3 does not stream (in archive recovery)"),
        ([*WHOLE[:2], member("db3", state="starting")], "db3 is starting"),
    ],
)
def test_what_keeps_a_cluster_from_being_whole(members, problem):
    assert cluster_faults(members, ["db1", "db2", "db3"]) == ([problem] if problem else [])


def test_one_finding_fails_the_verdict():
    assert Verdict([Findings("db1")]).passed
    assert not Verdict([Findings("db1"), Findings("db2", lost=(ONE,))]).passed
    assert not Verdict([Findings("db1")], ["db3 does not stream"]).passed
    assert Verdict([Findings("db2", lost=(ONE,))], ["more"]).lines() == ["db2: 1 acknowledged and lost: 1/1", "more"]
