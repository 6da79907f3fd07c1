#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long writes stop when something fails, compared with Patroni's defaults on the same members, in one run.

Both sides are the same three members, endpoint, load and faults, in turn. What differs is Patroni's cluster configuration: ours,
as the role made it, against ttl 30, loop_wait 10, retry_timeout 10 and primary_start_timeout 300. (What the role sets in members'
files, such as asking the own etcd first, stays: so the defaults look a little better here than they are.) Our switchover is the
module's, theirs is patronictl's. Where the role's
fencing watcher runs, a killed host is measured with and, while it is stopped, without it; under the defaults always without it.

Then the price of asynchronous replication: with synchronous mode off, the primary's host is killed, and once it is cut from the
other members while clients still reach it. What was acknowledged and is lost is counted. These losses are expected.

The lab is one that molecule's scenario postgres_failover has converged; the configuration is put back at the end.

Usage: PGPASSWORD=… LEDGER_API_PASSWORD=… LEDGER_PGBOUNCER_PASSWORD=…
  tools/run.sh tests/bench/postgres_failover.py --lab LAB --cluster CLUSTER [--repeats 3] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ledger import report
from ledger.__main__ import operator
from ledger.campaign import Campaign, Result
from ledger.client import Endpoint
from ledger.cluster import Cluster
from ledger.faults import CutFromMembers, Fault, HostKilled, PostgresKilled, Site, Switchover
from ledger.figures import percentile
from ledger.lab import Lab, LabError
from ledger.load import Load

DEFAULTS = {"ttl": 30, "loop_wait": 10, "retry_timeout": 10, "primary_start_timeout": 300}
ASYNCHRONOUS = {"synchronous_mode": False, "synchronous_mode_strict": False}
WATCHER = "tierline-fencing.service"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", required=True)
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--database", default="ledger")
    parser.add_argument("--port", type=int, default=6432)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="compare,asynchronous", help="which parts, separated by commas")
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("TIERLINE_CACHE", ".cache")))
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


class Bench:
    """One cluster, measured under several configurations."""

    def __init__(self, options: argparse.Namespace):
        lab = Lab(options.lab, options.cache)
        self.cluster = Cluster(lab, options.database, [host for host in lab.addresses if host.startswith("db")])
        self.name, self.version = options.cluster, "17"
        self.own = self.cluster.config
        endpoint = Endpoint(
            tuple((name, lab.addresses[name]) for name in self.cluster.names),
            options.port,
            options.database,
            options.database,
            os.environ["PGPASSWORD"],
            lab.ca,
        )
        self.load = Load(endpoint)
        self.folder = options.cache / "ledger" / f"bench-{time.strftime('%Y%m%d-%H%M%S')}"
        self.folder.mkdir(parents=True)
        self.numbers = itertools.count(1)
        self.load.prepare(fresh=True)

    @contextlib.contextmanager
    def configured(self, wanted: dict) -> Iterator[None]:
        """Patroni's cluster configuration with these values, then again as it was."""
        try:
            self.configure(wanted)
            yield
        finally:
            self.configure({key: self.own.get(key) for key in wanted})

    def configure(self, wanted: dict) -> None:
        pairs = [word for key, value in wanted.items() for word in ("-s", f"{key}={json.dumps(value)}")]
        self.cluster.lab.run(
            self.cluster.names[0],
            "patronictl",
            "-c",
            "/etc/patroni/conf.d",
            "edit-config",
            self.name,
            "--force",
            "--quiet",
            *pairs,
        )
        time.sleep(float(self.own["loop_wait"]) + 11)  # until members on the slower of both settings have read it

    @contextlib.contextmanager
    def without_watcher(self) -> Iterator[None]:
        """With the fencing watcher, if there is one, stopped: disabled as well, since a host that was killed boots again."""
        watched = self.has_watcher()
        try:
            if watched:
                self._watchers("disable")
            yield
        finally:
            if watched:
                self._watchers("enable")

    def _watchers(self, verb: str) -> None:
        for name in self.cluster.names:
            self.cluster.lab.run(name, "systemctl", verb, "--quiet", "--now", WATCHER)

    def has_watcher(self) -> bool:
        try:
            self.cluster.lab.run(self.cluster.names[0], "systemctl", "is-active", "--quiet", WATCHER)
        except LabError:
            return False
        return True

    def measure(self, fault: type[Fault], repeats: int, proof: bool = False, ours: bool = False) -> list[Result]:
        results: list[Result] = []
        data_directory = f"/var/lib/postgresql/{self.version}/{self.name}"
        for _ in range(repeats):
            site = Site(
                self.cluster.lab,
                self.cluster,
                data_directory,
                random.Random(len(results)),
                lease=float(self.cluster.config["ttl"]),
                proof=proof,
                operator=operator(self.cluster.lab, self.cluster, self.name, data_directory) if ours else None,
            )
            campaign = Campaign(site, self.load, self.folder, say=lambda line: print(line, flush=True))
            result = campaign.run(next(self.numbers), fault())
            if result is None or not result.successor:
                raise SystemExit("the cluster did not recover: see above")
            results.append(result)
        return results


