# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a campaign against the members of a lab.

    PYTHONPATH=tests tools/run.sh python -m ledger --lab mol-postgres-failover --cluster failover            each kind once
    … --faults 1000 --seed 7                                                                        at random, 1000 of them
    … --faults 1000 --resume FOLDER                                                                 go on where it stopped

The password of the database's user is in PGPASSWORD. With those of Patroni's API and of PgBouncer's console in
LEDGER_API_PASSWORD and LEDGER_PGBOUNCER_PASSWORD, switchovers are postgres_switchover's instead of Patroni's own.
Exit status: 0 if every fault passed, 1 if not, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path

from . import picture, report
from .campaign import Campaign, Result, chosen, load_results
from .client import Endpoint
from .cluster import Cluster, NotRecovered
from .faults import FAULTS, Site
from .lab import Lab, LabError
from .load import Load
from .operations import Operator

NAMES = [fault.name for fault in FAULTS]


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ledger", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", required=True, help="the lab whose hosts are the members")
    parser.add_argument("--cluster", required=True, help="postgres_ha_cluster")
    parser.add_argument("--version", default="17", help="major version of PostgreSQL (default 17)")
    parser.add_argument("--members", help="hosts of the lab that are members, separated by commas (default all)")
    parser.add_argument("--database", default="ledger", help="database and user of the writers (default ledger)")
    parser.add_argument("--port", type=int, default=6432, help="the endpoint's port (default 6432)")
    parser.add_argument("--session", default="any", help="libpq's target_session_attrs (default any)")
    parser.add_argument("--kinds", default=",".join(NAMES), help=f"kinds of faults, separated by commas: {', '.join(NAMES)}")
    parser.add_argument("--faults", type=int, default=0, help="how many at random; 0 is each kind once (default)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the random campaign (default: the time)")
    parser.add_argument(
        "--hold", type=float, default=5.0, help="seconds that a fault lasts which nothing ends by itself (default 5)"
    )
    parser.add_argument("--proof", action="store_true", help="the cluster gets proof of a host's death")
    parser.add_argument("--keep-going", action="store_true", help="go on after a fault that failed")
    parser.add_argument("--resume", type=Path, help="the folder of a campaign that was cut off")
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("TIERLINE_CACHE", ".cache")))
    parser.add_argument("--json", type=Path, help="where the report goes besides the campaign's own folder")
    parser.add_argument("--picture", type=Path, help="where the picture goes besides the campaign's own folder")
    options = parser.parse_args(argv)
    options.kinds = [kind.strip() for kind in options.kinds.split(",") if kind.strip()]
    for wrong in sorted(set(options.kinds) - set(NAMES)):
        parser.error(f"no fault is called {wrong!r}; there are: {', '.join(NAMES)}")
    if "PGPASSWORD" not in os.environ:
        parser.error("PGPASSWORD is not set")
    return options


def operator(lab: Lab, cluster: Cluster, scope: str, data_directory: str) -> Operator | None:
    """Whoever has the passwords, if we were told them."""
    passwords = [os.environ.get(name, "") for name in ("LEDGER_API_PASSWORD", "LEDGER_PGBOUNCER_PASSWORD")]
    return Operator(lab, cluster.names, scope, data_directory, *passwords) if all(passwords) else None


def prepare(options: argparse.Namespace) -> tuple[Site, Load]:
    lab = Lab(options.lab, options.cache)
    names = options.members.split(",") if options.members else None
    cluster = Cluster(lab, options.database, names)
    data_directory = f"/var/lib/postgresql/{options.version}/{options.cluster}"
    site = Site(
        lab,
        cluster,
        data_directory=data_directory,
        chance=random.Random(options.seed),
        lease=float(cluster.config["ttl"]),
        proof=options.proof,
        hold=options.hold,
        operator=operator(lab, cluster, options.cluster, data_directory),
    )
    endpoint = Endpoint(
        hosts=tuple((name, lab.addresses[name]) for name in cluster.names),
        port=options.port,
        database=options.database,
        user=options.database,
        password=os.environ["PGPASSWORD"],
        ca=lab.ca,
        session=options.session,
    )
    return site, Load(endpoint)


