# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A campaign: one fault after the other under load, each followed by an audit."""

from __future__ import annotations

import contextlib
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import journal
from .cluster import Cluster, NotRecovered
from .faults import FAULTS, Fault, Site
from .figures import longest_gap
from .lab import LabError
from .load import Load
from .verdict import Total, Verdict, audit, audit_closed

LEAD_SECONDS = 1.5  # of undisturbed writing before the fault
RECOVERY_SECONDS = 120.0
SETTLE_SECONDS = 30.0


@dataclass
class Result:
    """What one fault did."""

    number: int
    kind: str
    primary: str
    successor: str = ""
    outage: float = 0.0  # the prober's longest time without a commit
    counted: float = 0.0  # of it, what the bound is for
    slowest_client: float = 0.0  # the same of the writer that had it worst
    bound: float = 0.0
    slack: float = 1.0  # by which the bound is stretched, because the machine is overloaded
    recovery: float = 0.0  # from healing to a whole cluster
    acknowledged: int = 0
    unknown: int = 0
    lost: int = 0
    doubled: int = 0
    unsent: int = 0
    entries: int = 0  # what the round left in the ledger: how many, and the sum of their tokens
    tokens: int = 0
    loss_window: float = 0.0  # seconds from the first to the last acknowledgement of what was lost
    problems: list[str] = field(default_factory=list)

    @property
    def within_bound(self) -> bool:
        return self.counted <= self.bound * self.slack


def chosen(kinds: list[str], number: int, seed: int) -> type[Fault]:
    """The fault of that number in a random campaign: the same for the same seed, wherever a campaign is resumed."""
    by_name = {fault.name: fault for fault in FAULTS}
    return by_name[random.Random(f"{seed}/{number}").choice(kinds)]


def slack() -> float:
    """Work waiting for each core: what takes a second on a machine of one's own takes this many on one that is shared."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Campaign:
    """Runs faults against a site, with a load that writes meanwhile."""

    def __init__(self, site: Site, load: Load, folder: Path, say: Callable[[str], None] = print):
        self.site, self.load, self.folder, self.say = site, load, folder, say
        self.closed = {result.number: Total(result.entries, result.tokens) for result in load_results(folder)}
        self.books = journal.Books()

    @property
    def cluster(self) -> Cluster:
        return self.site.cluster

    def run(self, number: int, fault: Fault) -> Result | None:
        """One fault, from a whole cluster to a whole cluster. None if it doesn't apply here.

        NotRecovered and LabError mean that no further fault can be tried: the cluster isn't whole, or a fault couldn't be staged.
        """
        self.cluster.wait_whole(RECOVERY_SECONDS)
        self.site.look()
        if not fault.possible(self.site):
            return None
        self.stage(fault)
        self.site.look()
        result = Result(number, fault.name, self.site.primary, bound=fault.bound(self.site), slack=slack())
        books_folder = self.folder / f"round-{number:04d}"
        self.load.open(number, books_folder)
        time.sleep(LEAD_SECONDS)
        started = time.monotonic()
        verdict = Verdict()
        try:
            with self.healed(fault):
                fault.inject(self.site)
                fault.hold(self.site)
            healed = time.monotonic()
            result.recovery = self.cluster.wait_whole(RECOVERY_SECONDS)
            self.wait_for_writes(healed)
        except (NotRecovered, LabError) as error:
            healed = time.monotonic()
            verdict.problems.append(f"not recovered without hands: {error}")
        ended = time.monotonic()
        verdict.problems += self.load.close(SETTLE_SECONDS)
        self.measure(result, fault, started, healed, ended)
        self.audit(result, verdict, books_folder)
        if not verdict.problems:
            fault.tidy(self.site)
        self.conclude(result, verdict)
        return result

    def stage(self, fault: Fault) -> None:
        """Prepares the fault; what was half prepared is tidied away, so that the lab can be used again."""
        try:
            fault.prepare(self.site)
        except (NotRecovered, LabError):
            with contextlib.suppress(NotRecovered, LabError):
                fault.tidy(self.site)
            raise

    @contextlib.contextmanager
    def healed(self, fault: Fault) -> Iterator[None]:
        """The fault is taken away whatever happens: a lab that stays broken tells nothing about the cluster."""
        try:
            yield
        finally:
            fault.heal(self.site)

    def wait_for_writes(self, since: float) -> None:
        """Until the prober and every writer have succeeded again."""
        self.cluster.wait(
            lambda: all(worker.successes and worker.successes[-1] > since for worker in self.load.workers),
            RECOVERY_SECONDS,
            lambda: "; ".join(
                f"{worker.name} cannot write: {worker.last_error}"
                for worker in self.load.workers
                if not worker.successes or worker.successes[-1] <= since
            ),
        )

    def measure(self, result: Result, fault: Fault, started: float, healed: float, ended: float) -> None:
        successes = list(self.load.prober.successes)
        result.outage = longest_gap(successes, started, ended).seconds
        # Where a fault is meant to stop writes, the promise is about what comes after it.
        result.counted = longest_gap([*successes, healed], healed, ended).seconds if fault.stops_writes else result.outage
        result.slowest_client = max(longest_gap(list(each.successes), started, ended).seconds for each in self.load.writers)

    def audit(self, result: Result, verdict: Verdict, folder: Path) -> None:
        books = self.books = journal.read(folder)
        result.acknowledged, result.unknown = len(books.acknowledged), books.unknown
        try:
            primary = self.cluster.primary()
            if primary is None:
                raise LabError("no member, or more than one, is the primary")
            result.successor = primary
            self.cluster.wait_caught_up(primary, SETTLE_SECONDS)
            for member in self.cluster.names:
                found = self.cluster.entries(member, result.number)
                verdict.findings.append(audit(member, books.sent, books.acknowledged, found))
                totals = self.cluster.totals(member, result.number)
                # A round that was cut off in the middle was never closed.
                verdict.problems += audit_closed(member, self.closed, {key: totals[key] for key in totals.keys() & self.closed})
            result.entries, result.tokens = len(found), sum(entry.token for entry in found)
            self.closed[result.number] = Total(result.entries, result.tokens)
        except (NotRecovered, LabError) as error:
            verdict.problems.append(f"the books could not be audited: {error}")

    def conclude(self, result: Result, verdict: Verdict) -> None:
        lost = {entry for finding in verdict.findings for entry in finding.lost}
        result.lost, result.loss_window = len(lost), self.books.window(lost)
        result.doubled = max((len(finding.doubled) for finding in verdict.findings), default=0)
        result.unsent = max((len(finding.unsent) for finding in verdict.findings), default=0)
        result.problems = verdict.lines()
        self.log(result)

    def log(self, result: Result) -> None:
        if not result.within_bound:
            result.problems.append(
                f"writes stopped for {result.counted:.1f} s; allowed are {result.bound:.1f} s, times {result.slack:.1f} for load"
            )
        with (self.folder / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")
        self.say(
            f"{result.number:4d}  {result.kind:<22} {result.primary} → {result.successor or '?'}  outage {result.outage:6.2f} s "
            f"(bound {result.bound:4.0f})  slowest client {result.slowest_client:6.2f} s  whole after {result.recovery:5.1f} s  "
            f"{result.acknowledged:5d} acknowledged, {result.unknown} unknown, {result.lost} lost"
        )
        for problem in result.problems:
            self.say(f"      FAILED: {problem}")


def load_results(folder: Path) -> list[Result]:
    """The results of a campaign so far."""
    path = folder / "results.jsonl"
    return [Result(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
