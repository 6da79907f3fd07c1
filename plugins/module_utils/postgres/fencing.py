# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a dead primary's leader key may be released before its lease ends. Pure: no socket, no file, no process, no clock.

The invariant: the key is released only after a command has proven that the primary's host is off, for the very leadership
about which it was asked (same holder, same revision of the key), and never when the lease was seen to be renewed since the
primary stopped answering. Everything else ends in waiting for the lease, which is what happens without this module.

This file lives here, and not beside the watcher that the role installs, because here it is checked and tested like all other
logic. The role copies it to the members, where it stands alone: it imports the standard library and nothing else.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# After a command that proved nothing, this many seconds pass until it is run again; doubled each time up to the limit. The limit
# is short beside the lease: a host may well die just after it was found to be on.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 4.0

# What a step tells the watcher to do.
LOOK = "look"
ASK = "ask"


@dataclass(frozen=True)
class Leadership:
    """Who holds the leader key, as one revision of it. A leader that comes back with a new lease makes a new revision."""

    member: str
    mod_revision: int
    lease: int


@dataclass(frozen=True)
class Remaining:
    """What etcd said of a lease: whole seconds left, in which term of etcd's own leader, between two readings of our clock."""

    term: int
    seconds: int
    asked: float
    answered: float


@dataclass(frozen=True)
class Seen:
    """One look. `answers` is None when the primary wasn't asked, `remaining` when etcd didn't tell."""

    leadership: Leadership | None
    answers: bool | None = None
    paused: bool = False
    remaining: Remaining | None = None


@dataclass(frozen=True)
class Entry:
    """What a member tells the others of itself under ``members/``, as one revision of it."""

    content: Mapping[str, Any]
    mod_revision: int


@dataclass(frozen=True)
class Step:
    action: str
    reason: str


def renewed(first: Remaining | None, last: Remaining | None) -> bool:
    """Whether the lease must have been renewed between two readings: more is left of it than time alone would have left.

    etcd cuts to whole seconds, so at the first reading less than ``first.seconds + 1`` was left. Readings of different terms
    don't compare: a new leader of etcd gives every lease its full time again.
    """
    if first is None or last is None or first.term != last.term:
        return False
    return last.seconds >= first.seconds + 1 - (last.asked - first.answered)


@dataclass
class Watch:
    """What the watcher remembers from one look to the next."""

    me: str
    checks: int
    leadership: Leadership | None = None
    failures: int = 0
    first: Remaining | None = None
    asked: int = 0
    not_before: float = field(default=-math.inf)

    def step(self, seen: Seen, now: float) -> Step:
        """What to do after one look. ASK is only for a primary other than this member that misses its checks in a row."""
        if seen.leadership != self.leadership:
            self._forget(seen.leadership)
        if seen.leadership is None:
            return Step(LOOK, "nobody holds the leader key")
        if seen.leadership.member == self.me:
            return self._fine("this member is the primary")
        if seen.paused:
            return self._fine("the cluster is in maintenance mode")
        if seen.answers is not False:
            # The pause stays: a primary that is seen now and then must not have the command run at every second look.
            self.asked = 0
            return self._fine("the primary answers")
        if renewed(self.first, seen.remaining):
            return self._fine("the primary doesn't answer here, but renews its lease")
        self.failures += 1
        self.first = self.first or seen.remaining
        if self.failures < self.checks:
            return Step(LOOK, f"the primary missed {self.failures} of {self.checks} checks")
        if now < self.not_before:
            return Step(LOOK, "the last command proved nothing, and its pause isn't over")
        return Step(ASK, f"the primary missed {self.failures} checks")

    def proved_nothing(self, now: float) -> float:
        """Note that the command was in vain; returns the seconds until it may run again."""
        pause = min(FIRST_PAUSE * 2**self.asked, LONGEST_PAUSE)
        self.asked += 1
        self.not_before = now + pause
        return pause

    def _fine(self, reason: str) -> Step:
        self.failures, self.first = 0, None
        return Step(LOOK, reason)

    def _forget(self, leadership: Leadership | None) -> None:
        self.leadership, self.failures, self.first, self.asked, self.not_before = leadership, 0, None, 0, -math.inf


def is_proof(status: int | None) -> bool:
    """Whether an exit status proves that the host is off. None: the command didn't start, or took too long and was killed."""
    return status == 0


def fill(command: Sequence[str], member: str, address: str) -> list[str]:
    """The command for one member. Nothing else is interpreted, and there is no shell."""
    return [part.replace("{member}", member).replace("{address}", address) for part in command]


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decode(text: str) -> str:
    return base64.b64decode(text).decode()


