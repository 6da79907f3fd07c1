#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups and restores of backup_agent beside what a user would otherwise use, on one database in one run.

Runs in the container of a cluster's primary that backup_agent serves, with the settings that the role has made: its store, its
encryption, its compression. A database as Odoo has them (entries, their lines, messages, attachments, with indexes) is made
for it, server-side, and dropped at the end. Then, each by the clock:

  full backup      into the store, against pg_dump -Fc and pg_dump -Fd with two jobs onto the local disk
  incremental      after 1 % of the lines were changed, the youngest ones as in a running ledger, then a random 1 %
  latency          of a transaction that posts an entry with two lines, without and with a full backup beside it
  restore          into an empty directory and up to the first answer, against pg_restore with two jobs, and pg_basebackup

Sizes are bytes in the store (of what pgBackRest says of the backup) and on disk.

Usage: tests/bench/backup_restore.py --container CONTAINER --stanza STANZA [--size-gb 5] [--seconds 40] [--keep] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).with_suffix("")
NAME = "bench_backup"
WORK = "/var/lib/postgresql/bench_backup"
PORT = 5999
BUSY = 50  # pgBackRest's exit status where somebody else has the stanza: https://github.com/pgbackrest/pgbackrest/blob/main/src/build/error/error.yaml
GOALS = {"backup": 5.0, "restore": 2.0, "incremental": 0.10}

BATCH = 100_000


def text(name: str) -> str:
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")


def say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)


class Host:
    """As postgres, by the socket."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.bin = arguments.bin
        self._inside = ["docker", "exec", "--interactive", "--user=postgres", "--workdir=/", arguments.container]
        self._pgbackrest = ["pgbackrest", f"--stanza={arguments.stanza}"]

    def run(self, *command: str, stdin: str = "", allowed: tuple[int, ...] = (0,)) -> str:
        return self._ended(command, stdin, allowed).stdout

    def _ended(self, command: Sequence[str], stdin: str, allowed: tuple[int, ...]) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([*self._inside, *command], input=stdin, capture_output=True, text=True, timeout=7200, check=False)
        if done.returncode not in allowed:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def timed(self, *command: str) -> float:
        began = time.monotonic()
        self.run(*command)
        return time.monotonic() - began

    def sql(self, statements: str, database: str = NAME) -> str:
        options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", f"--dbname={database}"]
        return self.run("psql", *options, stdin=statements).strip()

    def bytes_of(self, path: str) -> int:
        return int(self.run("du", "--bytes", "--summarize", path).split()[0])

    def pgbackrest(self, *options: str) -> str:
        return self.run(*self._pgbackrest, *options)

    def backup(self, kind: str) -> tuple[float, int]:
        """Seconds, and bytes in the store. The role's own timer may be at work: wait for it."""
        while True:
            began = time.monotonic()
            if self._ended([*self._pgbackrest, f"--type={kind}", "backup"], "", (0, BUSY)).returncode == 0:
                break
            time.sleep(2)
        seconds = time.monotonic() - began
        known = json.loads(self.pgbackrest("--output=json", "info"))
        return seconds, known[0]["backup"][-1]["info"]["repository"]["delta"]

    def begin_backup(self, kind: str) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            [*self._inside, *self._pgbackrest, f"--type={kind}", "backup"], stdin=quiet, stdout=quiet, stderr=quiet
        )

    def settle(self) -> None:
        """Nothing left to archive and nothing left to write: what is measured next pays for itself only."""
        self.sql("CHECKPOINT; SELECT pg_switch_wal()", "postgres")
        waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
        while int(self.sql(waiting, "postgres")) > 0:
            time.sleep(1)


