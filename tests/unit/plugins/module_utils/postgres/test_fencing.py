# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils/postgres/fencing.py: nothing is asked without need, and nothing released without proof."""

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres import fencing
from ansible_collections.tierline.erp.plugins.module_utils.postgres.fencing import ASK, LOOK, Leadership, Remaining, Seen, Watch
from hypothesis import given
from hypothesis import strategies as st

DB1 = Leadership("db1", 7, 42)
PREFIX = "/tierline/cell/"


def left(seconds: int, at: float, term: int = 1) -> Remaining:
    return Remaining(term, seconds, at, at)


def gone(leadership: Leadership | None = DB1, **more) -> Seen:
    return Seen(leadership, answers=False, **more)


def actions(watch: Watch, looks: list[Seen], every: float = 0.5) -> list[str]:
    return [watch.step(seen, index * every).action for index, seen in enumerate(looks)]


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([gone()] * 3, [LOOK, ASK, ASK]),
        ([Seen(DB1, answers=True)] * 3, [LOOK] * 3),
        ([gone(), Seen(DB1, answers=True), gone(), Seen(DB1, answers=True)], [LOOK] * 4),
        ([gone(None)] * 3, [LOOK] * 3),
        ([Seen(DB1)] * 3, [LOOK] * 3),
        ([gone(paused=True)] * 3, [LOOK] * 3),
        ([gone(Leadership("db2", 7, 42))] * 3, [LOOK] * 3),
        # Each failed check is of another leadership: none has missed two in a row.
        ([gone(Leadership("db1", revision, 42)) for revision in range(4)], [LOOK] * 4),
        ([gone(), gone(None), gone(), gone(None)], [LOOK] * 4),
        ([gone(), gone(paused=True), gone()], [LOOK] * 3),
    ],
    ids=[
        "gone",
        "answers",
        "now and then",
        "no leader",
        "not asked",
        "paused",
        "myself",
        "it changes",
        "it comes and goes",
        "paused between",
    ],
)
def test_when_the_command_is_run(looks, expected):
    assert actions(Watch("db2", checks=2), looks) == expected


def test_one_check_is_enough_where_one_is_asked_for():
    assert actions(Watch("db2", checks=1), [gone()]) == [ASK]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (left(19, 0), left(19, 0.5), False),  # 19.9 and 19.4
        (left(19, 0), left(19, 0.99), False),
        (left(19, 0), left(19, 1.0), True),
        (left(19, 0), left(18, 1.5), False),
        (left(10, 0), left(19, 0.2), True),
        (left(10, 0), left(19, 0.2, term=2), False),
        (Remaining(1, 19, 0, 0.6), Remaining(1, 19, 1.5, 1.6), False),  # a slow answer: less time than that may have passed
        (None, left(19, 1), False),
        (left(19, 1), None, False),
        (left(0, 0), left(-1, 1.5), False),
    ],
)
def test_a_renewed_lease_is_recognised(first, last, expected):
    assert fencing.renewed(first, last) is expected


@given(
    full=st.floats(1, 60),
    start=st.floats(0, 1),
    gap=st.floats(0, 40),
    delays=st.tuples(*[st.floats(0, 3)] * 4),
    term=st.integers(1, 9),
)
def test_a_lease_that_only_runs_down_is_never_taken_for_renewed(full, start, gap, delays, term):
    """Whatever the delays of question and answer."""
    before, after, before2, after2 = delays
    read1 = start + before
    read2 = read1 + after + gap + before2
    first = Remaining(term, int(full - read1), read1 - before, read1 + after)
    last = Remaining(term, int(full - read2), read2 - before2, read2 + after2)
    if full - read2 > 1e-6:
        # Floating point: a whole number of seconds may be missed by a hair.
        assert not fencing.renewed(first, last) or abs((full - read1) % 1 - 1) < 1e-6


def test_a_primary_that_renews_is_not_asked_about():
    """It is only this member that can't reach it."""
    looks = [gone(remaining=left(19, index * 0.5)) for index in range(8)]
    watch = Watch("db2", checks=4)
    assert ASK not in actions(watch, looks)


def test_a_dead_primary_s_lease_runs_down_and_the_command_is_run():
    looks = [gone(remaining=left(int(19.9 - index * 0.5), index * 0.5)) for index in range(4)]
    assert actions(Watch("db2", checks=4), looks) == [LOOK, LOOK, LOOK, ASK]


