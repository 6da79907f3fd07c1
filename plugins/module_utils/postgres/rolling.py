# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which member is next. Pure, and without memory: a step follows from what the cluster looks like now.

Invariant: a step is only ever taken on a healthy cluster, and it touches one member. A run that dies is therefore finished by the
next one, which sees the same cluster and takes the same step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Union

from .cluster import Cluster, Member
from .errors import PostgresError

Due = Callable[[Member], bool]


@dataclass(frozen=True)
class Restart:
    """Restart PostgreSQL on one member. On the primary applications have to wait meanwhile."""

    member: str
    primary: bool = False

    def __str__(self) -> str:
        return f"restart {self.member}{' (primary, in place)' if self.primary else ''}"


@dataclass(frozen=True)
class Switchover:
    """Hand the primary's role over."""

    leader: str
    candidate: str

    def __str__(self) -> str:
        return f"switchover from {self.leader} to {self.candidate}"


Step = Union[Restart, Switchover]  # noqa: UP007 (evaluated, and pylint doesn't follow | between classes)


def is_pending(member: Member) -> bool:
    return member.pending_restart


def not_restarted_since(seen: Cluster) -> Due:
    """Due are the members that still run as they did when ``seen`` was taken: no clock has to agree with another."""
    before = {member.name: member.started for member in seen.members}
    return lambda member: before.get(member.name) == member.started


def started_before(limit: datetime) -> Due:
    """Due are the members whose PostgreSQL started before a moment, so that a run can go on where another one stopped."""

    def due(member: Member) -> bool:
        started = datetime.fromisoformat(member.started)
        return started < (limit if limit.tzinfo else limit.replace(tzinfo=started.tzinfo))

    return due


def next_step(cluster: Cluster, due: Due) -> Step | None:
    """The next step on a healthy cluster, or None when nobody is due any more."""
    primary = cluster.require_primary()
    waiting = [member for member in cluster.replicas if due(member)]
    # A lowered setting reaches the replicas through the primary's WAL: it goes first, and no switchover can spare it, because
    # whoever takes over still runs with the higher value.
    if due(primary) and (not cluster.replicas or primary.lowers_a_standby_setting):
        return Restart(primary.name, primary=True)
    if waiting:
        return Restart(min(waiting, key=_least_missed).name)
    if due(primary):
        return Switchover(primary.name, candidate(cluster).name)
    return None


def plan(cluster: Cluster, due: Due) -> list[str]:
    """What a whole run would do, as far as it can be known beforehand. The order of ``next_step``, for a dry run."""
    primary = cluster.require_primary()
    replicas = [Restart(member.name) for member in sorted(filter(due, cluster.replicas), key=_least_missed)]
    if not due(primary):
        return [str(step) for step in replicas]
    if not cluster.replicas or primary.lowers_a_standby_setting:
        return [str(step) for step in (Restart(primary.name, primary=True), *replicas)]
    # By then no replica waits. Patroni restarts the former primary as one of them, with new settings: it isn't due afterwards.
    then = replace(cluster, members=tuple(replace(member, pending_restart=False) for member in cluster.members))
    return [str(step) for step in (*replicas, Switchover(primary.name, candidate(then).name))]


def candidate(cluster: Cluster, wanted: str | None = None) -> Member:
    """Who takes over: the wanted member, else the synchronous replica that lags least."""
    if wanted is not None:
        return _checked(cluster, wanted)
    fit = [member for member in cluster.replicas if _unfit(cluster, member) is None]
    if not fit:
        raise PostgresError("no replica can take over: " + "; ".join(_why_not(cluster)))
    return min(fit, key=lambda member: (cluster.lag(member) or 0, member.pending_restart, member.name))


def _checked(cluster: Cluster, wanted: str) -> Member:
    member = cluster.named(wanted)
    if reason := _unfit(cluster, member):
        raise PostgresError(f"{wanted} can't take over: it {reason}")
    return member


def _unfit(cluster: Cluster, member: Member) -> str | None:
    if member.error:
        return f"doesn't answer ({member.error})"
    if member.primary:
        return "is the primary already"
    if member.state != "running" or not member.streaming:
        return "doesn't stream from the primary"
    if not member.candidate_allowed:
        return "is excluded by its tag nofailover"
    if cluster.synchronous_mode != "off" and not member.synchronous:
        return "isn't synchronous, and could lack what was committed"
    return None


def _why_not(cluster: Cluster) -> list[str]:
    others = [member for member in cluster.members if not member.primary]
    return [f"{member.name} {_unfit(cluster, member)}" for member in others] or ["the cluster has one member"]


def _least_missed(member: Member) -> tuple[bool, str]:
    """Synchronous replicas last: commits lean on them."""
    return member.synchronous, member.name
