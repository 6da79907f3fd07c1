# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

from . import death, loss
from .site import Site

CHECKS = {
    "alive": death.check_alive,
    "useless": death.check_useless_commands,
    "liar": death.check_liar,
    "watcher": death.check_watcher_killed,
    "cancel": loss.check_cancellation,
    "orders": loss.check_orders,
    "stale": loss.check_stale_replica,
    "modes": loss.check_modes,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fencing", description=__doc__)
    parser.add_argument("--lab", required=True, help="name of the lab")
    parser.add_argument("--cluster", default="failover", help="postgres_ha_cluster")
    parser.add_argument("--database", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--kills", type=int, default=0, help="rounds with proof; half of them kill etcd's leader along")
    parser.add_argument("--kills-without-proof", type=int, default=0)
    parser.add_argument("--check", action="append", choices=sorted(CHECKS), default=[], help="may be given several times")
    parser.add_argument("--json", type=Path, help="where figures go")
    options = parser.parse_args()
    cache = Path(os.environ["TIERLINE_CACHE"])
    site = Site(options.lab, cache, options.cluster, options.database, options.user, os.environ["PGPASSWORD"])
    figures = {}
    for proof, rounds in ((True, options.kills), (False, options.kills_without_proof)):
        results = []
        for number in range(rounds):
            results.append(death.kill_host(site, proof, etcd_dies_too=number % 2 == 1))
            print(json.dumps(results[-1]), flush=True)
        if results:
            figures["with proof" if proof else "without proof"] = {"summary": death.summary(results), "results": results}
            print(json.dumps(death.summary(results)), flush=True)
            assert not any(entry["lost"] for entry in results), "acknowledged writes are gone"
            assert not proof or all(entry["releases"] for entry in results), "a proven death was not released"
    for name in options.check:
        started = time.monotonic()
        CHECKS[name](site)
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
