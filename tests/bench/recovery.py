#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long until books are back, and how much of them isn't, on a lab with the estate `hybrid`, by plain playbooks.

  back      an environment's database of --gb gigabytes loses its ledger; restore.yml brings it to the moment before, in place;
            until somebody logs in and the lines of the ledger are those of before
  lost      somebody commits ten times a second; every machine of the cell is killed at once, --kills times; what a restore of
            the latest moment, from the store as it was then, doesn't have

The table that fills the database is removed at the end. JSON to --json, a picture with the RTO of --certificates to --picture.

The first in a cell of one database member, the second in one of three, whose tier promises to archive each minute.

Usage: tests/bench/recovery.py --lab LAB [--gb 1] [--kills 3] [--only back,lost] [--certificates DIRECTORY] [--json FILE]
           [--picture FILE]
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).with_suffix("")))
import picture

FILLER = "tierline_bench_filler"
ROWS_PER_MB = 4200
SOON = 900
GOAL_BACK, GOAL_LOST = 120, 60


def say(*words: object) -> None:
    print(time.strftime("%H:%M:%S"), *words, file=sys.stderr, flush=True)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout


class Cell:
    """A cell of the lab, and one of its environments."""

    def __init__(self, lab: str, name: str, environment: str, domain: str) -> None:
        self.lab, self.name, self.environment, self.domain = lab, name, environment, domain
        self.database_host, self.app_host = (f"{lab}-{name}-{kind}1" for kind in ("db", "app"))
        folder = Path(".cache/lab") / lab
        secrets = yaml.safe_load((folder / "secrets.yml").read_text(encoding="utf-8"))
        self.password = secrets["environments"][environment]["admin"]
        self.context = ssl.create_default_context(cafile=str(folder / "pki" / "ca.crt"))

    def hosts(self) -> list[str]:
        return [
            name for name in run("docker", "ps", "--format", "{{.Names}}").split() if name.startswith(f"{self.lab}-{self.name}-")
        ]

    def primary(self) -> str:
        asked = {host: self.sql("SELECT pg_is_in_recovery()", "postgres", host=host) for host in self.hosts() if "-db" in host}
        return next(host for host, answer in asked.items() if answer == "f")

    def address(self) -> str:
        return run("docker", "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", self.app_host).split()[
            0
        ]

    def sql(self, statement: str, database: str = "", *where: str, host: str = "") -> str:
        command = [
            "docker",
            "exec",
            "-u",
            "postgres",
            host or self.database_host,
            "psql",
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            *where,
        ]
        return run(*command, "-d", database or self.environment, "-c", statement).strip()

    def playbook(self, name: str, *words: str) -> None:
        more = [word for pair in words for word in ("-e", pair)]
        play = ["tools/run.sh", "ansible-playbook", "-i", "inventories/hybrid", "-i", "inventories/lab", f"playbooks/{name}.yml"]
        done = subprocess.run(
            [*play, "--limit", f"cell_{self.name}", *more],
            env={**os.environ, "LAB": self.lab},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stdout[-4000:])

    def login(self) -> bool:
        """As a person does: through the edge, with a name and a password."""
        words = {"db": self.environment, "login": "admin", "password": self.password}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": words})
        try:
            connection = _Edge(self.address(), self.domain, self.context)
            connection.request("POST", "/web/session/authenticate", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status == 200 and bool(json.loads(answer.read()).get("result", {}).get("uid"))
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def until_login(self) -> None:
        ends = time.monotonic() + SOON
        while not self.login():
            if time.monotonic() > ends:
                raise SystemExit(f"nobody could log in for {SOON} s")
            time.sleep(1)


class _Edge(http.client.HTTPSConnection):
    """The edge by its address, with the name that users type."""

    def __init__(self, address: str, domain: str, context: ssl.SSLContext) -> None:
        super().__init__(domain, timeout=20, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        raw = socket.create_connection((self._address, 443), self.timeout)
        self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)


def back(cell: Cell, gigabytes: float) -> dict:
    environment = cell.environment
    say("filling", environment)
    cell.sql(f"CREATE TABLE IF NOT EXISTS {FILLER} (id bigint PRIMARY KEY, a text, b text)")
    rows = int(gigabytes * 1024 * ROWS_PER_MB)
    cell.sql(
        f"INSERT INTO {FILLER} SELECT i, md5(i::text) || md5('a' || i), md5('b' || i) || md5('c' || i) || md5('d' || i) "
        f"FROM generate_series((SELECT coalesce(max(id), 0) + 1 FROM {FILLER}), {rows}) AS i"
    )
    size = int(cell.sql("SELECT pg_database_size(current_database())"))
    say("backing up", size // 2**20, "MB")
    run(
        "docker",
        "exec",
        "-u",
        "postgres",
        cell.database_host,
        "pgbackrest",
        f"--stanza={cell.name}",
        "--type=full",
        "backup",
    )
    lines = cell.sql("SELECT count(*), sum(debit), sum(credit) FROM account_move_line")
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S+00:00")
    time.sleep(2)
    cell.sql("DELETE FROM account_partial_reconcile; DELETE FROM account_move_line")
    name = f"bench{int(time.time())}"
    say("the ledger is gone; back to", moment)
    began = time.monotonic()
    cell.playbook(
        "restore",
        f"restore_name={name}",
        f"restore_time='{moment}'",
        f"restore_environment={environment}",
        "restore_in_place=true",
    )
    played = time.monotonic() - began
    cell.until_login()
    took = time.monotonic() - began
    if cell.sql("SELECT count(*), sum(debit), sum(credit) FROM account_move_line") != lines:
        raise SystemExit("the ledger isn't what it was")
    cell.playbook("restore", f"restore_name={name}", "restore_remove=true", f"restore_environment={environment}")
    cell.sql(f'DROP DATABASE "{environment}_before_{name}" WITH (FORCE)', "postgres")
    cell.sql(f"DROP TABLE {FILLER}")
    return {"megabytes": size // 2**20, "ledger": lines, "playbook_seconds": round(played, 1), "seconds": round(took, 1)}


def lost(cell: Cell, number: int) -> dict:
    """Seconds between the last commit that was acknowledged and the last one that a restore from the store has."""
    hosts, primary = cell.hosts(), cell.primary()
    cell.sql(f"CREATE TABLE IF NOT EXISTS {FILLER}_rpo (at timestamptz)", host=primary)
    insert = f"INSERT INTO {FILLER}_rpo VALUES (clock_timestamp()) RETURNING at AT TIME ZONE 'UTC';"
    loop = f'while :; do echo "{insert}"; sleep 0.1; done'
    writer = subprocess.Popen(
        ["docker", "exec", "-u", "postgres", primary, "sh", "-c", f"{loop} | psql -XAtq -d {cell.environment}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    # Not in step with the archive's own clock.
    time.sleep(75 + 17 * number)
    killed = datetime.now(UTC)
    run("docker", "kill", *hosts)
    acknowledged = writer.communicate()[0].strip().splitlines()[-1]
    say("killed", *hosts)
    run("docker", "start", *hosts)
    cell.until_login()
    name = f"rpo{int(time.time())}"
    words = [f"restore_name={name}", f"restore_environment={cell.environment}"]
    cell.playbook("restore", *words, f"restore_store_time='{killed:%Y-%m-%d %H:%M:%S+00}'")
    there = ["-h", f"/var/lib/tierline/restore/{name}", "-p", "5499", "-U", "postgres"]
    restored = cell.sql(f"SELECT max(at) AT TIME ZONE 'UTC' FROM {FILLER}_rpo", "", *there)
    cell.playbook("restore", *words, "restore_remove=true")
    cell.sql(f"DROP TABLE {FILLER}_rpo", host=cell.primary())
    seconds = (datetime.fromisoformat(acknowledged) - datetime.fromisoformat(restored)).total_seconds()
    say("lost", seconds, "s")
    return {"acknowledged": acknowledged, "restored": restored, "seconds": round(seconds, 1)}


def proofs(directory: Path) -> dict[str, tuple[float, int]]:
    """RTO measured and promised, of the newest certificate of each environment."""
    found: dict[str, tuple[float, int]] = {}
    for path in sorted(directory.glob("*-*.json")):
        predicate = json.loads(path.read_text(encoding="utf-8"))["predicate"]
        if predicate["passed"]:
            found[path.name.rpartition("-")[0].rpartition("-")[0]] = (
                predicate["measured"]["rtoSeconds"],
                predicate["promised"]["rtoSeconds"],
            )
    return found


def picture_of(result: dict) -> str:
    bars = []
    if "back" in result:
        label = f"a ledger lost, {result['back']['megabytes']} MB back in place, logged in"
        bars.append((label, [result["back"]["seconds"]], GOAL_BACK))
    if "lost" in result:
        bars.append(("work lost when every machine is killed", [one["seconds"] for one in result["lost"]], GOAL_LOST))
    bars += [
        (f"{name} restored, Odoo booted, logged in", [seen], promised) for name, (seen, promised) in result["proofs"].items()
    ]
    return picture.draw("Recovery as measured, and as promised", f"{date.today()}; {result['machine']}, everything on it", bars)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--lab", required=True)
    parser.add_argument("--gb", type=float, default=1)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--only", default="back,lost")
    parser.add_argument("--certificates", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    return parser.parse_args()


def main() -> None:
    options = parsed()
    only = options.only.split(",")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    result: dict = {"load before": round(os.getloadavg()[0], 1), "machine": f"{os.cpu_count()} cores and {memory} GB"}
    if "back" in only:
        shared = Cell(options.lab, "shared", "acme_prod", "acme.localhost")
        shared.until_login()
        result["back"] = back(shared, options.gb)
        say(result["back"])
    if "lost" in only:
        dedicated = Cell(options.lab, "dedicated", "initech_prod", "initech.localhost")
        dedicated.until_login()
        result["lost"] = [lost(dedicated, number) for number in range(options.kills)]
    result["load after"] = round(os.getloadavg()[0], 1)
    result["proofs"] = proofs(options.certificates) if options.certificates else {}
    if options.json:
        options.json.write_text(json.dumps(result), encoding="utf-8")
    if options.picture:
        options.picture.write_text(picture_of(result), encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
