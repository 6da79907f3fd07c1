# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a cluster is well enough to take a member away from it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .cluster import Cluster, Member

# Patroni's own limit for a failover candidate (maximum_lag_on_failover) has the same default.
DEFAULT_MAXIMUM_LAG = 1024 * 1024


@dataclass(frozen=True)
class Rules:
    """What is asked of a cluster beyond the evident."""

    maximum_lag: int = DEFAULT_MAXIMUM_LAG
    allow_paused: bool = False


@dataclass(frozen=True)
class Ailment:
    """One reason why a cluster isn't healthy, in words. ``member`` is whom it is about, where it is about one of them."""

    reason: str
    member: str = ""

    def __str__(self) -> str:
        return self.reason


class NothingSynchronous(Ailment):
    """No replica holds what is committed: the one ailment of the whole that mending a single replica may cure."""


def ailments(cluster: Cluster, rules: Rules | None = None) -> list[Ailment]:
    """Every reason why the cluster isn't healthy. None means healthy."""
    rules = rules or Rules()
    return [
        *_unanswered(cluster.members),
        *_strangers(cluster),
        *_primary(cluster),
        *(
            Ailment(f"{member.name} {trouble}", member.name)
            for member in cluster.members
            if not member.error
            for trouble in _member(cluster, member, rules)
        ),
        *_whole(cluster, rules),
    ]


def in_words(found: Iterable[Ailment]) -> str:
    return "; ".join(map(str, found))


def _unanswered(members: Sequence[Member]) -> Iterator[Ailment]:
    for member in members:
        if member.error:
            yield Ailment(f"{member.name} doesn't answer ({member.error})", member.name)


def _strangers(cluster: Cluster) -> Iterator[Ailment]:
    declared = {member.name for member in cluster.members}
    for name in cluster.registered:
        if name not in declared:
            yield Ailment(f"{name} is a member of the cluster but not among those that were given", name)
    if cluster.registered:
        for name in sorted(declared - set(cluster.registered)):
            yield Ailment(f"{name} isn't registered as a member of the cluster", name)
    scopes = sorted({member.scope for member in cluster.members if member.scope})
    if len(scopes) > 1:
        yield Ailment(f"the members belong to different clusters: {', '.join(scopes)}")


def _primary(cluster: Cluster) -> Iterator[Ailment]:
    if len(cluster.primaries) > 1:
        names = ", ".join(member.name for member in cluster.primaries)
        yield Ailment(f"more than one member says that it is the primary: {names}")
    elif not cluster.primaries:
        yield Ailment("no member is the primary")


def _member(cluster: Cluster, member: Member, rules: Rules) -> Iterator[str]:
    if member.state != "running":
        yield f"is {member.state}, not running"
        return
    if member.primary or cluster.primary is None:
        return
    if not member.streaming:
        yield "doesn't stream from the primary"
    if member.timeline != cluster.primary.timeline:
        yield f"is on timeline {member.timeline}, the primary on {cluster.primary.timeline}"
    lag = cluster.lag(member)
    if lag is None:
        yield "doesn't say how far it lags"
    elif lag > rules.maximum_lag:
        yield f"lags by {lag} bytes, more than {rules.maximum_lag}"


def _whole(cluster: Cluster, rules: Rules) -> Iterator[Ailment]:
    if cluster.synchronous_mode != "off" and cluster.replicas and not any(member.synchronous for member in cluster.replicas):
        yield NothingSynchronous(f"synchronous mode is {cluster.synchronous_mode}, but no replica is synchronous")
    if cluster.paused and not rules.allow_paused:
        yield Ailment("the cluster is in maintenance mode (paused)")
    if any(member.failsafe for member in cluster.members):
        yield Ailment("the primary stays one only by failsafe mode: etcd doesn't answer it")
    elif any(member.leaderless for member in cluster.members):
        yield Ailment("nobody holds the leader lock in etcd")
    if cluster.switchover_scheduled:
        yield Ailment("a switchover is scheduled: cancel it with patronictl flush")


def describe(cluster: Cluster, rules: Rules | None = None) -> dict[str, Any]:
    """The cluster as modules return it."""
    reasons = list(map(str, ailments(cluster, rules)))
    return {
        "healthy": not reasons,
        "reasons": reasons,
        "primary": cluster.primary.name if cluster.primary else None,
        "paused": cluster.paused,
        "synchronous_mode": cluster.synchronous_mode,
        "members": [
            {
                "name": member.name,
                "role": _role(member),
                "state": member.error or ("streaming" if member.streaming else member.state),
                "timeline": member.timeline,
                "lag": None if member.error else cluster.lag(member),
                "synchronous": member.synchronous,
                "pending_restart": member.pending_restart,
                "pending_reasons": dict(member.pending_reasons),
                "started": member.started or None,
                "server_version": member.server_version or None,
                "patroni_version": member.patroni_version or None,
            }
            for member in cluster.members
        ],
    }


def _role(member: Member) -> str:
    if member.error:
        return "unknown"
    return "primary" if member.primary else "replica"