def read_request(prefix: str) -> dict[str, Any]:
    """One transaction that reads the leader key and the configuration of the same moment, from etcd's nearest member.

    Serializable: it is answered while etcd elects a leader. It may be old, which the comparison at the release makes up for.
    """
    return {"success": [{"request_range": {"key": _encode(prefix + key), "serializable": True}} for key in ("leader", "config")]}


def parse_leadership(kvs: Sequence[Mapping[str, Any]]) -> Leadership | None:
    """The leadership in an answer of etcd (its JSON has 64-bit numbers as texts). A key without a lease isn't Patroni's."""
    if not kvs or not int(kvs[0].get("lease", 0)):
        return None
    return Leadership(_decode(kvs[0]["value"]), int(kvs[0]["mod_revision"]), int(kvs[0]["lease"]))


def is_paused(kvs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the cluster's configuration says maintenance mode. One that can't be read counts as such: hands off."""
    if not kvs:
        return False
    try:
        return bool(json.loads(_decode(kvs[0]["value"])).get("pause"))
    except (ValueError, AttributeError):
        return True


def entry_request(prefix: str, member: str) -> dict[str, Any]:
    """Reads a member's entry. Serializable, as `read_request` is."""
    return {"key": _encode(f"{prefix}members/{member}"), "serializable": True}


def parse_entry(kvs: Sequence[Mapping[str, Any]]) -> Entry | None:
    """The entry in an answer of etcd; None if there is none, or none that Patroni would understand."""
    if not kvs:
        return None
    try:
        content = json.loads(_decode(kvs[0]["value"]))
    except ValueError:
        return None
    return Entry(content, int(kvs[0]["mod_revision"])) if isinstance(content, dict) else None


def release_request(prefix: str, leadership: Leadership, dead: Entry | None = None) -> dict[str, Any]:
    """The one transaction that releases: delete the key if it is still exactly this leadership, and tell what is so otherwise.

    A member that came back and took the key up again has put it with its new lease, which changes the revision: then nothing
    is deleted.

    ``dead`` is the entry of a holder whose host is off. It loses the address of its API, since Patroni's election asks every
    member that has one how far it is, and waits 2 s for a host that is off. The entry can't simply go: Patroni would take it from
    what it remembers. It keeps the holder's lease, with which it ends, and a Patroni that starts writes its own anew.
    """
    key = _encode(prefix + "leader")
    compare = [
        {"key": key, "target": "VALUE", "result": "EQUAL", "value": _encode(leadership.member)},
        {"key": key, "target": "MOD", "result": "EQUAL", "mod_revision": str(leadership.mod_revision)},
        {"key": key, "target": "LEASE", "result": "EQUAL", "lease": str(leadership.lease)},
    ]
    member = _encode(f"{prefix}members/{leadership.member}")
    success: list[dict[str, Any]] = []
    if dead is not None:
        compare.append({"key": member, "target": "MOD", "result": "EQUAL", "mod_revision": str(dead.mod_revision)})
        silent = {name: value for name, value in dead.content.items() if name != "api_url"}
        success.append({"request_put": {"key": member, "value": _encode(json.dumps(silent)), "lease": str(leadership.lease)}})
    # Last, since Patroni reads the changes one by one, and begins its election with this one.
    success.append({"request_delete_range": {"key": key}})
    return {"compare": compare, "success": success, "failure": [{"request_range": {"key": name}} for name in (key, member)]}


def parse_refusal(answer: Mapping[str, Any]) -> tuple[Leadership | None, Entry | None]:
    """What stood in the way of a release, of the very moment at which etcd refused it: the leadership, and the holder's entry."""
    leader, entry = (response["response_range"].get("kvs", []) for response in answer["responses"])
    return parse_leadership(leader), parse_entry(entry)


def leads(own: Mapping[str, Any]) -> bool:
    """Whether a member of etcd says that it is etcd's leader."""
    return int(own.get("leader", 0)) == int(own["header"]["member_id"])


def heir(own: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> int | None:
    """The member of etcd that leads it from now on; None while etcd's leader isn't with the primary, or has no follower.

    Statuses are etcd's own (``/v3/maintenance/status``). A host that dies as the primary and as etcd's leader costs two elections
    one after the other, and each Patroni waits for what it had just written to the dead leader. So the primary's member of etcd
    doesn't lead: the follower does that is farthest.
    """
    if not leads(own):
        return None
    me = int(own["header"]["member_id"])
    followers = [status for status in others if int(status.get("leader", 0)) == me and not status.get("isLearner", False)]
    if not followers:
        return None
    return int(max(followers, key=lambda status: int(status.get("raftIndex", 0)))["header"]["member_id"])
