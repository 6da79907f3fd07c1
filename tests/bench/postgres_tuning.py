#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the computed settings of PostgreSQL are worth, compared with those that Debian installs, in an Odoo-like mix.

One host, two clusters with the very same files (the second is a copy of the first), of which one runs at a time. The mix is one
pgbench run over tables of partners, orders, order lines, journal items and messages: small reads and writes as Odoo makes them,
and now and then a report that aggregates. Sides alternate, and the order within a round does, too; the result is the median of
the transactions per second of each side. Both keep fsync, whole-page writes and data checksums. A side differs from the other
only in what the filter postgres_settings computes; nothing else is set, on either side.

The host is one that has PostgreSQL's programs (the role postgres_ha installs them); nothing of a cluster that runs there is
touched, but it should be idle. What was made is removed at the end.

Usage: tests/bench/postgres_tuning.py --inventory INVENTORY --host HOST [--memory-mb 4096] [--rounds 3] [--seconds 20]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("postgres_tuning_worker.py")
GOAL = 1.5
SIDES = ("debian", "tuned")


def tuned(memory_mb: int, cores: int, storage: str) -> dict[str, object]:
    sys.path.insert(0, str(ROOT / ".cache" / "collections"))
    rules = importlib.import_module("ansible_collections.tierline.erp.plugins.module_utils.postgres.tuning")
    return rules.tune(rules.Machine(memory_mb, cores, storage), connections=200)


def on_host(arguments: argparse.Namespace, module: str, words: str) -> str:
    sources = [part for source in arguments.inventory for part in ("-i", source)]
    done = subprocess.run(
        ["ansible", *sources, arguments.host, "-m", module, "-a", words],
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_STDOUT_CALLBACK": "minimal",
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
        },
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    if done.returncode:
        sys.exit(f"the host failed:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def measure(arguments: argparse.Namespace) -> dict[str, list[dict[str, float]]]:
    task = {
        "seconds": arguments.seconds,
        "rounds": arguments.rounds,
        "rows": arguments.rows,
        "clients": arguments.clients,
        "settings": {"debian": {}, "tuned": tuned(arguments.memory_mb, arguments.cores, arguments.storage)},
    }
    said = on_host(arguments, "ansible.builtin.script", f"executable=python3 {WORKER} {shlex.quote(json.dumps(task))}")
    answer = said[said.index("RESULT<<") + len("RESULT<<") : said.index(">>RESULT")]
    return json.loads(answer.replace('\\"', '"'))


def report(arguments: argparse.Namespace, measured: dict[str, list[dict[str, float]]]) -> bool:
    print(
        f"{arguments.clients} clients, {arguments.rounds} rounds of {arguments.seconds} s on each side, {arguments.rows} orders"
    )
    medians = {}
    for side in SIDES:
        rates = [run["tps"] for run in measured[side]]
        medians[side] = statistics.median(rates)
        seen = " ".join(f"{rate:.0f}" for rate in rates)
        slow = statistics.median(run["report_ms"] for run in measured[side])
        print(f"{side:7} {medians[side]:8.1f} transactions/s (rounds: {seen})   a report takes {slow:.0f} ms")
    ratio = medians["tuned"] / medians["debian"]
    print(f"ratio   {ratio:8.2f}x   goal {GOAL}x")
    return ratio >= GOAL


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inventory", "-i", action="append", required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--memory-mb", type=int, default=4096, help="what the tuned side may count on")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="of the host")
    parser.add_argument("--storage", choices=["ssd", "network", "hdd"], default="ssd")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rows", type=int, default=100_000, help="orders; lines and journal items are four times as many")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    measured = measure(arguments)
    good = report(arguments, measured)
    if arguments.json:
        arguments.json.write_text(json.dumps({**vars(arguments), "json": None, "measured": measured}, indent=2))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