def test_pauses_grow_and_end():
    watch = Watch("db2", checks=1)
    watch.step(gone(), 0)
    assert [watch.proved_nothing(0) for _ in range(4)] == [1, 2, 4, 4]
    assert watch.step(gone(), 3.9).action == LOOK
    assert watch.step(gone(), 4).action == ASK


def test_a_primary_seen_now_and_then_does_not_shorten_the_pause():
    watch = Watch("db2", checks=1)
    watch.step(gone(), 0)
    watch.proved_nothing(0)
    watch.step(Seen(DB1, answers=True), 0.2)
    assert watch.step(gone(), 0.5).action == LOOK


def test_a_primary_that_answered_is_asked_about_again_soon():
    watch = Watch("db2", checks=1)
    watch.step(gone(), 0)
    assert [watch.proved_nothing(0) for _ in range(3)] == [1, 2, 4]
    watch.step(Seen(DB1, answers=True), 5)
    assert watch.step(gone(), 5.5).action == ASK
    assert watch.proved_nothing(5.5) == 1


def test_a_new_primary_starts_anew():
    watch = Watch("db2", checks=1)
    watch.step(gone(), 0)
    watch.proved_nothing(0)
    assert watch.step(gone(Leadership("db3", 9, 43)), 0.1).action == ASK


@given(
    st.lists(
        st.tuples(st.sampled_from([None, DB1, Leadership("db2", 8, 43)]), st.sampled_from([True, False, None]), st.booleans())
    )
)
def test_the_command_is_only_run_about_another_member_that_is_silent(looks):
    watch = Watch("db2", checks=2)
    for index, (leadership, answers, paused) in enumerate(looks):
        if watch.step(Seen(leadership, answers, paused), index).action == ASK:
            assert leadership == DB1
            assert answers is False
            assert not paused
            assert looks[index - 1] == looks[index]


@pytest.mark.parametrize("status", [0, 1, 2, 124, 126, 127, 137, 255, -9, -15, None])
def test_only_status_0_is_proof(status):
    assert fencing.is_proof(status) is (status == 0 and status is not None)


def test_the_command_is_filled_in_and_nothing_else():
    assert fencing.fill(["/bin/x", "--host={member}", "{address}", "$(id)", "{other}"], "db1", "192.0.2.1") == [
        "/bin/x",
        "--host=db1",
        "192.0.2.1",
        "$(id)",
        "{other}",
    ]


def plain(text: str) -> str:
    return base64.b64decode(text).decode()


def test_the_release_compares_holder_revision_and_lease_and_deletes_one_key():
    request = fencing.release_request(PREFIX, DB1)
    assert {plain(compare["key"]) for compare in request["compare"]} == {"/tierline/cell/leader"}
    assert {compare["target"]: compare["result"] for compare in request["compare"]} == dict.fromkeys(
        ["VALUE", "MOD", "LEASE"], "EQUAL"
    )
    value, revision, lease = request["compare"]
    assert plain(value["value"]) == "db1"
    assert (revision["mod_revision"], lease["lease"]) == ("7", "42")
    [deletion] = request["success"]
    assert plain(deletion["request_delete_range"]["key"]) == "/tierline/cell/leader"
    assert "range_end" not in deletion["request_delete_range"]
    read = [plain(operation["request_range"]["key"]) for operation in request["failure"]]
    assert read == ["/tierline/cell/leader", "/tierline/cell/members/db1"]


def kvs(content: str) -> list[dict]:
    return [{"value": base64.b64encode(content.encode()).decode(), "mod_revision": "5", "lease": "42"}]


@pytest.mark.parametrize("found", [[], kvs("no JSON"), kvs("[]"), kvs("null")])
def test_an_entry_that_patroni_did_not_write_is_left_alone(found):
    assert fencing.parse_entry(found) is None


def test_nobody_asks_the_dead_member_until_it_says_again_where():
    entry = fencing.parse_entry(kvs('{"conn_url": "postgres://db1/", "api_url": "https://db1:8008/patroni", "state": "running"}'))
    request = fencing.release_request(PREFIX, DB1, entry)
    revision = request["compare"][-1]
    assert (plain(revision["key"]), revision["target"], revision["mod_revision"]) == ("/tierline/cell/members/db1", "MOD", "5")
    put, deletion = request["success"]  # in this order: the election begins with the deletion
    assert plain(deletion["request_delete_range"]["key"]) == "/tierline/cell/leader"
    assert plain(put["request_put"]["key"]) == "/tierline/cell/members/db1"
    assert put["request_put"]["lease"] == "42"  # so that it ends with the holder
    assert json.loads(plain(put["request_put"]["value"])) == {"conn_url": "postgres://db1/", "state": "running"}
    assert request["compare"][:3] == fencing.release_request(PREFIX, DB1)["compare"]


