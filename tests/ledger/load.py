# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writers and the prober: what goes on while faults happen. Bounded by their rates; parked between rounds."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import psycopg2
from psycopg2 import errors

from . import journal
from .client import Client, Endpoint, Watchdog
from .verdict import Entry

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
  round int NOT NULL, writer int NOT NULL, number int NOT NULL, token bigint NOT NULL, PRIMARY KEY (round, writer, number));
CREATE TABLE IF NOT EXISTS probes (seen timestamptz NOT NULL)
"""
INSERT = "INSERT INTO entries (round, writer, number, token) VALUES (%s, %s, %s, %s)"
LOOK = "SELECT count(*) FROM entries WHERE round = %s AND writer = %s AND number = %s AND token = %s"
PROBE = "INSERT INTO probes (seen) VALUES (clock_timestamp())"


class Worker(threading.Thread):
    """Does one thing at a steady rate while a round is open, and says when it has come to rest."""

    def __init__(self, name: str, client: Client, rate: float):
        super().__init__(name=name, daemon=True)
        self.client = client
        self.pause = 1 / rate
        self.open = threading.Event()
        self.parked = threading.Event()
        self.parked.set()
        self.successes: list[float] = []
        self.last_error = ""

    def run(self) -> None:
        while True:
            self.open.wait()
            while self.open.is_set():
                due = time.monotonic() + self.pause
                self.work()
                time.sleep(max(0.0, due - time.monotonic()))
            self.rest()
            self.parked.set()

    def work(self) -> None:
        raise NotImplementedError

    def rest(self) -> None:
        """What is to be finished before the round is over."""

    def attempt(self, statement: str, arguments: tuple = ()) -> list[tuple]:
        try:
            return self.client.run(statement, arguments)
        except psycopg2.Error as error:
            self.last_error = str(error).strip()
            raise


class Writer(Worker):
    """Appends entries. An answer that never came is settled by looking, and only then is the same number sent again."""

    def __init__(self, number: int, client: Client, rate: float):
        super().__init__(f"writer-{number}", client, rate)
        self.number = number
        self.round = 0
        self.count = 0
        self.journal: journal.Journal | None = None

    def start_round(self, number: int, folder: Path) -> None:
        self.round, self.count, self.successes = number, 0, []
        self.journal = journal.Journal(folder, self.number)

    def work(self) -> None:
        self.count += 1
        entry = Entry(self.number, self.count, random.getrandbits(62))
        self.note(journal.SENT, entry)
        try:
            self.attempt(INSERT, (self.round, entry.writer, entry.number, entry.token))
        except psycopg2.Error:
            self.note(journal.UNKNOWN, entry)
            self.settle(entry)
        else:
            self.note(journal.ACKNOWLEDGED, entry)
        self.successes.append(time.monotonic())

    def settle(self, entry: Entry) -> None:
        """Until the entry is known to be there. The first attempt may yet commit after we looked: the key refuses the second."""
        key = (self.round, entry.writer, entry.number, entry.token)
        while True:
            try:
                if self.attempt(LOOK, key)[0][0]:
                    return self.note(journal.FOUND, entry)
                self.attempt(INSERT, key)
                return self.note(journal.ACKNOWLEDGED, entry)
            except errors.UniqueViolation:
                time.sleep(0.1)
            except psycopg2.Error:
                time.sleep(0.1)

    def note(self, what: str, entry: Entry) -> None:
        assert self.journal is not None, "a writer has a journal before its round opens"
        self.journal.note(what, entry)

    def rest(self) -> None:
        if self.journal is not None:
            self.journal.close()


class Prober(Worker):
    """Tries to commit at a steady rate; the longest time between two of its successes is the outage."""

    def work(self) -> None:
        try:
            self.attempt(PROBE)
        except psycopg2.Error:
            return
        self.successes.append(time.monotonic())


class Load:
    """All writers and the prober."""

    def __init__(self, endpoint: Endpoint, writers: int = 4, writer_rate: float = 8, probe_rate: float = 25):
        watchdog = Watchdog()
        watchdog.start()
        self.endpoint, self.watchdog = endpoint, watchdog
        self.writers = [Writer(n, Client(endpoint, watchdog, first=n), writer_rate) for n in range(1, writers + 1)]
        self.prober = Prober("prober", Client(endpoint, watchdog), probe_rate)
        for worker in self.workers:
            worker.start()

    @property
    def workers(self) -> list[Worker]:
        return [*self.writers, self.prober]

    def prepare(self, fresh: bool) -> None:
        """The tables; `fresh` empties the ledger."""
        client = Client(self.endpoint, self.watchdog)
        client.run(SCHEMA)
        client.run("TRUNCATE probes, entries" if fresh else "TRUNCATE probes")
        client.close()

    def open(self, number: int, folder: Path) -> None:
        self.prober.successes = []
        for writer in self.writers:
            writer.start_round(number, folder)
        for worker in self.workers:
            worker.parked.clear()
            worker.open.set()

    def close(self, seconds: float) -> list[str]:
        """Ends the round; returns the workers that could not finish, with the last error that they saw."""
        for worker in self.workers:
            worker.open.clear()
        deadline = time.monotonic() + seconds
        return [
            f"{worker.name} could not finish: {worker.last_error}"
            for worker in self.workers
            if not worker.parked.wait(max(0.0, deadline - time.monotonic()))
        ]
