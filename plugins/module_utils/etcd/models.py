# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""An etcd cluster as its members describe it, and as it shall be."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Member:
    """One entry of the member list. A member that has never run has no client URLs, and one that was added has no name either."""

    id: int
    name: str
    peer_urls: tuple[str, ...]
    client_urls: tuple[str, ...] = ()
    learner: bool = False

    @property
    def started(self) -> bool:
        return bool(self.client_urls)


@dataclass(frozen=True)
class Cluster:
    """What the member list says, who leads, and which members answer for themselves."""

    members: tuple[Member, ...]
    leader: int = 0
    healthy: frozenset[int] = frozenset()
    id: int = 0

    @property
    def voters(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if not member.learner)

    @property
    def founded(self) -> bool:
        """A member tells its client URLs through the cluster's own log, so the first one proves that there was once a quorum."""
        return any(member.started for member in self.members)

    def healthy_voters(self) -> int:
        return sum(member.id in self.healthy for member in self.voters)

    def without(self, member: Member) -> Cluster:
        return replace(
            self, members=tuple(m for m in self.members if m.id != member.id), healthy=self.healthy - frozenset({member.id})
        )


def url(address: str, port: int) -> str:
    return f"https://[{address}]:{port}" if ":" in address else f"https://{address}:{port}"


def quorum(voters: int) -> int:
    return voters // 2 + 1


@dataclass(frozen=True)
class Wanted:
    name: str
    peer_url: str


@dataclass(frozen=True)
class Step:
    """One safe transition. ``start`` is nothing that etcd can be asked for: somebody has to start the service on that host."""

    action: str  # add, start, promote, move_leader, remove
    name: str
    peer_url: str = ""
    id: int = 0
