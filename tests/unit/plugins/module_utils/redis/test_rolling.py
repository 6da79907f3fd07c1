# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.redis import rolling
from ansible_collections.tierline.erp.plugins.module_utils.redis.errors import RedisError, RedisUnreachableError

WELL = {"ip": "store2", "flags": "slave", "master-link-status": "ok"}


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def patience(self) -> rolling.Patience:
        return rolling.Patience(lambda: self.now, self._pass)

    def _pass(self, seconds: float) -> None:
        self.now += seconds


class Cluster:
    """A primary with one replica, and the Sentinel that watches them. `takes` is how long a hand-over lasts."""

    def __init__(self, time: Time, takes: float = 2.0, behind: float = 0.0) -> None:
        self.time, self.takes, self.caught_up = time, takes, time.now + behind
        self.seen: list[tuple[str, float]] = []
        self.asked_at = float("inf")
        self.primary, self.others = {"ip": "store1", "flags": "master"}, [WELL]
        self.link, self.role = "up", "master"

    def information(self) -> dict[str, Any]:
        if self.role == "slave":
            return {"role": "slave", "master_link_status": self.link}
        offset = 7 if self.time.now >= self.caught_up else 3
        return {"role": "master", "master_repl_offset": 7, "slave0": {"state": "online", "offset": offset}}

    def hold_writes(self, milliseconds: int) -> None:
        self.seen.append(("hold", self.time.now + milliseconds / 1000))

    def release_writes(self) -> None:
        self.seen.append(("release", self.time.now))

    def watched(self, _name: str) -> dict[str, str]:
        switched = self.time.now >= self.asked_at + self.takes
        return {"ip": "store2", "port": "6379", "flags": "master"} if switched else self.primary

    def replicas(self, _name: str) -> list[dict[str, str]]:
        return self.others

    def fail_over(self, _name: str) -> None:
        assert self.time.now >= self.caught_up
        self.seen.append(("fail over", self.time.now))
        self.asked_at = self.time.now

    def follow(self, address: str, port: str) -> None:
        self.seen.append((f"follow {address}:{port}", self.time.now))
        self.role = "slave"


@pytest.mark.parametrize("takes", [0.5, 2.0, 12.0])
def test_writes_are_held_until_another_one_has_the_place(takes: float) -> None:
    time = Time()
    cluster = Cluster(time, takes, behind=1.0)
    rolling.hand_over(cluster, cluster, "shared", "store1", 60, time.patience())
    assert [name for name, _when in cluster.seen if name != "hold"] == ["fail over", "follow store2:6379", "release"]
    ends = [when for name, when in cluster.seen if name == "hold"]
    assert all(later - earlier < rolling.HOLD_MS / 1000 for earlier, later in pairwise(ends))
    assert ends[-1] > cluster.asked_at + takes


def test_a_primary_whose_replicas_lag_stays() -> None:
    time = Time()
    cluster = Cluster(time, behind=30)
    with pytest.raises(RedisError, match="no replica has caught up"):
        rolling.hand_over(cluster, cluster, "shared", "store1", 60, time.patience())
    assert [name for name, _when in cluster.seen] == ["hold", "release"]


def test_a_sentinel_that_never_acts_holds_nobody_up_for_long() -> None:
    time = Time()
    cluster = Cluster(time, takes=1e9)
    with pytest.raises(RedisError, match="made no other member the primary within 20 s"):
        rolling.hand_over(cluster, cluster, "shared", "store1", 60, time.patience())
    assert cluster.seen[-1][0] == "release"


@pytest.mark.parametrize(
    ("address", "change", "primary"),
    [
        ("store1", {"flags": "s_down,slave"}, "master"),
        ("store1", {"master-link-status": "err"}, "master"),
        ("store3", {}, "s_down,master"),
    ],
)
def test_nothing_restarts_while_another_ails(address: str, change: dict[str, str], primary: str) -> None:
    time = Time()
    cluster = Cluster(time)
    cluster.primary, cluster.others = {"ip": "store1", "flags": primary}, [WELL | change]
    with pytest.raises(RedisError, match=r"Sentinel misses store\d: nothing is restarted"):
        rolling.wait_for_others(cluster, "shared", address, 5, time.patience())
    assert time.now >= 105


def test_a_member_restarts_because_it_ails_itself() -> None:
    time = Time()
    cluster = Cluster(time)
    cluster.others = [WELL | {"flags": "s_down,slave"}]
    rolling.wait_for_others(cluster, "shared", "store2", 5, time.patience())
    assert time.now == 100


def test_a_member_that_restarted_must_have_its_data() -> None:
    time = Time()
    cluster = Cluster(time, takes=0)
    cluster.role, cluster.link = "slave", "down"
    with pytest.raises(RedisError, match="doesn't receive from its primary within 5 s"):
        rolling.wait_until_well(cluster, 5, time.patience())
    assert not rolling._well({"role": "master", "loading": 1})


def test_one_that_is_coming_up_is_waited_for() -> None:
    time = Time()
    answers = iter([False, True])

    def done() -> bool:
        if time.now < 101:
            raise RedisUnreachableError("nobody answers")
        return next(answers)

    assert time.patience().until(done, 5)
