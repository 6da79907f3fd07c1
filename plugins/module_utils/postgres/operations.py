# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators do to a cluster, step by step: look, decide (``rolling``, ``health``), act on one member, look again.

The members, the poolers and the time are given, so that tests run whole operations, and interrupt them, without any."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .cluster import Cluster
from .errors import PostgresError
from .health import NothingSynchronous, Rules, ailments, in_words
from .rolling import Due, Restart, Switchover, candidate, next_step

_POLL_SECONDS = 0.5
_SWITCH_POLL_SECONDS = 0.02
_SETTLE_SECONDS = 30


class Api(Protocol):
    def observe(self) -> Cluster: ...
    def is_primary(self, name: str) -> bool: ...
    def takes_commits(self, name: str, synchronous: bool) -> bool: ...
    def restart(self, name: str, timeout: int) -> None: ...
    def switchover(self, leader: str, candidate: str) -> None: ...
    def reinitialise(self, name: str, force: bool) -> None: ...


class Resigner(Protocol):
    def resign(self, member: str, timeout: float) -> None: ...


class Poolers(Protocol):
    stall: float

    def states(self) -> dict[str, str]: ...
    def resume(self) -> None: ...
    def paused(self, patience: float, interrupt: bool, deadline: float) -> contextlib.AbstractContextManager[None]: ...


