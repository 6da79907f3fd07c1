# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""From the members that an etcd cluster has to those that it shall have, one safe step at a time. Pure.

Invariant: after each step, whatever happens next, the voters that answer are still a quorum of all voters. Therefore

* members that are dead are removed before anything is added: they count for the quorum and can't help to reach it;
* a newcomer joins as a learner, which doesn't count, and is promoted once it runs and has caught up;
* at most one member is on its way in, so a run that is cut off leaves at most one learner behind;
* members that are alive are removed after newcomers were promoted, the leader last, and only after it has handed over.

``next_step`` looks at the present state only. A run that was cut off between any two steps is finished by asking again.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from .errors import EtcdError, EtcdUnavailableError
from .models import Cluster, Member, Step, Wanted, quorum


def next_step(
    cluster: Cluster, wanted: Sequence[Wanted], remove: Collection[str] = (), lost: Collection[str] = ()
) -> Step | None:
    """The step to take now, or None where the cluster is as wished.

    ``remove`` names members that shall go. ``lost`` names wished members whose host has lost its data: what the cluster remembers
    of them can never come back, and is replaced.
    """
    _refuse(cluster, wanted, remove)
    gone = {wish.name for wish in wanted if wish.name in lost}
    steps = chain(
        _dead(cluster, wanted, remove, gone),
        _on_the_way(cluster, wanted, remove),
        _newcomers(cluster, wanted),
        _alive(cluster, wanted, remove),
    )
    return next(steps, None)


def plan(cluster: Cluster, wanted: Sequence[Wanted], remove: Collection[str] = (), lost: Collection[str] = ()) -> list[Step]:
    """All steps, if each of them succeeds."""
    steps = []
    while step := next_step(cluster, wanted, remove, lost):
        steps.append(step)
        cluster = after(cluster, step)
    return steps


def after(cluster: Cluster, step: Step) -> Cluster:
    """The cluster once the step has succeeded."""
    if step.action == "add":
        newcomer = Member(max((member.id for member in cluster.members), default=0) + 1, "", (step.peer_url,), learner=True)
        return replace(cluster, members=(*cluster.members, newcomer))
    if step.action == "move_leader":
        return replace(cluster, leader=step.id)
    member = next(member for member in cluster.members if member.id == step.id)
    if step.action == "remove":
        return cluster.without(member)
    grown = (
        replace(member, learner=False) if step.action == "promote" else replace(member, name=step.name, client_urls=("started",))
    )
    members = tuple(grown if other.id == member.id else other for other in cluster.members)
    return replace(cluster, members=members, healthy=cluster.healthy | {member.id})


def initial_cluster(cluster: Cluster, wanted: Sequence[Wanted]) -> str:
    """What a newcomer is told at its first start: exactly the present members, or etcd refuses to start."""
    return ",".join(f"{_name(member, wanted)}={url}" for member in cluster.members for url in member.peer_urls)


def _refuse(cluster: Cluster, wanted: Sequence[Wanted], remove: Collection[str]) -> None:
    both = sorted({wish.name for wish in wanted} & set(remove))
    if both:
        raise EtcdError(f"{', '.join(both)} shall be a member of etcd and be removed from it: take it off one of the lists")
    strangers = sorted(
        member.name or member.peer_urls[0]
        for member in cluster.members
        if not _wish(member, wanted) and member.name not in remove and not _abandoned(member, wanted)
    )
    if strangers:
        raise EtcdError(
            f"etcd has the member {', '.join(strangers)}, which is not among {', '.join(wish.name for wish in wanted)}: "
            "list it again, or name it among the members to remove"
        )
    have, need = cluster.healthy_voters(), quorum(len(cluster.voters))
    if have < need:
        silent = ", ".join(_name(member, wanted) for member in cluster.voters if member.id not in cluster.healthy)
        raise EtcdUnavailableError(
            f"{have} of {len(cluster.voters)} voting members of etcd answer and changing members takes {need}: "
            f"bring back {silent} first (systemctl status etcd), or restore etcd from a snapshot"
        )


def _dead(cluster: Cluster, wanted: Sequence[Wanted], remove: Collection[str], lost: Collection[str]) -> Iterator[Step]:
    for member in cluster.members:
        name = _name(member, wanted)
        hopeless = name in remove or (member.started and name in lost) or _moved(member, wanted) or _abandoned(member, wanted)
        if hopeless and member.id not in cluster.healthy:
            yield _remove(cluster, member, wanted)


def _on_the_way(cluster: Cluster, wanted: Sequence[Wanted], remove: Collection[str]) -> Iterator[Step]:
    """A learner that an earlier run left, or that this one has added."""
    for member in cluster.members:
        if (member.learner or not member.started) and _name(member, wanted) not in remove:
            yield Step("promote" if member.started else "start", _name(member, wanted), member.peer_urls[0], member.id)


def _newcomers(cluster: Cluster, wanted: Sequence[Wanted]) -> Iterator[Step]:
    present = {_name(member, wanted) for member in cluster.members}
    for wish in wanted:
        if wish.name not in present:
            yield Step("add", wish.name, wish.peer_url)


def _alive(cluster: Cluster, wanted: Sequence[Wanted], remove: Collection[str]) -> Iterator[Step]:
    leaving = [member for member in cluster.members if _name(member, wanted) in remove]
    leaving.sort(key=lambda member: member.id == cluster.leader)
    for member in leaving:
        if member.id == cluster.leader:
            staying = [other for other in cluster.voters if other.id != member.id and other.id in cluster.healthy]
            for heir in staying:
                yield Step("move_leader", _name(heir, wanted), id=heir.id)
        yield _remove(cluster, member, wanted)


def _remove(cluster: Cluster, member: Member, wanted: Sequence[Wanted]) -> Step:
    rest = cluster.without(member)
    have, need = rest.healthy_voters(), quorum(len(rest.voters))
    if have < need or not rest.voters:
        raise EtcdError(
            f"removing {_name(member, wanted)} would leave etcd {len(rest.voters)} voting members, of which {have} answer and "
            f"{need} are needed: bring back the others first"
        )
    return Step("remove", _name(member, wanted), id=member.id)


def _moved(member: Member, wanted: Sequence[Wanted]) -> bool:
    """The wished member of that name has another address now: what used the old one is dead."""
    return any(wish.name == member.name and wish.peer_url not in member.peer_urls for wish in wanted)


def _abandoned(member: Member, wanted: Sequence[Wanted]) -> bool:
    """Added by a run that was cut off, never started, and no longer wished for: it holds nothing and counts for nothing."""
    return member.learner and not member.started and not _wish(member, wanted)


def _wish(member: Member, wanted: Sequence[Wanted]) -> Wanted | None:
    return next(
        (wish for wish in wanted if (wish.name == member.name if member.name else wish.peer_url in member.peer_urls)), None
    )


def _name(member: Member, wanted: Sequence[Wanted]) -> str:
    """The name that it has or will have; one that never started and nobody wishes for is known by its address only."""
    wish = _wish(member, wanted)
    return member.name or (wish.name if wish else member.peer_urls[0])
