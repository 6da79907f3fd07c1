# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An application that writes to the ledger until it is told to stop, and then says what became of it: `books.py LAB CACHE`.

Writers, journal and audit are those of tests/ledger. Files in the lab's folder tell it what to do: it works as long as there is
books.open, and moves to its second role once there is books.move, the new instance up before the old one goes. The report,
books.json, is what users of the cluster saw."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import sys
import tempfile
import time

import psycopg2
from ledger import journal
from ledger.client import Client, Endpoint, Watchdog
from ledger.lab import Lab
from ledger.load import Load, Prober
from ledger.verdict import Entry, audit

PORT = 6432
HOUR = 3600
ROLES = ("ledger", "ledger_blue")


class Visitor(Prober):
    """Logs in anew each time, at one member after the other: what concerns only those who come shows here."""

    def __init__(self, endpoint: Endpoint, watchdog: Watchdog):
        super().__init__("visitor", Client(endpoint, watchdog), rate=4)
        self.endpoint = endpoint
        self.visits = 0
        self.turned_away: list[str] = []

    def work(self) -> None:
        self.visits += 1
        self.client.settings = self.endpoint.settings(self.visits)
        try:
            self.attempt("SELECT 1")
        except psycopg2.Error as error:
            self.turned_away.append(f"{time.strftime('%H:%M:%S', time.gmtime())} {' '.join(str(error).split())}")
        else:
            self.successes.append(time.monotonic())
        self.client.close()


class Instance:
    """The application, connected as one of its roles."""

    def __init__(self, endpoint: Endpoint, number: int):
        self.number = number
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.load = Load(endpoint, writers=2, writer_rate=5, probe_rate=10)

    def start(self) -> Instance:
        self.load.open(self.number, self.folder)
        return self

    def stop(self) -> list[str]:
        return self.load.close(60)


def stall(moments: list[float]) -> float:
    moments = sorted(moments)
    return round(max((later - earlier for earlier, later in itertools.pairwise(moments)), default=0.0), 2)


def report(instances: list[Instance], visitor: Visitor, client: Client) -> dict:
    acknowledged, findings = [], []
    for instance in instances:
        books = journal.read(instance.folder)
        rows = client.run("SELECT writer, number, token FROM entries WHERE round = %s", (instance.number,))
        acknowledged.append(len(books.acknowledged))
        findings.append(audit("the primary", books.sent, books.acknowledged, [Entry(*row) for row in rows]))
    return {
        "acknowledged": acknowledged,
        "clean": all(found.clean for found in findings),
        "findings": [str(found) for found in findings],
        "longest_stall": stall([when for instance in instances for when in instance.load.prober.successes]),
        "visits": visitor.visits,
        "turned_away": visitor.turned_away,
        "longest_wait_at_the_door": stall(visitor.successes),
    }


def main(name: str, cache: str) -> None:
    lab = Lab(name, pathlib.Path(cache))
    told, still_open, move = (lab.folder / f"books.{what}" for what in ("json", "open", "move"))
    told.unlink(missing_ok=True)
    move.unlink(missing_ok=True)
    first, second = (
        Endpoint(tuple(lab.addresses.items()), PORT, "ledger", role, os.environ[f"PASSWORD_OF_{role.upper()}"], lab.ca)
        for role in ROLES
    )
    instances = [Instance(first, 1)]
    instances[0].load.prepare(fresh=True)
    instances[0].start()
    watchdog = Watchdog()
    watchdog.start()
    visitor = Visitor(first, watchdog)
    visitor.start()
    visitor.open.set()
    still_open.touch()
    late = []
    for _second in range(HOUR):
        time.sleep(1)
        if move.exists():
            visitor.endpoint = second
            instances.append(Instance(second, 2).start())
            time.sleep(2)
            late += instances[0].stop()
            move.unlink()
        if not still_open.exists():
            break
    visitor.open.clear()
    late += instances[-1].stop()
    said = json.dumps({**report(instances, visitor, Client(second, watchdog)), "late": late})
    told.write_text(said)


if __name__ == "__main__":
    main(*sys.argv[1:])