class Clock(Protocol):
    def now(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class Limits:
    """How long things may take, in seconds."""

    healthy: int = 120
    restart: int = 120
    switchover: int = 30
    transactions: float = 5
    # Until every member's proxy knows that the former primary resigned, and that there is a new one.
    resigned: float = 0
    endpoints: float = 0
    interrupt: bool = False


@dataclass
class Operator:
    """Hands on one cluster."""

    api: Api
    poolers: Poolers | None
    clock: Clock
    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    # Where this host is the primary's, and who takes over needn't be chosen.
    resigner: Resigner | None = None
    done: list[str] = field(default_factory=list)
    stall: float = 0.0

    def look(self) -> Cluster:
        """The cluster as it is, which must be healthy."""
        cluster = self.api.observe()
        if reasons := self._ailing(cluster):
            raise PostgresError(f"the cluster isn't healthy, nothing was changed: {reasons}")
        return cluster

    def wait_until_healthy(self, after: str) -> Cluster:
        return self._wait(
            self._ailing,
            lambda why: (
                f"after {after} the cluster wasn't healthy again within {self.limits.healthy} s, and no other member was "
                f"touched: {why}. Mend it and run this again: it goes on where it stopped"
            ),
        )

    def wait_until_noticed(self, paused: bool) -> None:
        """Until every member that answers knows whether the cluster is in maintenance mode."""
        self._wait(
            lambda seen: ", ".join(member.name for member in seen.members if not member.error and member.paused != paused),
            lambda late: f"{late} didn't notice maintenance mode's change within {self.limits.healthy} s",
        )

    def leftovers(self) -> list[str]:
        """What is to be done about poolers that an earlier run left paused: one action, or none."""
        if self.poolers is None:
            return []
        paused = [name for name, state in self.poolers.states().items() if state == "paused"]
        return [f"resume PgBouncer on {', '.join(paused)}"] if paused else []

    def resume_leftovers(self) -> None:
        if self.poolers and (actions := self.leftovers()):
            self.poolers.resume()
            self.done += actions

    def roll(self, due: Due) -> Cluster:
        """Restart every member that is due, one at a time, the primary's role handed over before its turn."""
        cluster = self.look()
        while (step := next_step(cluster, due)) is not None:
            cluster = self.switch_over(cluster, None) if isinstance(step, Switchover) else self._restart(step, due)
        return cluster

    def _restart(self, step: Restart, due: Due) -> Cluster:
        with self._applications_wait() if step.primary else contextlib.nullcontext():
            self.api.restart(step.member, self.limits.restart)
        self.done.append(str(step))
        self.wait_until_healthy(str(step))

        def unsettled(seen: Cluster) -> str:
            still = f"it still waits for a restart{_because(seen, step.member)}"
            return self._ailing(seen) or (still if due(seen.named(step.member)) else "")

        # Patroni needs a loop to see that nothing waits any more. One that stays due would be restarted for ever.
        return self._wait(
            unsettled, lambda why: f"{step.member} was restarted, but {why}: see journalctl -u patroni there", _SETTLE_SECONDS
        )

    def switch_over(self, cluster: Cluster, wanted: str | None) -> Cluster:
        """Hand the primary's role to a replica while applications wait, and return when the cluster is healthy again."""
        step = Switchover(cluster.require_primary().name, candidate(cluster, wanted).name)
        synchronous = cluster.synchronous_mode != "off"
        with self._applications_wait():
            if self.resigner and synchronous and wanted is None:
                after = self._resign(self.resigner, step.leader, [member.name for member in cluster.replicas])
            else:
                after = self._hand_over(step, synchronous)
        step = Switchover(step.leader, after)
        self.done.append(str(step))
        cluster = self.wait_until_healthy(str(step))
        if cluster.require_primary().name == step.leader:
            raise PostgresError(f"{step}: {step.leader} is the primary again; see journalctl -u patroni on {step.candidate}")
        return cluster

    def _resign(self, resigner: Resigner, leader: str, replicas: Sequence[str]) -> str:
        """The primary ends, and whoever is elected takes over: see the module resignation."""
        resigner.resign(leader, self.limits.switchover)
        resigned = self.clock.now()
        crowned: dict[str, float] = {}

        def elected() -> str:
            for name in replicas:
                if name not in crowned and self.api.is_primary(name):
                    crowned[name] = self.clock.now()
            return next((name for name in crowned if self.api.takes_commits(name, synchronous=True)), "")

        after = self._await(elected, f"{leader} resigned, but no replica took over")
        self._let_proxies_notice(resigned, crowned[after])
        return after

    def _hand_over(self, step: Switchover, synchronous: bool) -> str:
        """Patroni's answer comes late, so the candidate itself is asked; a refusal comes as an answer."""
        refusal: list[PostgresError] = []
        request = threading.Thread(target=self._request, args=(step, refusal), daemon=True)
        request.start()
        resigned: list[float] = []

        def taken_over() -> str:
            if refusal:
                raise refusal[0]
            if not resigned and not self.api.is_primary(step.leader):
                resigned.append(self.clock.now())
            return step.candidate if self.api.takes_commits(step.candidate, synchronous) else ""

        after = self._await(taken_over, f"{step} didn't happen")
        now = self.clock.now()
        self._let_proxies_notice(resigned[0] if resigned else now, now)
        return after

    def _await(self, found: Callable[[], str], failure: str) -> str:
        """The name that is found, at latest when a switchover must be over."""
        end = self.clock.now() + self.limits.switchover
        while not (name := found()):
            if self.clock.now() > end:
                raise PostgresError(
                    f"{failure} within {self.limits.switchover} s; applications go on with whoever is the primary"
                )
            self.clock.sleep(_SWITCH_POLL_SECONDS)
        return name

    def _let_proxies_notice(self, resigned: float, crowned: float) -> None:
        """Else PgBouncer might connect to the former primary, which is a replica soon, or to nobody."""
        noticed = max(resigned + self.limits.resigned, crowned + self.limits.endpoints)
        self.clock.sleep(max(0.0, noticed - self.clock.now()))

    def _request(self, step: Switchover, refusal: list[PostgresError]) -> None:
        try:
            self.api.switchover(step.leader, step.candidate)
        except PostgresError as error:
            refusal.append(error)

    @contextlib.contextmanager
    def _applications_wait(self) -> Iterator[None]:
        if self.poolers is None:
            yield
            return
        limits = self.limits
        deadline = limits.transactions + max(limits.switchover, limits.restart) + limits.resigned + limits.endpoints
        with self.poolers.paused(limits.transactions, limits.interrupt, deadline):
            yield
        self.stall = self.poolers.stall

    def reinitialise(self, name: str, force: bool) -> Cluster:
        """Throw a replica's data away and copy it from the primary again. The other members must be well; this one needn't."""
        cluster = self.api.observe()
        refuse_reinitialise(cluster, name, self.rules)
        before = cluster.named(name).started
        self.api.reinitialise(name, force)
        self.done.append(f"reinitialise {name}")
        return self._wait(
            lambda seen: self._ailing(seen) or ("" if _copied(seen, name, before) else "it still runs"),
            lambda why: f"reinitialise {name} wasn't finished within {self.limits.healthy} s: {why}",
        )

    def _ailing(self, cluster: Cluster) -> str:
        return in_words(ailments(cluster, self.rules))

    def _wait(self, obstacle: Callable[[Cluster], str], too_late: Callable[[str], str], seconds: float | None = None) -> Cluster:
        """Look until there is no obstacle any more. After so many seconds the one that is left becomes an error."""
        end = self.clock.now() + (self.limits.healthy if seconds is None else seconds)
        while why := obstacle(cluster := self.api.observe()):
            if self.clock.now() > end:
                raise PostgresError(too_late(why))
            self.clock.sleep(_POLL_SECONDS)
        return cluster


def refuse_reinitialise(cluster: Cluster, name: str, rules: Rules) -> None:
    member = cluster.named(name)
    if member.primary:
        raise PostgresError(f"{name} is the primary: its data is the cluster's. Switch over first")
    if member.error:
        raise PostgresError(f"{name} can't be told to copy the primary: {member.error}. Start Patroni there first")
    if cluster.paused:
        raise PostgresError("the cluster is in maintenance mode (paused), in which Patroni copies nothing: end it first")
    # Without this replica there may be none that is synchronous; that is what copying it mends.
    others = [found for found in ailments(cluster, rules) if found.member != name and not isinstance(found, NothingSynchronous)]
    if others:
        raise PostgresError(f"the rest of the cluster isn't healthy, nothing was changed: {in_words(others)}")


def _copied(cluster: Cluster, name: str, before: str) -> bool:
    member = cluster.named(name)
    return member.streaming and member.started not in ("", before)


def _because(cluster: Cluster, name: str) -> str:
    reasons = ", ".join(sorted(cluster.named(name).pending_reasons))
    return f" ({reasons})" if reasons else ""
