# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster under test: what Patroni says of it, and what is in its tables. It only looks."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from .lab import Lab, LabError
from .verdict import Entry, MemberState, Total, cluster_faults

API_PORT = 8008
API_SECONDS = 2.0


class NotRecovered(Exception):
    """The cluster did not become whole in time, and nobody is going to help it."""


class _Connection(http.client.HTTPSConnection):
    """HTTPS to an address, verified against the host's name."""

    def __init__(self, name: str, address: str, context: ssl.SSLContext):
        super().__init__(name, API_PORT, timeout=API_SECONDS, context=context)
        self.address = address
        self.tls = context

    def connect(self) -> None:
        raw = socket.create_connection((self.address, API_PORT), timeout=API_SECONDS)
        self.sock = self.tls.wrap_socket(raw, server_hostname=self.host)


class Cluster:
    """Three members or more, in a lab."""

    def __init__(self, lab: Lab, database: str, names: list[str] | None = None):
        self.lab = lab
        self.database = database
        self.names = names or list(lab.addresses)
        self.context = ssl.create_default_context(cafile=lab.ca)

    def ask(self, name: str, path: str) -> dict | None:
        """What a member's API answers, or nothing."""
        connection = _Connection(name, self.lab.addresses[name], self.context)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def members(self) -> list[MemberState]:
        """What each member says of itself; one that doesn't answer is missing."""
        with ThreadPoolExecutor(len(self.names)) as pool:
            answers = list(zip(self.names, pool.map(lambda name: self.ask(name, "/patroni"), self.names), strict=True))
        return [
            MemberState(
                name,
                role=said.get("role", ""),
                state=said.get("state", ""),
                timeline=said.get("timeline"),
                replication=said.get("replication_state", ""),
            )
            for name, said in answers
            if said is not None
        ]

    def primary(self) -> str | None:
        """The member that is the primary, if there is exactly one."""
        primaries = [member.name for member in self.members() if member.is_primary and member.is_running]
        return primaries[0] if len(primaries) == 1 else None

    def unwell(self) -> list[str]:
        """Why the cluster is not whole, its quorum of synchronous replicas included."""
        problems = cluster_faults(self.members(), self.names)
        if problems:
            return problems
        seen = next(filter(None, (self.ask(name, "/cluster") for name in self.names)), None) or {}
        roles = [member.get("role") for member in seen.get("members", [])]
        if seen.get("pause"):
            problems.append("Patroni is paused")
        if self.config.get("synchronous_mode") and not any(role in ("sync_standby", "quorum_standby") for role in roles):
            problems.append("no replica is synchronous")
        return problems

    @property
    def config(self) -> dict:
        return next(filter(None, (self.ask(name, "/config") for name in self.names)), None) or {}

    def wait(self, until: Callable[[], object], seconds: float, otherwise: Callable[[], str]) -> float:
        """Polls; returns the seconds it took."""
        started = time.monotonic()
        while not until():
            if time.monotonic() - started > seconds:
                raise NotRecovered(f"after {seconds:.0f} s: {otherwise()}")
            time.sleep(0.25)
        return time.monotonic() - started

    def wait_whole(self, seconds: float) -> float:
        return self.wait(lambda: not self.unwell(), seconds, lambda: "; ".join(self.unwell()) or "whole just now")

    def wait_other_primary(self, old: str, seconds: float) -> str:
        """The new primary, once it isn't the old one."""
        found: list[str] = []

        def moved() -> bool:
            found[:] = [
                member.name for member in self.members() if member.is_primary and member.is_running and member.name != old
            ]
            return bool(found)

        self.wait(moved, seconds, lambda: f"{old} has no successor")
        return found[0]

    # the tables
    def sql(self, member: str, statement: str) -> list[list[str]]:
        """As the superuser on the member's own socket; the settings keep a reader from waiting for ever."""
        psql = "psql --quiet --no-psqlrc --host=/var/run/postgresql --username=postgres --tuples-only --no-align"
        output = self.lab.run(
            member,
            *("env", "PGOPTIONS=-c statement_timeout=60s", *psql.split()),
            *("--set=ON_ERROR_STOP=1", "--field-separator= ", f"--dbname={self.database}", f"--command={statement}"),
        )
        return [line.split(" ") for line in output.splitlines() if line]

    def wait_caught_up(self, primary: str, seconds: float) -> None:
        """Until every replica has replayed what the primary has written so far."""
        position = self.sql(primary, "SELECT pg_current_wal_flush_lsn()")[0][0]
        replayed = f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"
        behind = [name for name in self.names if name != primary]

        def has_replayed(name: str) -> bool:
            try:
                return self.sql(name, replayed) == [["t"]]
            except LabError:
                # A former primary streams for a moment before Patroni stops it once more to rewind it.
                return False

        def caught_up() -> bool:
            behind[:] = [name for name in behind if not has_replayed(name)]
            return not behind

        self.wait(caught_up, seconds, lambda: f"{', '.join(behind)} did not replay {position}")

    def entries(self, member: str, number: int) -> list[Entry]:
        """A round's entries from the table itself, not from its index: a double that an index hides would show."""
        rows = self.sql(
            member,
            "BEGIN; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off; "
            f"SELECT writer, number, token FROM entries WHERE round = {number}; COMMIT",
        )
        return [Entry(*map(int, row)) for row in rows if len(row) == 3]

    def totals(self, member: str, before: int) -> dict[int, Total]:
        rows = self.sql(member, f"SELECT round, count(*), sum(token) FROM entries WHERE round < {before} GROUP BY round")
        return {int(number): Total(int(count), int(tokens)) for number, count, tokens in rows}

    def versions(self) -> dict[str, str]:
        """Of the packages that matter, as installed."""
        packages = "'postgresql-[0-9]*' patroni etcd-server pgbouncer haproxy"
        try:
            output = self.lab.script(
                self.names[0], f"dpkg-query -W -f '${{Package}} ${{Version}}\\n' {packages} 2>/dev/null || true"
            )
        except LabError:
            return {}
        pairs = (line.split(" ") for line in output.splitlines() if " " in line)
        return {name: version for name, version in pairs if version and "pgaudit" not in name}