def compare(bench: Bench, repeats: int) -> dict[str, dict[str, list[Result]]]:
    """Seconds without a write by kind, ours and the defaults'."""
    sides: dict[str, dict[str, list[Result]]] = {"ours": {}, "defaults": {}}
    faults = {"postgres killed": PostgresKilled, "switchover": Switchover, "host killed": HostKilled}
    if bench.has_watcher():
        print("\nours, with proof of death")
        sides["ours"]["host killed, proven"] = bench.measure(HostKilled, repeats, proof=True)
    with bench.without_watcher():
        print("\nours")
        for name, fault in faults.items():
            sides["ours"][name] = bench.measure(fault, repeats, ours=True)
        with bench.configured(DEFAULTS):
            print(f"\nPatroni's defaults: {DEFAULTS}")
            for name, fault in faults.items():
                sides["defaults"][name] = bench.measure(fault, repeats)
    if "host killed, proven" in sides["ours"]:
        sides["defaults"]["host killed, proven"] = sides["defaults"]["host killed"]
    return sides


def show(sides: dict[str, dict[str, list[Result]]]) -> None:
    print(f"\n{'writes stopped for (s)':<24} {'ours p50':>9} {'p95':>7} {'defaults p50':>13} {'p95':>7} {'times':>6}  lost")
    for kind, mine in sides["ours"].items():
        theirs = sides["defaults"][kind]
        ours = [percentile([result.outage for result in mine], share) for share in (0.5, 0.95)]
        other = [percentile([result.outage for result in theirs], share) for share in (0.5, 0.95)]
        lost, acknowledged = (sum(getattr(result, what) for result in mine + theirs) for what in ("lost", "acknowledged"))
        print(
            f"{kind:<24} {ours[0]:>9.2f} {ours[1]:>7.2f} {other[0]:>13.2f} {other[1]:>7.2f} {other[0] / ours[0]:>6.1f}"
            f"  {lost} of {acknowledged}"
        )


def asynchronous(bench: Bench, repeats: int) -> dict[str, list[Result]]:
    """What is lost where commits don't wait for a replica."""
    found = {}
    with bench.without_watcher(), bench.configured(ASYNCHRONOUS):
        print("\nsynchronous mode off: losses are expected")
        for fault in (HostKilled, CutFromMembers):
            found[fault.name] = bench.measure(fault, repeats)
    print(f"\n{'synchronous mode off':<24} {'acknowledged':>12} {'lost':>6} {'loss window (ms), longest':>26}")
    for name, results in found.items():
        acknowledged, lost = (sum(getattr(result, what) for result in results) for what in ("acknowledged", "lost"))
        print(f"{name:<24} {acknowledged:>12} {lost:>6} {max(result.loss_window for result in results) * 1000:>26.0f}")
    return found


def main() -> int:
    options = arguments()
    bench = Bench(options)
    print(f"machine: {report.machine()}; {options.repeats} of each kind", flush=True)
    facts: dict = {"date": time.strftime("%Y-%m-%d"), "machine": report.machine(), "versions": bench.cluster.versions()}
    if "compare" in options.only:
        sides = compare(bench, options.repeats)
        show(sides)
        facts["compare"] = {
            side: {kind: [result.outage for result in each] for kind, each in kinds.items()} for side, kinds in sides.items()
        }
    if "asynchronous" in options.only:
        facts["asynchronous"] = {
            kind: [{"acknowledged": result.acknowledged, "lost": result.lost, "window": result.loss_window} for result in each]
            for kind, each in asynchronous(bench, options.repeats).items()
        }
    if options.json:
        report.write(options.json, json.dumps(facts, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
