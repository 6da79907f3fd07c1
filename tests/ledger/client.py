# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the database that waits for no answer for ever, as any application should be set up."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from dataclasses import dataclass

import psycopg2

ANSWER_SECONDS = 4.0
# A peer that vanished without a word is given up after two seconds, whether we wait for it or it owes us an acknowledgement.
PATIENCE = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
}


@dataclass(frozen=True)
class Endpoint:
    """Where applications connect: all members in one list, verified by name, reached by address."""

    hosts: tuple[tuple[str, str], ...]
    port: int
    database: str
    user: str
    password: str
    ca: str
    session: str = "any"

    def settings(self, first: int = 0) -> dict:
        """For libpq. `first` turns the list, so that clients don't all begin with the same member."""
        turned = self.hosts[first % len(self.hosts) :] + self.hosts[: first % len(self.hosts)]
        return {
            "host": ",".join(name for name, _address in turned),
            "hostaddr": ",".join(address for _name, address in turned),
            "port": self.port,
            "dbname": self.database,
            "user": self.user,
            "password": self.password,
            "sslmode": "verify-full",
            "sslrootcert": self.ca,
            "target_session_attrs": self.session,
            "application_name": "ledger",
            **PATIENCE,
        }


class Watchdog(threading.Thread):
    """Cuts the connection of a client that has waited too long: a stopped server acknowledges packets and says nothing."""

    def __init__(self, seconds: float = ANSWER_SECONDS):
        super().__init__(name="watchdog", daemon=True)
        self.seconds = seconds
        self.waiting: dict[int, float] = {}
        self.lock = threading.Lock()

    def run(self) -> None:
        while True:
            time.sleep(0.1)
            with self.lock:
                late = [number for number, since in self.waiting.items() if time.monotonic() - since > self.seconds]
                for number in late:
                    del self.waiting[number]
                    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as connection:
                        connection.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def watch(self, number: int):
        with self.lock:
            self.waiting[number] = time.monotonic()
        try:
            yield
        finally:
            with self.lock:
                self.waiting.pop(number, None)


class Client:
    """One connection, made when it is needed and dropped when anything goes wrong with it."""

    def __init__(self, endpoint: Endpoint, watchdog: Watchdog, first: int = 0):
        self.settings = endpoint.settings(first)
        self.watchdog = watchdog
        self.connection: psycopg2.extensions.connection | None = None

    def run(self, statement: str, arguments: tuple = ()) -> list[tuple]:
        """One statement in a transaction of its own. After any error the connection is gone and the outcome is unknown."""
        try:
            if self.connection is None:
                self.connection = psycopg2.connect(**self.settings)
                self.connection.autocommit = True
            with self.watchdog.watch(self.connection.fileno()), self.connection.cursor() as cursor:
                cursor.execute(statement, arguments)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error:
            self.close()
            raise

    def close(self) -> None:
        if self.connection is not None:
            with contextlib.suppress(psycopg2.Error):
                self.connection.close()
            self.connection = None
