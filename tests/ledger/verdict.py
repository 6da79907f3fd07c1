# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the books say. Pure: entries in, findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SHOWN = 20


@dataclass(frozen=True, order=True)
class Entry:
    """One line of the ledger. The token is drawn at random when the entry is written, so another's entry can't pass for it."""

    writer: int
    number: int
    token: int

    def __str__(self) -> str:
        return f"{self.writer}/{self.number}"


@dataclass(frozen=True)
class Findings:
    """What is wrong with one member's copy: acknowledged and not there, there more than once, there and never sent."""

    member: str
    lost: tuple[Entry, ...] = ()
    doubled: tuple[Entry, ...] = ()
    unsent: tuple[Entry, ...] = ()

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.unsent)

    def __str__(self) -> str:
        said = [
            f"{len(entries)} {what}: {', '.join(map(str, entries[:SHOWN]))}{' …' if len(entries) > SHOWN else ''}"
            for what, entries in (
                ("acknowledged and lost", self.lost),
                ("present more than once", self.doubled),
                ("never sent", self.unsent),
            )
            if entries
        ]
        return f"{self.member}: {'; '.join(said) or 'clean'}"


def audit(member: str, sent: Iterable[Entry], acknowledged: Iterable[Entry], found: Iterable[Entry]) -> Findings:
    """Compares what a member holds with what was sent and acknowledged. What was sent without an answer may be there or not."""
    copies = Counter(found)
    return Findings(
        member,
        lost=tuple(sorted(set(acknowledged) - copies.keys())),
        doubled=tuple(sorted(entry for entry, count in copies.items() if count > 1)),
        unsent=tuple(sorted(copies.keys() - set(sent))),
    )


@dataclass(frozen=True)
class Total:
    """A closed round in two numbers, which change with any entry that goes, comes or is altered."""

    entries: int
    tokens: int


def audit_closed(member: str, expected: Mapping[int, Total], found: Mapping[int, Total]) -> list[str]:
    """Rounds that were audited before and aren't what they were."""
    return [
        f"{member}: round {number} was closed with {expected.get(number)} and now has {found.get(number)}"
        for number in sorted(expected.keys() | found.keys())
        if expected.get(number) != found.get(number)
    ]


@dataclass(frozen=True)
class MemberState:
    """What a member says of itself."""

    name: str
    role: str
    state: str
    timeline: int | None
    replication: str = ""

    @property
    def is_primary(self) -> bool:
        return self.role in ("primary", "master")

    @property
    def is_running(self) -> bool:
        return self.state in ("running", "streaming")


def cluster_faults(members: Iterable[MemberState], names: Iterable[str]) -> list[str]:
    """Why the cluster is not whole: every member runs, exactly one is primary, the others stream on its timeline."""
    by_name = {member.name: member for member in members}
    problems = [f"{name} does not answer" for name in names if name not in by_name]
    problems += [f"{member.name} is {member.state}" for member in by_name.values() if not member.is_running]
    primaries = sorted(member.name for member in by_name.values() if member.is_primary)
    if len(primaries) != 1:
        return [*problems, f"{len(primaries)} members say that they are the primary: {', '.join(primaries) or 'none'}"]
    timeline = by_name[primaries[0]].timeline
    for member in by_name.values():
        if member.is_primary:
            continue
        if member.timeline != timeline:
            problems.append(f"{member.name} is on timeline {member.timeline}, the primary on {timeline}")
        if member.replication != "streaming":
            problems.append(f"{member.name} does not stream ({member.replication or 'no replication'})")
    return problems


@dataclass
class Verdict:
    """All that was found after one fault."""

    findings: list[Findings] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.problems and all(finding.clean for finding in self.findings)

    def lines(self) -> list[str]:
        return [str(finding) for finding in self.findings if not finding.clean] + self.problems
