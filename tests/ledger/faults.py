# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults. Each says what it does, how long writes may stop at most, and how it is taken away again.

`heal` undoes what `inject` did and nothing more: a host is switched on, a cable put back, a file removed. It never touches
PostgreSQL, Patroni or their data. `prepare` and `tidy` come before and after the measurement.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from .cluster import Cluster
from .lab import Lab, LabError
from .operations import Operator

# Seconds after which a fault has failed: well above the goals, 3 s and 5 s, which a single round on a small machine may miss.
# Whether the goals are met is for figures of many rounds to say (docs/failover.md), not for one round.
CRASH = 5.0
PROVEN = 10.0
MARGIN = 3.0  # seconds on top of the lease for the election and the clients' own reconnecting
MOST_BALLAST_MIB = 256
ETCD_PORTS = (2379, 2380)
POSTGRES_PORTS = (5432,)


@dataclass
class Site:
    """The cluster as a fault finds it, and the means to hurt it."""

    lab: Lab
    cluster: Cluster
    data_directory: str
    chance: random.Random
    lease: float
    proof: bool = False  # whether a host's death is proven to the cluster, so that it needn't wait for the lease
    operator: Operator | None = None  # who switches over as the collection does it; without one Patroni's own command does
    hold: float = 5.0  # seconds that a fault lasts which nothing ends by itself
    primary: str = ""
    replicas: list[str] = field(default_factory=list)
    resumed: float = 0.0  # when a fault that was to stop writes ended

    def look(self) -> None:
        """Notes who is the primary now."""
        found = self.cluster.primary()
        if found is None:
            raise LabError("there is no single primary to hurt")
        self.primary = found
        self.replicas = [name for name in self.cluster.names if name != found]

    def postmaster(self, host: str) -> str:
        return self.lab.run(host, "head", "-n1", f"{self.data_directory}/postmaster.pid").strip()

    def kill_service(self, host: str, service: str) -> None:
        """kill -9 of a service's main process; systemd may start it again, as it would after a crash."""
        self.lab.run(host, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", f"{service}.service")

    def kill_postgres(self, host: str) -> None:
        self.lab.run(host, "kill", "-9", self.postmaster(host))

    def switch_over(self, to: str = "") -> None:
        """The planned way."""
        old = self.primary
        if self.operator:
            return self.operator.switch_over(old, to)
        chosen = ["--candidate", to] if to else []
        said = self.lab.run(old, "patronictl", "-c", "/etc/patroni/conf.d", "switchover", "--leader", old, *chosen, "--force")
        # It ends with 0 also when nothing came of it.
        if self.cluster.wait_other_primary(old, 30) != (to or self.cluster.primary()):
            raise LabError(f"no switchover from {old} to {to or 'another'}: {said}")
        return None


class Fault:
    """One kind of fault."""

    name = ""
    says = ""
    # A fault that stops writes for as long as it lasts, by design: its outage is counted from when it was taken away.
    stops_writes = False

    def bound(self, site: Site) -> float:
        """Seconds without a write that are allowed."""
        raise NotImplementedError

    def possible(self, _site: Site) -> bool:
        return True

    def prepare(self, site: Site) -> None:
        pass

    def inject(self, site: Site) -> None:
        raise NotImplementedError

    def hold(self, site: Site) -> None:
        pass

    def heal(self, site: Site) -> None:
        pass

    def tidy(self, site: Site) -> None:
        pass


class Crash(Fault):
    """Something ends by itself at once; nothing is to be healed."""

    def bound(self, _site: Site) -> float:
        return CRASH


class PostgresKilled(Crash):
    name = "postgres killed"
    says = "kill -9 of the primary's PostgreSQL"

    def inject(self, site: Site) -> None:
        site.kill_postgres(site.primary)


class PatroniKilled(Crash):
    name = "patroni killed"
    says = "kill -9 of the primary's Patroni"

    def inject(self, site: Site) -> None:
        site.kill_service(site.primary, "patroni")


class PoolerKilled(Crash):
    name = "pgbouncer killed"
    says = "kill -9 of the primary's PgBouncer"

    def inject(self, site: Site) -> None:
        site.kill_service(site.primary, "pgbouncer")


class ProxyKilled(Crash):
    name = "haproxy killed"
    says = "kill -9 of the primary's HAProxy"

    def possible(self, site: Site) -> bool:
        return site.lab.script(site.primary, "systemctl is-active haproxy.service || true").strip() == "active"

    def inject(self, site: Site) -> None:
        site.kill_service(site.primary, "haproxy")


class HostKilled(Fault):
    name = "host killed"
    says = "the primary's host dies and is switched on again once there is another primary"

    def bound(self, site: Site) -> float:
        return PROVEN if site.proof else site.lease + MARGIN

    def inject(self, site: Site) -> None:
        site.lab.kill(site.primary)

    def hold(self, site: Site) -> None:
        site.cluster.wait_other_primary(site.primary, site.lease * 2)

    def heal(self, site: Site) -> None:
        site.lab.start(site.primary)


class ReplicaKilled(Fault):
    name = "replica killed"
    says = "a replica's host dies and is switched on again"

    def bound(self, _site: Site) -> float:
        return 5.0

    def inject(self, site: Site) -> None:
        self.host = site.chance.choice(site.replicas)
        site.lab.kill(self.host)

    def hold(self, site: Site) -> None:
        time.sleep(site.hold)

    def heal(self, site: Site) -> None:
        site.lab.start(self.host)


class Cut(Fault):
    """The primary's network is cut and mended."""

    def heal(self, site: Site) -> None:
        site.lab.mend_network(site.primary)


class CutFromEtcd(Cut):
    name = "cut from etcd"
    says = "the primary no longer reaches the other members' etcd; all else goes on"

    def bound(self, site: Site) -> float:
        return site.lease + MARGIN

    def inject(self, site: Site) -> None:
        site.lab.cut(site.primary, site.replicas, ETCD_PORTS)

    def hold(self, site: Site) -> None:
        time.sleep(site.lease + 2)


class CutFromReplicas(Cut):
    name = "cut from replicas"
    says = "replication stops, etcd goes on: a strict cluster stops writing until it is over"
    stops_writes = True

    def bound(self, _site: Site) -> float:
        return 10.0

    def inject(self, site: Site) -> None:
        site.lab.cut(site.primary, site.replicas, POSTGRES_PORTS)

    def hold(self, site: Site) -> None:
        time.sleep(site.hold)


class CutFromMembers(Cut):
    name = "cut from members"
    says = "the other members lose sight of the primary, while clients still reach it"

    def bound(self, site: Site) -> float:
        return site.lease + MARGIN

    def inject(self, site: Site) -> None:
        site.lab.cut(site.primary, site.replicas)

    def hold(self, site: Site) -> None:
        site.cluster.wait_other_primary(site.primary, site.lease * 2)
        time.sleep(2)


class CutFromAll(Cut):
    name = "cut from everything"
    says = "the primary's host loses its network, then gets it back"

    def bound(self, site: Site) -> float:
        return site.lease + MARGIN

    def inject(self, site: Site) -> None:
        site.lab.cut_off(site.primary)

    def hold(self, site: Site) -> None:
        site.cluster.wait_other_primary(site.primary, site.lease * 2)
        time.sleep(2)


class EtcdLost(Fault):
    """Some members' etcd stop and come back."""

    count = 0

    def bound(self, _site: Site) -> float:
        return 3.0

    def inject(self, site: Site) -> None:
        self.hosts = [site.primary, *site.chance.sample(site.replicas, self.count - 1)]
        for host in self.hosts:
            # Masked for the time being, as systemd would have it back in a moment.
            site.lab.script(host, "systemctl mask --runtime --quiet etcd.service; systemctl kill --signal=KILL etcd.service")

    def hold(self, site: Site) -> None:
        time.sleep(site.lease + 2)

    def heal(self, site: Site) -> None:
        for host in self.hosts:
            site.lab.script(host, "systemctl unmask --runtime --quiet etcd.service; systemctl start --no-block etcd.service")


class OneEtcdLost(EtcdLost):
    name = "one etcd lost"
    says = "the primary's own etcd is killed and stays away for longer than the lease"
    count = 1


class TwoEtcdLost(EtcdLost):
    name = "two etcd lost"
    says = "etcd has no majority for longer than the lease"
    count = 2


class DiskFull(Fault):
    """A part of the primary's data is put on a small file system of its own, which is filled.

    The small file system is memory, mounted on a replica while that is stopped; then the replica is made the primary. It
    lasts for this fault only, because memory would not survive the host's death.
    """

    part = ""

    @staticmethod
    def stash(folder: str) -> str:
        return f"rm -rf /var/tmp/ledger; cp -a {folder} /var/tmp/ledger"

    @staticmethod
    def unstash(folder: str) -> str:
        return f"cp -a /var/tmp/ledger/. {folder}/; rm -r /var/tmp/ledger"

    def folder(self, site: Site) -> str:
        return f"{site.data_directory}/{self.part}"

    def prepare(self, site: Site) -> None:
        self.host = site.chance.choice(site.replicas)
        folder = self.folder(site)
        self.restage(
            site,
            f"""
            {self.stash(folder)}
            mount -t tmpfs -o size=$(( $(du -sm {folder} | cut -f1) + 96 ))m,mode=0700 tmpfs {folder}
            chown postgres:postgres {folder}
            {self.unstash(folder)}""",
        )
        site.switch_over(to=self.host)
        site.cluster.wait_whole(60)

    def restage(self, site: Site, between: str) -> None:
        """Stops the member, does something to its files, starts it whatever came of that, and waits."""
        start = "trap 'systemctl start --no-block patroni.service' EXIT"
        site.lab.script(self.host, f"{start}\nsystemctl stop patroni.service\n{between}")
        site.cluster.wait_whole(90)

    def inject(self, site: Site) -> None:
        """Only on the file system that prepare() mounted, and never more than that can hold: hosts share the machine's disk."""
        folder = self.folder(site)
        if site.primary != self.host:
            raise LabError(f"{self.host}, whose volume is small, is not the primary: nothing was filled")
        site.lab.script(
            self.host,
            f"""
            [ "$(stat --file-system --format=%T {folder})" = tmpfs ] || {{ echo {folder} is not small; exit 1; }}
            dd if=/dev/zero of={folder}/ballast bs=64k count={MOST_BALLAST_MIB * 16} status=none 2>/dev/null || true""",
        )

    def heal(self, site: Site) -> None:
        site.lab.run(self.host, "rm", "-f", f"{self.folder(site)}/ballast")

    def tidy(self, site: Site) -> None:
        folder = self.folder(site)
        site.look()
        if site.primary == self.host:
            site.switch_over()
            site.cluster.wait_whole(60)
            site.look()
        self.restage(
            site,
            f"""
            {self.stash(folder)}
            umount {folder}
            find {folder} -mindepth 1 -delete
            {self.unstash(folder)}""",
        )


class WalDiskFull(DiskFull):
    name = "WAL disk full"
    says = "the primary's WAL volume fills up; it is emptied again once there is another primary"
    part = "pg_wal"

    def bound(self, site: Site) -> float:
        return site.lease + MARGIN

    def inject(self, site: Site) -> None:
        super().inject(site)
        # Ready-made segments have room yet: use them up.
        for _ in range(40):
            try:
                site.cluster.sql(site.primary, "INSERT INTO probes VALUES (now()); SELECT pg_switch_wal()")
            except LabError:
                return

    def hold(self, site: Site) -> None:
        site.cluster.wait_other_primary(site.primary, site.lease * 2)


class DataDiskFull(DiskFull):
    name = "data disk full"
    says = "tables can't grow any more: PostgreSQL refuses, and writes again once there is room"
    part = "base"
    stops_writes = True

    def bound(self, _site: Site) -> float:
        return 3.0

    def hold(self, site: Site) -> None:
        time.sleep(site.hold)


class Frozen(Fault):
    """Processes of the primary stop without dying (SIGSTOP), and later go on as if nothing had been."""

    def bound(self, site: Site) -> float:
        return site.lease + MARGIN

    def processes(self, site: Site) -> str:
        raise NotImplementedError

    def inject(self, site: Site) -> None:
        self.pids = self.processes(site).split()
        site.lab.run(site.primary, "kill", "-STOP", *self.pids)

    def hold(self, site: Site) -> None:
        site.cluster.wait_other_primary(site.primary, site.lease * 2)
        time.sleep(2)

    def heal(self, site: Site) -> None:
        site.lab.script(site.primary, f"kill -CONT {' '.join(self.pids)} || true")


class PostgresFrozen(Frozen):
    name = "postgres frozen"
    says = "SIGSTOP of all of the primary's PostgreSQL; it wakes up when another has taken over"

    def processes(self, site: Site) -> str:
        first = site.postmaster(site.primary)
        return f"{first} " + site.lab.script(site.primary, f"kill -STOP {first}; pgrep -P {first}")


class PatroniFrozen(Frozen):
    name = "patroni frozen"
    says = "SIGSTOP of the primary's Patroni, while its PostgreSQL goes on"

    def processes(self, site: Site) -> str:
        return site.lab.run(site.primary, "systemctl", "show", "--property=MainPID", "--value", "patroni.service")


class ClockStep(Fault):
    name = "clock step"
    says = "the clock of the primary's Patroni jumps an hour ahead, and back"
    drop_in = "/run/systemd/system/patroni.service.d/ledger.conf"
    clock = "/run/ledger-clock"

    def bound(self, _site: Site) -> float:
        return CRASH

    def prepare(self, site: Site) -> None:
        # A container has the machine's clock, so only this process gets another one.
        # Its monotonic clock goes on evenly, as a real one does when the time is set.
        site.lab.script(
            site.primary,
            f"""
            library=$(find /usr/lib -name libfaketime.so.1 | head -n1)
            [ -n "$library" ]
            echo +0 > {self.clock}; chmod 644 {self.clock}
            mkdir -p $(dirname {self.drop_in})
            echo '[Service]' > {self.drop_in}
            echo "Environment=LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE={self.clock}" >> {self.drop_in}
            echo 'Environment=FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1' >> {self.drop_in}
            systemctl daemon-reload""",
        )
        self.restart_patroni(site)

    def restart_patroni(self, site: Site) -> None:
        """Patroni alone: its PostgreSQL goes on."""
        site.kill_service(site.primary, "patroni")
        time.sleep(3)
        site.cluster.wait_whole(60)

    def inject(self, site: Site) -> None:
        site.lab.script(site.primary, f"echo +3600 > {self.clock}")

    def hold(self, site: Site) -> None:
        time.sleep(site.hold)

    def heal(self, site: Site) -> None:
        site.lab.script(site.primary, f"echo +0 > {self.clock}")

    def tidy(self, site: Site) -> None:
        site.lab.script(site.primary, f"rm -f {self.drop_in}; systemctl daemon-reload")
        self.restart_patroni(site)
        site.lab.script(site.primary, f"rm -f {self.clock}")


class Switchover(Crash):
    name = "switchover"
    says = "the planned change of the primary"

    def inject(self, site: Site) -> None:
        site.switch_over()


class RollingRestart(Crash):
    name = "rolling restart"
    says = "PostgreSQL is restarted on every member, replicas first"

    def bound(self, _site: Site) -> float:
        return 2 * CRASH

    def inject(self, site: Site) -> None:
        scope = site.data_directory.rsplit("/", 1)[-1]
        for host in [*site.replicas, site.primary]:
            site.lab.run(host, "patronictl", "-c", "/etc/patroni/conf.d", "restart", scope, host, "--force")
            site.cluster.wait_whole(60)


class AllDown(Fault):
    name = "all down"
    says = "all hosts die at once and are switched on again one by one, in an order drawn by chance"
    pause = 4.0
    stops_writes = True

    def bound(self, _site: Site) -> float:
        return 60.0

    def order(self, site: Site) -> list[str]:
        return site.chance.sample(site.cluster.names, len(site.cluster.names))

    def inject(self, site: Site) -> None:
        self.hosts = self.order(site)
        site.lab.kill(*site.cluster.names)

    def hold(self, site: Site) -> None:
        time.sleep(1)
        for host in self.hosts[:-1]:
            site.lab.start(host)
            time.sleep(self.pause)

    def heal(self, site: Site) -> None:
        for host in self.hosts:
            if not site.lab.running(host):
                site.lab.start(host)


class AllDownWrongOrder(AllDown):
    name = "all down primary last"
    says = "all hosts die at once; the former primary is switched on last"

    def order(self, site: Site) -> list[str]:
        return [*site.chance.sample(site.replicas, len(site.replicas)), site.primary]


class SecondFault(HostKilled):
    name = "second fault"
    says = "the primary's host dies, and its successor's PostgreSQL is killed the moment it has taken over"

    def bound(self, site: Site) -> float:
        return super().bound(site) + 5.0

    def hold(self, site: Site) -> None:
        site.kill_postgres(site.cluster.wait_other_primary(site.primary, site.lease * 2))
        time.sleep(2)


# In the order in which the short campaign goes through them: what hurts little comes first.
FAULTS: tuple[type[Fault], ...] = (
    PostgresKilled,
    PatroniKilled,
    PoolerKilled,
    ProxyKilled,
    Switchover,
    RollingRestart,
    ReplicaKilled,
    HostKilled,
    SecondFault,
    CutFromEtcd,
    CutFromReplicas,
    CutFromMembers,
    CutFromAll,
    OneEtcdLost,
    TwoEtcdLost,
    PostgresFrozen,
    PatroniFrozen,
    ClockStep,
    WalDiskFull,
    DataDiskFull,
    AllDownWrongOrder,
    AllDown,
)