class Etcd:
    """As much of etcd as a transaction needs."""

    def __init__(self, leadership: Leadership | None):
        self.leadership = leadership

    def run(self, request) -> bool:
        held = self.leadership or Leadership("", 0, 0)
        seen = {
            "VALUE": ("value", held.member.encode()),
            "MOD": ("mod_revision", held.mod_revision),
            "LEASE": ("lease", held.lease),
        }
        for compare in request["compare"]:
            name, now = seen[compare["target"]]
            wanted = base64.b64decode(compare[name]) if name == "value" else int(compare[name])
            if now != wanted:
                return False
        self.leadership = None
        return True


@pytest.mark.parametrize("held", [DB1, Leadership("db1", 8, 43), Leadership("db3", 8, 43), None])
@pytest.mark.parametrize("asked", [DB1, Leadership("db3", 8, 43)])
def test_only_the_leadership_that_was_asked_about_is_released(held, asked):
    """A member that took the key again, another that got it, or nobody: nothing is deleted. Two releases at once are harmless."""
    etcd = Etcd(held)
    assert etcd.run(fencing.release_request(PREFIX, asked)) is (held == asked)
    assert etcd.leadership == (None if held == asked else held)
    assert not etcd.run(fencing.release_request(PREFIX, asked))


def test_the_leader_key_is_read_with_the_configuration():
    request = fencing.read_request(PREFIX)
    assert [plain(part["request_range"]["key"]) for part in request["success"]] == [
        "/tierline/cell/leader",
        "/tierline/cell/config",
    ]
    assert all(part["request_range"]["serializable"] for part in request["success"])


@pytest.mark.parametrize(
    ("kvs", "expected"),
    [
        ([], None),
        ([{"value": "ZGIx", "mod_revision": "7", "lease": "42"}], DB1),
        ([{"value": "ZGIx", "mod_revision": "7"}], None),
        ([{"value": "ZGIx", "mod_revision": "7", "lease": "0"}], None),
    ],
)
def test_a_leader_key_is_understood(kvs, expected):
    assert fencing.parse_leadership(kvs) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, False), ("{}", False), ('{"pause": false}', False), ('{"pause": true}', True), ("garbage", True), ("[]", True)],
)
def test_maintenance_mode_is_seen(content, expected):
    kvs = [] if content is None else [{"value": base64.b64encode(content.encode()).decode()}]
    assert fencing.is_paused(kvs) is expected


def etcd_status(member, leader, index=10, **more):
    return {"header": {"member_id": str(member)}, "leader": str(leader), "raftIndex": str(index), **more}


@pytest.mark.parametrize(
    ("own", "others", "heir"),
    [
        (etcd_status(1, leader=2), [etcd_status(2, leader=2)], None),
        (etcd_status(1, leader=1), [], None),
        (etcd_status(1, leader=1), [etcd_status(2, leader=1, index=9), etcd_status(3, leader=1, index=11)], 3),
        # A learner can't lead, and whoever follows another leader, or none, isn't asked to.
        (etcd_status(1, leader=1), [etcd_status(2, leader=1, isLearner=True), etcd_status(3, leader=3)], None),
        ({"header": {"member_id": "1"}}, [etcd_status(2, leader=1)], None),
    ],
)
def test_etcd_s_leader_leaves_the_primary_s_host(own, others, heir):
    assert fencing.heir(own, others) == heir


def test_a_refusal_tells_what_etcd_holds():
    leader = [{"value": base64.b64encode(b"db1").decode(), "mod_revision": "9", "lease": "42"}]
    entry = [{"value": base64.b64encode(b'{"a": 1}').decode(), "mod_revision": "8"}]
    answer = {"responses": [{"response_range": {"kvs": leader}}, {"response_range": {"kvs": entry}}]}
    assert fencing.parse_refusal(answer) == (fencing.Leadership("db1", 9, 42), fencing.Entry({"a": 1}, 8))
    assert fencing.parse_refusal({"responses": [{"response_range": {}}, {"response_range": {}}]}) == (None, None)
