# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.redis import members as facts
from ansible_collections.tierline.erp.plugins.module_utils.redis.members import Member, Sentinel

PRIMARY = facts.member("a", "a", {"role": "master", "master_repl_offset": 90, "connected_slaves": 2})
REPLICA = facts.member("b", "b", {"role": "slave", "master_host": "a", "master_link_status": "up", "slave_repl_offset": 80})
OTHER = replace(REPLICA, name="c", address="c", offset=95)
MEMBERS = [PRIMARY, REPLICA, OTHER]
WATCHED = {"ip": "a", "quorum": "2", "num-other-sentinels": "2", "num-slaves": "2"}
SENTINELS = [facts.sentinel(name, name, WATCHED) for name in "abc"]


def test_all_is_well() -> None:
    assert facts.agreed_primary(SENTINELS) == "a"
    assert facts.problems(MEMBERS, SENTINELS, "a") == []
    assert [one.lag_bytes for one in facts.with_lag(MEMBERS, "a")] == [None, 10, 0]
    assert [one.lag_bytes for one in facts.with_lag(MEMBERS, "")] == [None, None, None]


def test_the_majority_says_who_is_the_primary() -> None:
    seen = [*SENTINELS[:2], replace(SENTINELS[2], primary="c")]
    assert facts.agreed_primary(seen) == "a"
    assert facts.problems(MEMBERS, seen, "a") == ["c: its Sentinel sees the primary at c, most see it at a"]
    assert facts.agreed_primary([Sentinel("a", "a")]) == ""


@pytest.mark.parametrize(
    ("place", "change", "problem"),
    [
        (0, {"reachable": False, "role": "", "error": "refused"}, "a: Redis doesn't answer: refused"),
        (0, {"role": "replica", "link_up": True}, "a: is a replica, and Sentinels see the primary there"),
        (1, {"role": "primary"}, "b: believes to be the primary, which is at a"),
        (1, {"link_up": False}, "b: doesn't receive from a"),
    ],
)
def test_what_is_wrong_with_a_member(place: int, change: dict[str, Any], problem: str) -> None:
    seen = list(MEMBERS)
    seen[place] = replace(seen[place], **change)
    assert facts.problems(seen, SENTINELS, "a") == [problem]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"reachable": False, "error": "refused"}, "b: Sentinel doesn't answer: refused"),
        ({"others": 1}, "b: its Sentinel knows 1 others of 2"),
        ({"others": 3}, "b: its Sentinel remembers members that are none any more"),
        ({"replicas": 3}, "b: its Sentinel remembers members that are none any more"),
    ],
)
def test_what_is_wrong_with_a_sentinel(change: dict[str, Any], problem: str) -> None:
    seen = list(SENTINELS)
    seen[1] = replace(seen[1], **change)
    (found,) = facts.problems(MEMBERS, seen, "a")
    assert found.startswith(problem)


def test_nobody_knows() -> None:
    silent = [Sentinel("a", "a", error="refused")]
    assert facts.problems([Member("a", "a", error="refused")], silent, "")[-1] == "no Sentinel knows a primary"


def test_both_ways_in_which_the_library_hands_over_an_answer() -> None:
    assert facts.as_mapping(["ip", "a", "quorum", 2]) == facts.as_mapping({"ip": "a", "quorum": 2}) == {"ip": "a", "quorum": "2"}
