#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one call of postgres_tenants costs, compared with loops of community.postgresql modules that do the same.

Both sides give N tenants a role (password, connection limit, no privileges), a database (owner, UTF-8, collation C), two
extensions, CONNECT taken from PUBLIC and given on the database postgres. They run on the same server, one after the other, with
other names: first on nothing, then once more with nothing to do. A side is one ansible-playbook process, timed from outside,
without gathering facts.

Loops over many tenants take long: `--loop-tenants` measures fewer of them, and the seconds for N are then extrapolated: what a
play without a tenant takes, plus N times what each tenant adds. The output says so.

The server is one that the role postgres_ha made (root is the superuser on its socket). What was made is dropped at the end.

Usage: tests/bench/postgres_tenants.py --inventory INVENTORY --host HOST [--tenants 200] [--loop-tenants 20] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOAL = 50
EXTENSIONS = ["pg_trgm", "unaccent"]
TIMEOUT = 5400
LOGIN = {"login_unix_socket": "/var/run/postgresql", "login_user": "postgres"}


def tenants(prefix: str, count: int) -> list[dict]:
    return [
        {"database": f"{prefix}{n:04d}", "password": f"password-{n}", "connection_limit": 40, "extensions": EXTENSIONS}
        for n in range(count)
    ]


def one_call(wanted: list[dict]) -> list[dict]:
    return [{"tierline.erp.postgres_tenants": {"tenants": wanted}}]


def loops(wanted: list[dict]) -> list[dict]:
    database, everybody = "{{ item.database }}", {"roles": "PUBLIC", "type": "database", "privs": "CONNECT,TEMP"}
    flags = "LOGIN,NOSUPERUSER,NOCREATEDB,NOCREATEROLE,NOREPLICATION,NOBYPASSRLS"
    role = {
        "name": database,
        "password": "{{ item.password }}",
        "role_attr_flags": flags,
        "conn_limit": "{{ item.connection_limit }}",
    }
    made = {
        "name": database,
        "owner": database,
        "encoding": "UTF8",
        "template": "template0",
        "lc_collate": "C",
        "lc_ctype": "C.UTF-8",
    }
    steps = [
        ("user", role),
        ("db", made),
        ("privs", {**everybody, "login_db": database, "objs": database, "state": "absent"}),
        ("privs", {"login_db": "postgres", "roles": database, "type": "database", "objs": "postgres", "privs": "CONNECT"}),
        *(("ext", {"name": name, "login_db": database}) for name in EXTENSIONS),
    ]
    label = {"loop": wanted, "loop_control": {"label": database}}
    return [{f"community.postgresql.postgresql_{module}": {**LOGIN, **arguments}, **label} for module, arguments in steps]


def seconds(inventory: list[str], host: str, tasks: list[dict]) -> float:
    """Wall-clock time of one ansible-playbook process."""
    with tempfile.TemporaryDirectory() as folder:
        playbook = Path(folder) / "play.json"
        playbook.write_text(json.dumps([{"hosts": host, "gather_facts": False, "tasks": tasks}]))
        playbook.chmod(0o600)
        sources = [part for source in inventory for part in ("-i", source)]
        start = time.monotonic()
        done = subprocess.run(
            ["ansible-playbook", *sources, str(playbook)],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_FORCE_COLOR": "0"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        took = time.monotonic() - start
    if done.returncode:
        sys.exit(f"the play failed:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}")
    return took


def drop(arguments: argparse.Namespace, prefix: str, count: int) -> None:
    gone = [
        {"database": tenant["database"], "state": "absent", "final_backup": "of-a-benchmark"} for tenant in tenants(prefix, count)
    ]
    seconds(arguments.inventory, arguments.host, [{"tierline.erp.postgres_tenants": {"tenants": gone, "allow_removal": True}}])


def measure(arguments: argparse.Namespace) -> dict[str, dict[str, float]]:
    idle = seconds(arguments.inventory, arguments.host, [{"ansible.builtin.meta": "noop"}])
    measured: dict[str, dict[str, float]] = {"first run": {}, "no-op run": {}}
    sides = (("one call", one_call, arguments.tenants), ("loops", loops, arguments.loop_tenants))
    for side, tasks, count in sides:
        prefix = f"bench_{side.replace(' ', '_')}_"
        try:
            for figures in measured.values():
                took = seconds(arguments.inventory, arguments.host, tasks(tenants(prefix, count)))
                figures[f"{side}, {count} tenants"] = took
                figures[side] = took if count == arguments.tenants else idle + (took - idle) * arguments.tenants / count
        finally:
            drop(arguments, prefix, count)
    return measured


def report(arguments: argparse.Namespace, measured: dict[str, dict[str, float]]) -> bool:
    print(f"{arguments.tenants} tenants, {len(EXTENSIONS)} extensions each; seconds of a whole ansible-playbook process")
    if arguments.loop_tenants != arguments.tenants:
        print(f"loops were measured on {arguments.loop_tenants} tenants and extrapolated to {arguments.tenants}")
    good = True
    for run, figures in measured.items():
        ratio = figures["loops"] / figures["one call"]
        good &= ratio >= GOAL
        seen = f"one call {figures['one call']:8.1f} s   loops {figures['loops']:8.1f} s"
        print(f"{run:10} {seen}   ratio {ratio:6.0f}x   goal {GOAL}x")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inventory", "-i", action="append", required=True)
    parser.add_argument("--host", required=True, help="a host whose PostgreSQL was made by the role postgres_ha, the primary")
    parser.add_argument("--tenants", type=int, default=200)
    parser.add_argument("--loop-tenants", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    measured = measure(arguments)
    good = report(arguments, measured)
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"tenants": arguments.tenants, "loop_tenants": arguments.loop_tenants, **measured}, indent=2)
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
