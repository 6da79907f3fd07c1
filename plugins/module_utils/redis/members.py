# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What members and Sentinels say of themselves and of each other, and what is wrong with that. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Member:
    """A Redis server. `lag_bytes` is how far a replica is behind its primary's word, None where that can't be known."""

    name: str
    address: str
    reachable: bool = False
    role: str = ""
    follows: str = ""
    link_up: bool = False
    offset: int = 0
    replicas: int = 0
    lag_bytes: int | None = None
    error: str = ""


@dataclass(frozen=True)
class Sentinel:
    name: str
    address: str
    reachable: bool = False
    primary: str = ""
    quorum: int = 0
    others: int = 0
    replicas: int = 0
    error: str = ""


def as_mapping(answer: Any) -> dict[str, str]:
    """Sentinel answers with names and values in turn; some versions of the library make a dictionary of it."""
    if isinstance(answer, Mapping):
        return {str(name): str(value) for name, value in answer.items()}
    return {str(name): str(value) for name, value in zip(answer[::2], answer[1::2], strict=True)}


def member(name: str, address: str, information: Mapping[str, Any]) -> Member:
    replica = information["role"] == "slave"
    return Member(
        name=name,
        address=address,
        reachable=True,
        role="replica" if replica else "primary",
        follows=str(information.get("master_host", "")),
        link_up=information.get("master_link_status") == "up",
        offset=int(information.get("slave_repl_offset" if replica else "master_repl_offset", 0)),
        replicas=int(information.get("connected_slaves", 0)),
    )


def sentinel(name: str, address: str, watched: Mapping[str, str]) -> Sentinel:
    return Sentinel(
        name=name,
        address=address,
        reachable=True,
        primary=watched["ip"],
        quorum=int(watched["quorum"]),
        others=int(watched["num-other-sentinels"]),
        replicas=int(watched["num-slaves"]),
    )


def agreed_primary(sentinels: Iterable[Sentinel]) -> str:
    """Where most of the Sentinels that answer see the primary; empty where none answers."""
    votes = Counter(one.primary for one in sentinels if one.primary)
    return votes.most_common(1)[0][0] if votes else ""


def with_lag(members: Iterable[Member], primary: str) -> list[Member]:
    listed = list(members)
    offset = next((one.offset for one in listed if one.address == primary and one.role == "primary"), None)
    return [
        Member(**{**asdict(one), "lag_bytes": max(offset - one.offset, 0)})
        if offset is not None and one.role == "replica"
        else one
        for one in listed
    ]


def problems(members: list[Member], sentinels: list[Sentinel], primary: str) -> list[str]:
    """Everything that keeps a failover from going well, or that shouldn't be."""
    found = [f"{one.name}: Redis doesn't answer: {one.error}" for one in members if not one.reachable]
    found += [f"{one.name}: Sentinel doesn't answer: {one.error}" for one in sentinels if not one.reachable]
    if not primary:
        return [*found, "no Sentinel knows a primary"]
    for one in members:
        if one.reachable and one.address == primary and one.role != "primary":
            found.append(f"{one.name}: is a replica, and Sentinels see the primary there")
        if one.reachable and one.address != primary and one.role == "primary":
            found.append(f"{one.name}: believes to be the primary, which is at {primary}")
        if one.role == "replica" and not one.link_up:
            found.append(f"{one.name}: doesn't receive from {one.follows}")
    for watcher in sentinels:
        if watcher.reachable and watcher.primary != primary:
            found.append(f"{watcher.name}: its Sentinel sees the primary at {watcher.primary}, most see it at {primary}")
        if watcher.reachable and watcher.others < len(sentinels) - 1:
            found.append(f"{watcher.name}: its Sentinel knows {watcher.others} others of {len(sentinels) - 1}")
        if watcher.reachable and (watcher.others >= len(sentinels) or watcher.replicas >= len(members)):
            found.append(f"{watcher.name}: its Sentinel remembers members that are none any more: SENTINEL RESET makes it forget")
    return found
