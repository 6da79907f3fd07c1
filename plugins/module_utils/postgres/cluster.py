# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster as its members describe it. Pure: what Patroni's API answers goes in, a model comes out.

Each member is asked for itself: what etcd says of a member (``GET /cluster``) can be as old as Patroni's last loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import PostgresError

# PostgreSQL refuses to start a replica on which one of these is lower than on its primary; Patroni then starts it with the
# primary's value and leaves it waiting for another restart.
STANDBY_SETTINGS = (
    "max_connections",
    "max_locks_per_transaction",
    "max_prepared_transactions",
    "max_wal_senders",
    "max_worker_processes",
)


@dataclass(frozen=True)
class Member:
    """One member. Without an answer there is an ``error`` and nothing else is known."""

    name: str
    error: str = ""
    scope: str = ""
    state: str = ""
    primary: bool = False
    streaming: bool = False
    synchronous: bool = False
    timeline: int | None = None
    location: int | None = None
    pending_restart: bool = False
    pending_reasons: Mapping[str, Any] = field(default_factory=dict)
    paused: bool = False
    failsafe: bool = False
    leaderless: bool = False
    candidate_allowed: bool = True
    started: str = ""
    server_version: int = 0
    patroni_version: str = ""

    @property
    def lowers_a_standby_setting(self) -> bool:
        return any(_falls(self.pending_reasons.get(name)) for name in STANDBY_SETTINGS)


@dataclass(frozen=True)
class Cluster:
    """All members that were asked for, and what the configuration in etcd wants of them."""

    members: tuple[Member, ...]
    # Names that etcd knows. A member that nobody declared is as real as the others.
    registered: tuple[str, ...] = ()
    synchronous_mode: str = "off"
    switchover_scheduled: bool = False

    @property
    def primaries(self) -> list[Member]:
        return [member for member in self.members if member.primary and not member.error]

    @property
    def primary(self) -> Member | None:
        return self.primaries[0] if len(self.primaries) == 1 else None

    @property
    def replicas(self) -> list[Member]:
        return [member for member in self.members if not member.primary and not member.error]

    @property
    def paused(self) -> bool:
        return any(member.paused for member in self.members)

    def require_primary(self) -> Member:
        if self.primary is None:
            raise PostgresError(f"the cluster has {len(self.primaries)} primaries where one is needed")
        return self.primary

    def named(self, name: str) -> Member:
        for member in self.members:
            if member.name == name:
                return member
        raise PostgresError(f"{name} is no member of the cluster ({', '.join(member.name for member in self.members)})")

    def lag(self, member: Member) -> int | None:
        """Bytes of WAL that the primary has written and the member hasn't received."""
        if member.primary:
            return 0
        if self.primary is None or self.primary.location is None or member.location is None:
            return None
        return max(0, self.primary.location - member.location)


def read_cluster(
    answers: Mapping[str, Mapping[str, Any] | str], topology: Mapping[str, Any], config: Mapping[str, Any]
) -> Cluster:
    """``answers`` holds each member's ``GET /patroni``, or a sentence that says why there is none."""
    registered = {item["name"]: item for item in topology.get("members", [])}
    senders = _streaming_names(answers)
    members = []
    for name, answer in answers.items():
        if isinstance(answer, str):
            members.append(Member(name, error=answer))
        else:
            members.append(_member(name, answer, senders, registered.get(name, {})))
    mode = config.get("synchronous_mode") or "off"
    return Cluster(
        tuple(members),
        tuple(sorted(registered)),
        "on" if mode is True else str(mode),
        "scheduled_switchover" in topology,
    )


def _streaming_names(answers: Mapping[str, Mapping[str, Any] | str]) -> set[str]:
    """Whom the primary itself sees streaming."""
    senders: Sequence[Mapping[str, Any]] = [
        sender for answer in answers.values() if not isinstance(answer, str) for sender in answer.get("replication") or []
    ]
    return {str(sender.get("application_name")) for sender in senders if sender.get("state") == "streaming"}


def _member(name: str, answer: Mapping[str, Any], senders: set[str], registered: Mapping[str, Any]) -> Member:
    wal, patroni, tags = answer.get("xlog") or {}, answer.get("patroni") or {}, answer.get("tags") or {}
    # Patroni 3 says master.
    primary = answer.get("role") in ("primary", "master")
    return Member(
        name=name,
        scope=str(patroni.get("scope", "")),
        state=str(answer.get("state", "unknown")),
        primary=primary,
        streaming=not primary and (name in senders or answer.get("replication_state") == "streaming"),
        synchronous=bool(answer.get("sync_standby") or answer.get("quorum_standby")),
        timeline=answer.get("timeline"),
        location=wal.get("location") if primary else wal.get("received_location"),
        pending_restart=bool(answer.get("pending_restart")),
        pending_reasons=answer.get("pending_restart_reason") or registered.get("pending_restart_reason") or {},
        paused=bool(answer.get("pause")),
        failsafe=bool(answer.get("failsafe_mode_is_active")),
        leaderless=bool(answer.get("cluster_unlocked")),
        candidate_allowed=not tags.get("nofailover"),
        started=str(answer.get("postmaster_start_time") or ""),
        server_version=int(answer.get("server_version") or 0),
        patroni_version=str(patroni.get("version", "")),
    )


def _falls(reason: Any) -> bool:
    try:
        return int(reason["new_value"]) < int(reason["old_value"])
    except (KeyError, TypeError, ValueError):
        return False
