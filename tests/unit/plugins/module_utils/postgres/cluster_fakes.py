# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that lives in memory: it behaves as Patroni's API does, takes its time, and counts what must never happen."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace

from ansible_collections.tierline.erp.plugins.module_utils.postgres.cluster import Cluster, Member
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError


def member(name, **facts):
    return Member(
        name,
        **{
            "scope": "c",
            "state": "running",
            "streaming": True,
            "synchronous": True,
            "timeline": 1,
            "location": 1000,
            "started": "0",
            **facts,
        },
    )


def healthy(count=3, mode="quorum", pending=()):
    names = [f"db{number}" for number in range(1, count + 1)]
    first = member("db1", primary=True, streaming=False, synchronous=False, pending_restart="db1" in pending)
    rest = [member(name, pending_restart=name in pending, synchronous=mode != "off") for name in names[1:]]
    return Cluster((first, *rest), tuple(names), mode)


class Died(BaseException):
    """The operator's process was killed: nothing of it runs on, not even an `except Exception`."""


class FakeClock:
    def __init__(self):
        self.time = 0.0

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += max(seconds, 0.001)
        # A request under way gets its turn: seconds pass faster here than a busy machine begins a thread.
        for thread in threading.enumerate():
            if thread.name.endswith("(_request)"):
                thread.join(0.1)


class FakeApi:
    """`lives` is after how many calls that change something the operator dies; the change itself still happens."""

    def __init__(self, cluster, clock, lives=None, recovery=3.0):
        self.cluster, self.clock, self.lives, self.recovery = cluster, clock, lives, recovery
        self.down = {}
        self.calls = []
        self.refuses = ""
        self.config = {}

    def change(self, name, **facts):
        self.cluster = replace(
            self.cluster, members=tuple(replace(m, **facts) if m.name == name else m for m in self.cluster.members)
        )

    def observe(self):
        for name, until in list(self.down.items()):
            if self.clock.now() >= until:
                del self.down[name]
                self.change(name, state="running", streaming=not self.cluster.named(name).primary)
        return self.cluster

    def read_config(self):
        return dict(self.config)

    def patch_config(self, patch):
        self.config = {key: value for key, value in {**self.config, **patch}.items() if value is not None}
        for one in self.cluster.members:
            self.change(one.name, paused=bool(self.config.get("pause")))

    def is_primary(self, name):
        return self.observe().named(name).primary

    def takes_commits(self, name, synchronous):  # noqa: ARG002 (as the real one)
        return self.is_primary(name)

    def _call(self, *call):
        self.calls.append(call)
        self.observe()
        assert not self.down, f"{call} while {sorted(self.down)} is still down"
        if self.lives is not None:
            self.lives -= 1
        return self.lives == -1

    def _bounce(self, name):
        seen = self.cluster.named(name)
        self.change(
            name,
            state="starting",
            streaming=False,
            pending_restart=False,
            pending_reasons={},
            started=str(int(seen.started) + 1),
        )
        self.down[name] = self.clock.now() + self.recovery

    def restart(self, name, _timeout):
        dies = self._call("restart", name)
        if self.cluster.named(name).primary:
            # Patroni answers when PostgreSQL runs again.
            self.clock.sleep(self.recovery)
        self._bounce(name)
        if dies:
            raise Died

    def switchover(self, leader, candidate):
        if self.refuses:
            raise PostgresError(self.refuses)
        dies = self._call("switchover", leader, candidate)
        timeline = self.cluster.named(leader).timeline + 1
        for one in self.cluster.members:
            self.change(one.name, timeline=timeline)
        self.change(candidate, primary=True, streaming=False, synchronous=False)
        self.change(leader, primary=False, synchronous=self.cluster.synchronous_mode != "off")
        self._bounce(leader)
        if dies:
            raise Died

    def resign(self, member, _timeout):
        """The replica that is named last is elected."""
        self.calls.append(("resign", member))
        self.switchover(member, self.cluster.replicas[-1].name)

    def reinitialise(self, name, _force):
        self._call("reinitialise", name)
        self._bounce(name)


class FakePoolers:
    stall = 0.5

    def __init__(self, state="active"):
        self.state, self.pauses, self.guarded = state, 0, False

    def states(self):
        return {"db1": self.state}

    def resume(self):
        self.state = "active"

    @contextlib.contextmanager
    def paused(self, *_limits):
        self.pauses, self.state = self.pauses + 1, "paused"
        try:
            yield
        finally:
            self.state = "active"
