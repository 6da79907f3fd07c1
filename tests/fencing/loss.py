# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was acknowledged stays: restarts in any order, a stale replica, modes that change, waits that are cancelled."""

from __future__ import annotations

import itertools
import threading
import time

import psycopg2

from .site import Clients, Site

PATRONICTL = ("patronictl", "-c", "/etc/patroni/conf.d")


def configure(site: Site, **settings: object) -> None:
    sets = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    site.lab.run(site.primary(), *PATRONICTL, "edit-config", "--force", "--quiet", *sets)


def wait_for(what, seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.3)


class Writer(threading.Thread):
    """One statement on a connection of its own, past the pooler, and what came of it."""

    def __init__(self, site: Site, member: str, *statements: str):
        super().__init__(daemon=True)
        self.connection = psycopg2.connect(**site.login, host=site.lab.addresses[member], port=5432, connect_timeout=5)
        self.connection.autocommit = True
        self.statements = statements
        self.outcome = ""

    def run(self) -> None:
        try:
            with self.connection.cursor() as cursor:
                for statement in self.statements:
                    cursor.execute(statement)
            self.outcome = "acknowledged"
        except psycopg2.Error as error:
            self.outcome = f"refused: {str(error).strip().splitlines()[0]}"


def check_cancellation(site: Site) -> None:
    """patroni#1412: which way of ending a commit that waits for its replicas makes PostgreSQL acknowledge it all the same."""
    site.cluster.wait_whole(120)
    primary = site.primary()
    replicas = site.others(primary)
    site.cluster.sql(primary, "CREATE TABLE IF NOT EXISTS fencing_waits (how text)")
    site.cluster.sql(primary, "GRANT ALL ON fencing_waits TO PUBLIC; TRUNCATE fencing_waits")
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE '%{}%'"
    ways = {
        "statement_timeout": ["SET statement_timeout = '2s'"],
        "transaction_timeout": ["SET transaction_timeout = '2s'"],
        "client cancel": [],
        "pg_cancel_backend": [],
        "pg_terminate_backend": [],
    }
    outcomes = {}
    try:
        for replica in replicas:
            site.lab.script(replica, "pkill -STOP -f 'postgres: .*walreceive[r]'")
        for way, before in ways.items():
            writer = Writer(site, primary, *before, f"INSERT INTO fencing_waits VALUES ('{way}')")
            writer.start()
            query = waiting.format(way)
            wait_for(lambda query=query: site.cluster.sql(primary, query), 10, f"{way}: the commit doesn't wait")
            if way == "client cancel":
                writer.connection.cancel()
            elif way.startswith("pg_"):
                site.cluster.sql(primary, f"SELECT {way}(pid) FROM ({query}) AS waits")
            writer.join(8)
            visible = site.cluster.sql(primary, f"SELECT count(*) FROM fencing_waits WHERE how = '{way}'") != [["0"]]
            notices = [line.strip() for line in writer.connection.notices]
            outcomes[way] = (writer.outcome or "still waiting", visible, notices)
            print(f"{way:22} {writer.outcome or 'still waiting':60.60} visible to others: {visible} {notices}", flush=True)
    finally:
        for replica in replicas:
            site.lab.script(replica, "pkill -CONT -f 'postgres: .*walreceive[r]'")
    assert outcomes["statement_timeout"][0] == outcomes["transaction_timeout"][0] == "still waiting", outcomes
    assert outcomes["pg_terminate_backend"][0].startswith("refused"), outcomes
    # The trap. When this fails PostgreSQL has changed, and docs/zero-loss.md has to.
    assert outcomes["client cancel"][0] == outcomes["pg_cancel_backend"][0] == "acknowledged", outcomes


def check_orders(site: Site, pause: float = 6) -> None:
    """All members lose power at once under load, and come back one by one, in each order."""
    for order in itertools.permutations(site.names):
        site.cluster.wait_whole(180)
        with Clients(site, "fencing_orders") as clients:
            site.lab.kill(*site.names)
        for name in order:
            site.lab.start(name)
            time.sleep(pause)
        took = site.cluster.wait_whole(240)
        written = len(clients.times())
        assert written > 0
        assert clients.lost() == 0, f"{order}: {clients.lost()} of {written} acknowledged writes are gone"
        print(f"down together, up as {' '.join(order)}: {written} acknowledged, none lost, whole after {took:.0f} s", flush=True)


def check_stale_replica(site: Site, seconds: float = 45) -> None:
    """A replica that missed the last commits is first and, of PostgreSQL, alone; etcd has a quorum, the lease is long over."""
    site.cluster.wait_whole(180)
    primary = site.primary()
    stale, other = site.others(primary)
    with Clients(site, "fencing_stale") as clients:
        site.lab.kill(stale)
        clients.wait_writing(time.monotonic() + 3, 60)
        for name in (primary, other):
            site.lab.run(name, "systemctl", "disable", "--quiet", "patroni.service")
        site.lab.kill(primary, other)
    site.lab.start(stale)
    # This one brings etcd's quorum, and no PostgreSQL.
    site.lab.start(other)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert site.cluster.primary() is None, f"{stale} promoted itself"
        time.sleep(1)
    why = site.lab.script(stale, "journalctl -u patroni -o cat --since -20s | tail -n 3")
    site.lab.start(primary)
    time.sleep(3)
    for name in (primary, other):
        site.lab.run(name, "systemctl", "enable", "--quiet", "--now", "patroni.service")
    site.cluster.wait_whole(240)
    assert clients.lost() == 0
    print(f"{stale} was stale and alone for {seconds:.0f} s and stayed a replica; then nothing was lost. It said:\n{why}")


def check_modes(site: Site) -> None:
    """Modes change on the running cluster, without a restart; strict stops writes when no replica is left, and only then."""
    site.cluster.wait_whole(120)
    started = {name: site.cluster.sql(name, "SELECT pg_postmaster_start_time()") for name in site.names}
    primary = site.primary()
    expected = {"false": "", "true": "^[^A]", "quorum": "^ANY 1 "}
    for mode in ("false", "true", "quorum"):
        configure(site, synchronous_mode=mode, synchronous_mode_strict="true" if mode == "quorum" else "false")
        shows = f"SELECT current_setting('synchronous_standby_names') ~ '{expected[mode] or '^$'}'"
        wait_for(lambda shows=shows: site.cluster.sql(primary, shows) == [["t"]], 30, f"{mode} does not arrive")
    assert {name: site.cluster.sql(name, "SELECT pg_postmaster_start_time()") for name in site.names} == started
    replicas = site.others(primary)
    site.cluster.sql(primary, "CREATE TABLE IF NOT EXISTS fencing_waits (how text)")
    site.cluster.sql(primary, "GRANT ALL ON fencing_waits TO PUBLIC")
    try:
        for replica in replicas:
            site.lab.run(replica, "systemctl", "stop", "patroni.service")
        time.sleep(3)
        writer = Writer(site, primary, "INSERT INTO fencing_waits VALUES ('strict')")
        writer.start()
        writer.join(8)
        assert not writer.outcome, f"strict, without replicas: {writer.outcome}"
        configure(site, synchronous_mode_strict="false")
        writer.join(20)
        assert writer.outcome == "acknowledged", f"not strict, without replicas: {writer.outcome or 'still waiting'}"
    finally:
        for replica in replicas:
            site.lab.run(replica, "systemctl", "start", "patroni.service")
    configure(site, synchronous_mode_strict="true")
    site.cluster.wait_whole(120)
    print("off, on, quorum and back without a restart; strict waits for a replica, and goes on when strict is lifted")
