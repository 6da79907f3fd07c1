# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster as these tests see it: who leads, what the watchers did, and a client that never stops writing."""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path

import psycopg2
from ledger.cluster import Cluster
from ledger.lab import Lab

HOOK = "/usr/local/lib/tierline-lab/power_hook.py"
WATCHER = "tierline-fencing.service"
ETCDCTL = (
    "etcdctl --endpoints=https://{member}:2379 --cacert=/etc/tierline/pki/ca.crt "
    "--cert=/etc/tierline/pki/patroni/tls.crt --key=/etc/tierline/pki/patroni/tls.key --command-timeout=10s"
)


class Site:
    def __init__(self, lab: str, cache: Path, scope: str, database: str, user: str, password: str):
        self.lab = Lab(lab, cache)
        self.names = [name for name in self.lab.addresses if name.startswith("db")]
        self.cluster = Cluster(self.lab, database, self.names)
        self.scope = scope
        self.login = {"dbname": database, "user": user, "password": password, "sslmode": "require"}

    def others(self, name: str) -> list[str]:
        return [other for other in self.names if other != name]

    def primary(self) -> str:
        found = self.cluster.primary()
        assert found, f"no single primary: {self.cluster.members()}"
        return found

    # etcd
    def etcd(self, member: str, command: str) -> str:
        return self.lab.run(member, *ETCDCTL.format(member=member).split(), *command.split())

    def leadership(self, member: str) -> tuple[str, int] | None:
        """Holder and revision of the leader key, as this member's etcd knows it without asking the others."""
        said = json.loads(self.etcd(member, f"get /tierline/{self.scope}/leader -w json --consistency=s"))
        keys = said.get("kvs", [])
        return (keys[0]["value"], keys[0]["mod_revision"]) if keys else None

    def etcd_leader(self) -> str:
        for name in self.names:
            status = json.loads(self.etcd(name, "endpoint status -w json"))[0]["Status"]
            if status["leader"] == status["header"]["member_id"]:
                return name
        raise AssertionError("etcd has no leader")

    def move_etcd_leader(self, to: str) -> None:
        now = self.etcd_leader()
        if now != to:
            status = json.loads(self.etcd(to, "endpoint status -w json"))[0]["Status"]
            self.etcd(now, f"move-leader {status['header']['member_id']:x}")

    # the watchers
    def counters(self, *members: str) -> dict[str, int]:
        """Summed over the members, since their last start."""
        total: dict[str, int] = {}
        for member in members:
            text = self.lab.script(member, "cat /run/tierline-fencing/metrics.prom 2>/dev/null || true")
            for name, value in re.findall(r"^tierline_fencing_(\w+)_total (\d+)$", text, re.MULTILINE):
                total[name] = total.get(name, 0) + int(value)
        return total

    def watchers(self, action: str, *members: str) -> None:
        for member in members or self.names:
            self.lab.run(member, "systemctl", action, WATCHER)

    def hook(self, script: str | None) -> None:
        """Puts another program in the place of the fencing command, or the real one back."""
        for member in self.names:
            if script is None:
                self.lab.script(member, f"test ! -e {HOOK}.real || mv {HOOK}.real {HOOK}")
            else:
                self.lab.script(member, f"test -e {HOOK}.real || cp -p {HOOK} {HOOK}.real\ncat >{HOOK} <<'END'\n{script}\nEND")


class Client(threading.Thread):
    """Appends numbers at one member, if it happens to be the primary, and keeps those that were acknowledged."""

    def __init__(self, site: Site, member: str, table: str, first: int):
        super().__init__(daemon=True)
        self.login = {**site.login, "host": site.lab.addresses[member], "port": 5432, "connect_timeout": 2}
        self.table, self.next = table, first
        self.acknowledged: list[tuple[float, int]] = []
        self.over = threading.Event()

    def run(self) -> None:
        connection = None
        while not self.over.is_set():
            number, self.next = self.next, self.next + 1
            try:
                if connection is None:
                    connection = psycopg2.connect(**self.login)
                    connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(f"INSERT INTO {self.table} VALUES ({number})")
                self.acknowledged.append((time.monotonic(), number))
            except psycopg2.Error:
                if connection is not None:
                    connection.close()
                connection = None
            self.over.wait(0.05)


class Clients:
    """One client for each member: as long as one of them writes, the service is there."""

    def __init__(self, site: Site, table: str):
        self.site, self.table = site, table
        site.cluster.sql(site.primary(), f"CREATE TABLE IF NOT EXISTS {table} (number bigint PRIMARY KEY)")
        site.cluster.sql(site.primary(), f"GRANT ALL ON {table} TO PUBLIC; TRUNCATE {table}")
        self.clients = [Client(site, name, table, index * 10**9) for index, name in enumerate(site.names)]

    def __enter__(self) -> Clients:
        for client in self.clients:
            client.start()
        time.sleep(2)
        return self

    def __exit__(self, *_: object) -> None:
        for client in self.clients:
            client.over.set()
        for client in self.clients:
            client.join(40)

    def times(self) -> list[float]:
        return sorted(at for client in self.clients for at, _number in list(client.acknowledged))

    def outage(self, since: float) -> float:
        """The longest time without an acknowledgement from then on, up to now."""
        before = max((at for at in self.times() if at <= since), default=since)
        after = [at for at in self.times() if at > since]
        return max(b - a for a, b in zip([before, *after], [*after, time.monotonic()], strict=True))

    def wait_writing(self, since: float, seconds: float) -> None:
        """Until ten writes in a row were acknowledged after that moment."""
        deadline = time.monotonic() + seconds
        while len([at for at in self.times() if at > since]) < 10:
            assert time.monotonic() < deadline, f"no writes {seconds} s after the fault"
            time.sleep(0.05)

    def lost(self) -> int:
        """Acknowledged numbers that the primary doesn't have."""
        rows = self.site.cluster.sql(self.site.primary(), f"SELECT number FROM {self.table}")
        there = {int(row[0]) for row in rows}
        return len({number for client in self.clients for _at, number in client.acknowledged} - there)