def folder_of(options: argparse.Namespace) -> tuple[Path, dict]:
    """The campaign's folder, and what it is: a resumed one keeps its seed and kinds."""
    if options.resume:
        known = json.loads((options.resume / "campaign.json").read_text())
        options.seed, options.kinds, options.faults = known["seed"], known["kinds"], options.faults or known["faults"]
        return options.resume, known
    folder = options.cache / "ledger" / f"{options.lab}-{time.strftime('%Y%m%d-%H%M%S')}"
    folder.mkdir(parents=True)
    about = {"seed": options.seed, "kinds": options.kinds, "faults": options.faults}
    report.write(folder / "campaign.json", json.dumps(about))
    return folder, about


def run(options: argparse.Namespace) -> list[Result]:
    folder, about = folder_of(options)
    print(f"seed {options.seed}; the campaign is kept in {folder}", flush=True)
    site, load = prepare(options)
    site.cluster.wait_whole(120)
    load.prepare(fresh=not options.resume)
    campaign = Campaign(site, load, folder, say=lambda line: print(line, flush=True))
    results = load_results(folder)
    try:
        play(options, campaign, results)
    except (NotRecovered, LabError) as error:
        failed = Result(len(results) + 1, "campaign", "", problems=[str(error)])
        campaign.log(failed)
        results.append(failed)
    finish(options, site, folder, about, results)
    return results


def play(options: argparse.Namespace, campaign: Campaign, results: list[Result]) -> None:
    """Adds the results of the faults that are left to those that are there."""
    planned = options.faults or len(options.kinds)
    by_name = {fault.name: fault for fault in FAULTS}
    # A round that was cut off has left entries under its number: that number isn't used again.
    first = 1 + max((int(path.name.removeprefix("round-")) for path in campaign.folder.glob("round-*")), default=0)
    for number in range(first, planned + 1):
        kind = chosen(options.kinds, number, options.seed) if options.faults else by_name[options.kinds[number - 1]]
        campaign.site.chance = random.Random(f"{options.seed}:{number}")
        result = campaign.run(number, kind())
        if result is None:
            print(f"{number:4d}  {kind.name:<22} does not apply here", flush=True)
            continue
        results.append(result)
        if result.problems and not options.keep_going:
            return


def finish(options: argparse.Namespace, site: Site, folder: Path, about: dict, results: list[Result]) -> None:
    """The table, the report and the picture."""
    print(f"\n{report.table(results)}", flush=True)
    facts = report.as_json(results, {**about, "versions": site.cluster.versions(), "lease": site.lease, "proof": site.proof})
    stops = {fault.name: fault.stops_writes for fault in FAULTS}
    rows = [{**row, "stops_writes": stops.get(row["kind"], True)} for row in facts["kinds"]]
    outages = {row["kind"]: [result.outage for result in results if result.kind == row["kind"]] for row in rows}
    acknowledged, lost = sum(row["acknowledged"] for row in rows), sum(row["lost"] for row in rows)
    drawn = picture.draw(
        f"{len(results)} faults, {acknowledged} acknowledged entries, {lost} lost",
        f"{facts['date'][:10]}, three members on one machine of {facts['machine']['cores']} cores, "
        f"lease {site.lease:.0f} s, {'with' if site.proof else 'without'} proof of death",
        rows,
        outages,
    )
    for path in filter(None, (folder / "report.json", options.json)):
        report.write(path, json.dumps(facts, indent=2) + "\n")
    for path in filter(None, (folder / "outages.svg", options.picture)):
        report.write(path, drawn)


def main(argv: list[str] | None = None) -> int:
    results = run(arguments(argv))
    return 0 if results and not any(result.problems for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
