#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the way through PgBouncer and HAProxy costs, compared with PostgreSQL itself: pgbench, the same settings on both sides.

pgbench runs on one member of a cluster that the role postgres_ha made. One side connects to the PgBouncer of that member, the
other to the primary's PostgreSQL; both with TLS, verified certificates and the same user. Sides take turns, so that what else the
machine does falls on both; the ratio is that of the medians. Three workloads:

  writes      pgbench's own: seven statements in a transaction that commits
  reads       one SELECT after the other, which is nearly nothing but the way
  connects    a new connection for each SELECT, which is where pooling pays

A database and a role of its own are made for it and dropped at the end.

Usage: tests/bench/postgres_endpoint.py --container CONTAINER [--container …] [--seconds 10] [--rounds 3] [--json FILE]
The first container is the one that pgbench runs on; all members of the cluster are given, so that the primary is found.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import statistics
import subprocess
import sys
from pathlib import Path

NAME = "bench_endpoint"
GOAL = 0.95
PKI = "/etc/tierline/pki"
WORKLOADS = {"writes": [], "reads": ["--select-only"], "connects": ["--select-only", "--connect"]}


def run(container: str, command: list[str], environment: dict[str, str] | None = None) -> str:
    flags = [part for name in environment or {} for part in ("--env", name)]
    done = subprocess.run(
        ["docker", "exec", *flags, container, *command],
        env={**(environment or {}), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{container}: {' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def sql(container: str, *statements: str) -> str:
    """As the superuser on the member's own socket."""
    commands = [part for statement in statements for part in ("--command", statement)]
    return run(container, ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--username=postgres", *commands]).strip()


def pgbench(arguments: argparse.Namespace, environment: dict[str, str], options: list[str]) -> float:
    output = run(arguments.container[0], [f"{arguments.bin}/pgbench", "--no-vacuum", *options, NAME], environment)
    found = re.search(r"^tps = ([\d.]+)", output, re.MULTILINE)
    # It says nothing where not one transaction was finished, which a machine that is busy enough brings about.
    return float(found[1]) if found else 0.0


def sides(arguments: argparse.Namespace, primary: str, password: str) -> dict[str, dict[str, str]]:
    common = {"PGUSER": NAME, "PGPASSWORD": password, "PGSSLMODE": "verify-full", "PGSSLROOTCERT": f"{PKI}/ca.crt"}
    # Past PgBouncer a tenant gets in with PgBouncer's own certificate only.
    certificate = {"PGSSLCERT": f"{PKI}/pgbouncer/tls.crt", "PGSSLKEY": f"{PKI}/pgbouncer/tls.key"}
    here = run(arguments.container[0], ["hostname"]).strip()
    return {
        "direct": {**common, **certificate, "PGHOST": primary, "PGPORT": "5432"},
        "endpoint": {**common, "PGHOST": here, "PGPORT": "6432"},
    }


def measure(arguments: argparse.Namespace, ways: dict[str, dict[str, str]]) -> dict[str, dict[str, list[float]]]:
    load = ["--client", str(arguments.clients), "--jobs", "2", "--time", str(arguments.seconds)]
    figures: dict[str, dict[str, list[float]]] = {name: {way: [] for way in ways} for name in WORKLOADS}
    for _round in range(arguments.rounds):
        for name, options in WORKLOADS.items():
            for way, environment in ways.items():
                figures[name][way].append(pgbench(arguments, environment, [*load, *options]))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--container", action="append", required=True)
    parser.add_argument("--bin", default="/usr/lib/postgresql/17/bin")
    parser.add_argument("--scale", type=int, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    leaders = [member for member in arguments.container if sql(member, "SELECT pg_is_in_recovery()") == "f"]
    if len(leaders) != 1:
        sys.exit(f"{len(leaders)} of {', '.join(arguments.container)} are primary: give all members of one cluster")
    primary, password = run(leaders[0], ["hostname"]).strip(), secrets.token_hex(16)
    ways = sides(arguments, primary, password)
    try:
        sql(
            leaders[0],
            f"CREATE ROLE {NAME} LOGIN CONNECTION LIMIT 90 PASSWORD '{password}'",
            f"CREATE DATABASE {NAME} OWNER {NAME}",
        )
        run(
            arguments.container[0],
            [f"{arguments.bin}/pgbench", "--initialize", "--quiet", f"--scale={arguments.scale}", NAME],
            ways["direct"],
        )
        figures = measure(arguments, ways)
    finally:
        sql(leaders[0], f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f"DROP ROLE IF EXISTS {NAME}")
    where = "the primary itself" if leaders[0] == arguments.container[0] else "a replica's host"
    print(f"pgbench on {where}, {arguments.clients} clients, scale {arguments.scale}, medians of transactions/s")
    print(f"{arguments.rounds} rounds of {arguments.seconds} s for each side and workload")
    medians = {name: {way: statistics.median(seen) for way, seen in of.items()} for name, of in figures.items()}
    for name, of in medians.items():
        if not of["direct"]:
            sys.exit(
                f"{name}: not one transaction in {arguments.seconds} s on PostgreSQL itself; the machine is too busy to measure"
            )
        ratio, goal = of["endpoint"] / of["direct"], f"goal {GOAL:.2f}" if name == "writes" else ""
        print(f"{name:9} direct {of['direct']:9.1f}   endpoint {of['endpoint']:9.1f}   ratio {ratio:5.2f}   {goal}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"medians": medians, "figures": figures}, indent=2))
    return 0 if medians["writes"]["endpoint"] >= GOAL * medians["writes"]["direct"] else 1


if __name__ == "__main__":
    sys.exit(main())