def fill(host: Host, size_gb: float) -> float:
    host.sql(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", "postgres")
    host.sql(f"CREATE DATABASE {NAME} TEMPLATE template0", "postgres")
    host.sql(text("schema"))
    low, size = 1, 0
    while True:
        host.sql(f"\\set low {low}\n\\set high {low + BATCH - 1}\n" + text("fill"))
        low += BATCH
        size = int(host.sql("SELECT pg_database_size(current_database())"))
        # Indexes come last, as a restore makes them, and are about a third on top.
        if size * 1.35 >= size_gb * 1e9:
            break
        if (low // BATCH) % 5 == 0:
            say(f"  {size / 1e9:.1f} GB")
    host.sql(text("indexes"))
    host.sql("CREATE SEQUENCE bench_id START 1000000000; VACUUM ANALYZE")
    return int(host.sql("SELECT pg_database_size(current_database())")) / 1e9


def latency(host: Host, seconds: int) -> dict[str, float]:
    """Of 4 clients' transactions, 40 a second together, in milliseconds."""
    host.run("sh", "-c", f"rm -rf {WORK}/log; mkdir -p {WORK}/log; cat > {WORK}/post.sql", stdin=text("post"))
    options = f"--no-vacuum --client=4 --jobs=1 --time={seconds} --rate=40 --log --file={WORK}/post.sql"
    host.run("sh", "-c", f"cd {WORK}/log && {host.bin}/pgbench {options} {NAME}")
    lines = host.run("sh", "-c", f"cat {WORK}/log/*").splitlines()
    times = sorted(int(line.split()[2]) / 1000 for line in lines if re.match(r"\d+ \d+ \d+ ", line))
    return {
        "transactions": len(times),
        "p50": times[len(times) // 2],
        "p95": times[int(len(times) * 0.95)],
        "p99": times[int(len(times) * 0.99)],
    }


def measure(host: Host, arguments: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    say(f"making a database of {arguments.size_gb:g} GB")
    figures["database_gb"] = round(fill(host, arguments.size_gb), 2)
    host.run("sh", "-c", f"rm -rf {WORK}; mkdir -p {WORK}")
    host.settle()

    say("full backup")
    host.backup("full")  # What else the cluster has, and the store's own first time, is none of this database's business.
    host.settle()
    seconds, size = host.backup("full")
    figures["full"] = {"seconds": seconds, "bytes": size}
    say(f"  {seconds:.0f} s, {size / 1e9:.2f} GB; pg_dump -Fc")
    seconds = host.timed("pg_dump", "--format=custom", f"--file={WORK}/one.dump", NAME)
    figures["pg_dump"] = {"seconds": seconds, "bytes": host.bytes_of(f"{WORK}/one.dump")}
    say(f"  {seconds:.0f} s; pg_dump -Fd, two jobs")
    seconds = host.timed("pg_dump", "--format=directory", "--jobs=2", f"--file={WORK}/two.dump", NAME)
    figures["pg_dump_two_jobs"] = {"seconds": seconds, "bytes": host.bytes_of(f"{WORK}/two.dump")}

    rows = int(host.sql("SELECT max(id) FROM account_move_line WHERE id < 1000000000"))
    for name, condition in (("youngest", f"id > {rows} * 0.99"), ("random", "id % 100 = 37")):
        host.sql(f"UPDATE account_move_line SET reconciled = NOT reconciled, write_date = now() WHERE {condition}")
        host.settle()
        seconds, size = host.backup("incr")
        figures[f"incremental_{name}"] = {"seconds": seconds, "bytes": size}
        say(f"  incremental after 1 % ({name}): {seconds:.0f} s, {size / 1e6:.0f} MB")

    say("latency")
    figures["latency_alone"] = latency(host, arguments.seconds)
    with host.begin_backup("full") as beside:
        time.sleep(3)
        figures["latency_beside_backup"] = latency(host, arguments.seconds)
        figures["backup_outlasted_it"] = beside.poll() is None
    host.settle()
    host.backup("diff")  # so that the newest is a small one, as on most days

    restore(host, figures)
    return figures


def restore(host: Host, figures: dict[str, Any]) -> None:
    say("restore by pgBackRest")
    began = time.monotonic()
    target = f"{WORK}/data"
    host.run("mkdir", "-m", "700", target)
    options = [
        f"--pg1-path={target}",
        "--type=immediate",
        "--target-action=promote",
        "--archive-mode=off",
    ]
    host.pgbackrest(*options, "restore")
    copied = time.monotonic() - began
    started(host, target)
    figures["restore"] = {"seconds": time.monotonic() - began, "copied": copied}
    host.run(f"{host.bin}/pg_ctl", f"--pgdata={target}", "--mode=immediate", "stop")
    host.run("rm", "-rf", target)

    say(f"  {figures['restore']['seconds']:.0f} s; pg_basebackup")
    options = ["--pgdata=" + target, "--wal-method=stream", "--checkpoint=fast", "--no-sync"]
    figures["pg_basebackup"] = {"seconds": host.timed("pg_basebackup", *options)}
    host.run("rm", "-rf", target)

    say(f"  {figures['pg_basebackup']['seconds']:.0f} s; pg_restore, two jobs")
    host.sql(
        f"DROP DATABASE IF EXISTS {NAME}_again; CREATE DATABASE {NAME}_again TEMPLATE template0".replace("; ", ";\n"), "postgres"
    )
    seconds = host.timed("pg_restore", "--jobs=2", "--no-owner", f"--dbname={NAME}_again", f"{WORK}/one.dump")
    figures["pg_restore"] = {"seconds": seconds}
    say(f"  {seconds:.0f} s")


def started(host: Host, target: str) -> None:
    """With what belongs to the cluster that it was taken from turned off, up to the first answer of the database."""
    off = ("archive_mode", "ssl", "logging_collector")
    empty = ("listen_addresses", "shared_preload_libraries", "primary_conninfo", "primary_slot_name")
    settings = {"port": PORT, "unix_socket_directories": WORK, "hba_file": f"{WORK}/hba", "ident_file": f"{WORK}/ident"}
    settings |= dict.fromkeys(off, "off") | dict.fromkeys(empty, "")
    host.run("sh", "-c", f"echo 'local all all trust' > {WORK}/hba; : > {WORK}/ident; touch {target}/postgresql.conf")
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    command = f"{host.bin}/pg_ctl --pgdata={target} --log={WORK}/server.log --timeout=3600 --wait"
    host.run("sh", "-c", f'{command} --options="{options}" start >/dev/null')
    host.run(
        "psql",
        "--no-psqlrc",
        f"--host={WORK}",
        f"--port={PORT}",
        f"--dbname={NAME}",
        "--command=SELECT count(*) FROM account_move WHERE id < 100",
    )


def clean(host: Host) -> None:
    if host.run("sh", "-c", f"test -e {WORK}/data/postmaster.pid && echo runs || true").strip():
        host.run(f"{host.bin}/pg_ctl", f"--pgdata={WORK}/data", "--mode=immediate", "stop", allowed=(0, 1))
    host.run("rm", "-rf", WORK)
    for name in (NAME, f"{NAME}_again"):
        host.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", "postgres")


def report(found: dict[str, Any]) -> None:
    full, ours = found["full"], found["restore"]["seconds"]

    def against(name: str, mine: float) -> str:
        return f"{found[name]['seconds']:.0f} s, {found[name]['seconds'] / mine:.1f} times"

    print(f"\ndatabase of {found['database_gb']} GB")
    print(f"full backup into the store: {full['seconds']:.0f} s, {full['bytes'] / 1e9:.2f} GB")
    print(f"  pg_dump -Fc: {against('pg_dump', full['seconds'])} (goal {GOALS['backup']:g})")
    print(f"  pg_dump -Fd -j2: {against('pg_dump_two_jobs', full['seconds'])}")
    for name in ("youngest", "random"):
        one = found[f"incremental_{name}"]
        shares = f"{one['seconds'] / full['seconds']:.1%} of the time, {one['bytes'] / full['bytes']:.1%} of the bytes"
        print(f"incremental after 1 % ({name}): {one['seconds']:.1f} s, {one['bytes'] / 1e6:.0f} MB: {shares}")
    print(f"  (goal {GOALS['incremental']:.0%} of both)")
    for name in ("alone", "beside_backup"):
        seen = found[f"latency_{name}"]
        print(f"a transaction, {name}: p50 {seen['p50']:.1f} ms, p95 {seen['p95']:.1f} ms, p99 {seen['p99']:.1f} ms")
    if not found["backup_outlasted_it"]:
        print("  (the backup ended before the measurement did: take fewer --seconds)")
    print(f"restore up to the first answer: {ours:.0f} s")
    print(f"  pg_restore -j2: {against('pg_restore', ours)} (goal {GOALS['restore']:g})")
    print(f"  pg_basebackup: {against('pg_basebackup', ours)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--container", required=True, help="that of the cluster's primary")
    parser.add_argument("--stanza", required=True)
    parser.add_argument("--size-gb", type=float, default=5)
    parser.add_argument("--seconds", type=int, default=40, help="of each measurement of latency")
    parser.add_argument("--bin", default="/usr/lib/postgresql/17/bin")
    parser.add_argument("--keep", action="store_true", help="leave the database where it is")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    host = Host(arguments)
    try:
        found = measure(host, arguments)
    finally:
        if not arguments.keep:
            with contextlib.suppress(KeyboardInterrupt):
                clean(host)
    report(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
