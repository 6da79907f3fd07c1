# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program as a timer starts it: a process of its own, with a pgbackrest and a psql that say what a test wants."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time
from typing import Any

import pytest

PACKAGES = pathlib.Path(__file__).parents[5] / "plugins" / "module_utils"
# As the user that runs the tests; on hosts it is PostgreSQL's own. All else is what `python3 -m backup` does.
START = """
import os, pwd, runpy
import backup.host
backup.host.OWNER = pwd.getpwuid(os.geteuid()).pw_name
runpy.run_module("backup", run_name="__main__", alter_sys=True)
"""
PGBACKREST = """#!/bin/sh
case "$*" in
  *repo-ls*archive/main/17-1) echo 0000000100000000 ;;
  *repo-ls*) echo 000000010000000000000004-aa.zst; echo 000000010000000000000005-bb.zst ;;
  *server-ping*)
    [ ! -e "$STAGE/mute" ] || case "$*" in *"$(cat "$STAGE/mute")".*) echo 'ERROR: [042]: timeout' >&2; exit 42 ;; esac ;;
  *info) cat "$STAGE/info.json" ;;
  *) echo "$*" >> "$STAGE/started"; echo "P00   INFO: $*"; echo "$PGBACKREST_PG2_HOST" >> "$STAGE/read"; . "$STAGE/outcome" ;;
esac
"""
PSQL = """#!/bin/sh
[ -e "$STAGE/archiving.json" ] || { echo 'psql: error: connection refused' >&2; exit 2; }
cat "$STAGE/archiving.json"
"""
LAST = "000000010000000000000005"


class Stage:
    """One host of a cluster: its tools, its policy and its metrics."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        for name, script in (("pgbackrest", PGBACKREST), ("psql", PSQL)):
            path = directory / "bin" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(script)
            path.chmod(0o755)
        self.policy = directory / "backup.json"
        self.metrics = directory / "metrics" / "tierline_backup.prom"
        self.metrics.parent.mkdir()
        self.declare()
        self.primary()
        self.backups((60, "full"))
        self.outcome("exit 0")

    def declare(self, **words: Any) -> None:
        declared = {"stanza": "main", "full_every_hours": 24, "incremental_every_hours": 6, "archive_seconds": 60}
        self.policy.write_text(json.dumps({**declared, "metrics_file": str(self.metrics), **words}))

    def primary(self, replica: bool = False) -> None:
        now = int(time.time())
        seen = {"now": now, "replica": replica, "current": LAST[:-1] + "6", "archived": LAST, "archived_at": now, "failed_at": 0}
        (self.directory / "archiving.json").write_text(json.dumps(seen))

    def backups(self, *ages: tuple[int, str], last: str = LAST) -> None:
        """Each of so many seconds ago, and of which kind."""
        now = int(time.time())
        backups = [
            {
                "label": f"{now - age}",
                "type": kind,
                "timestamp": {"start": now - age, "stop": now - age + 5},
                "info": {"size": 100, "repository": {"delta": 10}},
                "error": False,
                "lsn": {"start": "0/1", "stop": "0/2"},
                "archive": {"start": LAST[:-1] + "3", "stop": LAST[:-1] + "4"},
            }
            for age, kind in ages
        ]
        archive = [{"database": {"id": 1}, "id": "17-1", "min": LAST[:-1] + "1", "max": last}]
        found = [{"name": "main", "status": {"code": 0, "message": "ok"}, "archive": archive, "backup": backups}]
        (self.directory / "info.json").write_text(json.dumps(found))

    def outcome(self, script: str) -> None:
        """How a backup ends."""
        (self.directory / "outcome").write_text(script + "\n")

    def start(self, *words: str, path: str = os.defpath) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{self.directory / 'bin'}:{path}", "STAGE": str(self.directory)}
        return subprocess.run(
            [sys.executable, "-B", "-c", START, *words],
            env={**environment, "PYTHONPATH": str(PACKAGES)}, capture_output=True, text=True, check=False, umask=0o077,
        )  # fmt: skip

    def run(self, command: str = "run") -> subprocess.CompletedProcess[str]:
        return self.start(command, str(self.policy))

    @property
    def started(self) -> list[str]:
        path = self.directory / "started"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def stage(tmp_path: pathlib.Path) -> Stage:
    return Stage(tmp_path)


def test_nothing_is_due(stage: Stage) -> None:
    done = stage.run()
    assert (done.returncode, done.stdout, done.stderr, stage.started) == (0, "no backup is due\n", "", [])


@pytest.mark.parametrize(
    ("ages", "kind"),
    [
        ([], "full"),
        ([(25 * 3600, "full")], "full"),
        ([(7 * 3600, "full")], "incr"),
        ([(25 * 3600, "full"), (60, "incr")], "full"),
    ],
)
def test_what_is_due_is_taken_and_what_is_old_expires(stage: Stage, ages: list[tuple[int, str]], kind: str) -> None:
    """pgBackRest's words go to the journal; the metrics are the collector's to read, whatever the unit's umask."""
    stage.backups(*ages)
    done = stage.run()
    backup, expire = stage.started
    assert f"--type={kind}" in backup
    assert backup.endswith("backup")
    assert expire.endswith("expire")
    assert f"P00   INFO: {backup}" in done.stdout
    assert stage.metrics.stat().st_mode & 0o777 == 0o644


PEERS = [{"name": name, "settings": {"pg2-host": f"{name}.example.net", "pg2-host-port": 8432}} for name in ("db2", "db3")]
AWAY = """
case "$PGBACKREST_PG2_HOST" in
  db2*) echo 'WARN: unable to check pg2: [HostConnectError] no route'; echo 'ERROR: [056]: unable to find standby'; exit 56 ;;
esac
"""
ALL_AWAY = "case $PGBACKREST_PG2_HOST in ?*) echo 'ERROR: [082]: timeout before standby replayed' >&2; exit 82 ;; esac"


@pytest.mark.parametrize(
    ("outcome", "read", "told"),
    [
        ("exit 0", ["db2"], []),
        (AWAY, ["db2", "db3"], ["not read from db2: pgbackrest backup failed: [HostConnectError] no route"]),
        (
            ALL_AWAY,
            ["db2", "db3", ""],
            [
                f"not read from {name}: pgbackrest backup failed: ERROR: [082]: timeout before standby replayed"
                for name in ("db2", "db3")
            ],
        ),
    ],
)
def test_a_replica_is_read_where_one_can_be(stage: Stage, outcome: str, read: list[str], told: list[str]) -> None:
    """One after the other, then the primary itself; the backup notes which it was, and each that couldn't be is told."""
    stage.declare(member="db1", peers=PEERS)
    stage.backups()
    stage.outcome(outcome)
    done = stage.run()
    *backups, expire = stage.started
    seen = (stage.directory / "read").read_text().splitlines()
    assert [host.partition(".")[0] for host in seen] == [*read, ""]
    assert [line for line in done.stderr.splitlines() if line.startswith("not read")] == told
    member, role = (read[-1], "replica") if read[-1] else ("db1", "primary")
    assert f"--annotation=tierline-member={member} --annotation=tierline-role={role}" in backups[-1]
    assert ("--backup-standby=y" in backups[-1]) == bool(read[-1])
    assert expire.endswith("expire")


def test_a_member_that_says_nothing_is_not_waited_for(stage: Stage) -> None:
    stage.declare(member="db1", peers=PEERS)
    stage.backups()
    (stage.directory / "mute").write_text("db2")
    done = stage.run()
    assert "not read from db2: ERROR: [042]: timeout\n" in done.stderr
    assert "tierline-member=db3" in stage.started[0]


@pytest.mark.parametrize(
    "outcome",
    [
        "echo 'ERROR: [050]: unable to acquire lock'; exit 50",
        "echo 'WARN: unable to check pg2: [LockAcquireError] held'; echo 'ERROR: [056]: unable to find standby'; exit 56",
    ],
)
def test_there_are_never_two_backups_at_once(stage: Stage, outcome: str) -> None:
    """The lock is held on this host, or on the one to be read by a former primary whose backup goes on: that is no failure."""
    stage.declare(member="db1", peers=PEERS)
    stage.backups()
    stage.outcome(outcome)
    done = stage.run()
    assert done.returncode == 0
    assert done.stdout.endswith("another backup is being taken: nothing to do here\n")
    assert len(stage.started) == 1


def test_a_replica_takes_no_backup(stage: Stage) -> None:
    stage.backups()
    stage.primary(replica=True)
    done = stage.run()
    assert (done.returncode, done.stdout, stage.started) == (0, "not the primary: nothing to do here\n", [])


def test_without_postgresql_there_is_no_backup_but_a_report(stage: Stage) -> None:
    (stage.directory / "archiving.json").unlink()
    assert (stage.run().returncode, stage.started) == (0, [])
    assert stage.run("report").returncode == 0
    assert 'tierline_backup_ok{stanza="main"} 1\n' in stage.metrics.read_text()


def test_a_report_takes_no_backup_and_makes_the_unit_fail(stage: Stage) -> None:
    stage.backups((27 * 3600, "full"))
    done = stage.run("report")
    assert (done.returncode, stage.started) == (1, [])
    assert "overdue: the last full backup is 26 hours old, and there should be one every 24 hours\n" in done.stderr
    assert 'tierline_backup_finding{stanza="main",code="overdue"} 1\n' in stage.metrics.read_text()


def test_what_the_archive_lost_is_made_good_by_a_backup(stage: Stage) -> None:
    stage.backups((60, "full"), last=LAST[:-1] + "4")
    done = stage.run()
    assert "--type=incr" in stage.started[0]
    assert done.returncode == 1
    assert "archive_gap: " in done.stderr


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'ERROR: [056]: unable to find primary cluster' >&2; exit 56", "ERROR: [056]: unable to find primary cluster"),
        ("kill -9 $$", "pgbackrest backup failed: "),
    ],
)
def test_a_backup_that_fails_is_told_and_nothing_expires(stage: Stage, script: str, told: str) -> None:
    """What is there is all that there is, until a backup has been good."""
    stage.backups()
    stage.outcome(script)
    done = stage.run()
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert len(stage.started) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "can't be read"),
        ('{"stanza": "ma', "can't be read"),
        ("[]", "can't be read"),
        ('{"stanza": "main"}', "missing 3 required"),
        ('{"stanza": "main", "full_every_hours": "24", "incremental_every_hours": 0, "archive_seconds": 0}', "not supported"),
        ('{"stanza": "main", "full_every_hours": 0, "incremental_every_hours": 0, "archive_seconds": 0}', "takes 1 or more"),
        (
            '{"stanza": "a", "full_every_hours": 1, "incremental_every_hours": 0, "archive_seconds": 0, "peers": [{}]}',
            "name and settings",
        ),
        ('{"frequency": 3}', "unknown settings: frequency"),
    ],
)
def test_a_policy_that_is_damaged_is_told_in_one_line(stage: Stage, content: str, told: str) -> None:
    """Two, not the one of a report that found something: this one saw nothing."""
    stage.policy.write_text(content)
    done = stage.run()
    assert (done.returncode, stage.started) == (2, [])
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [[], ["run"], ["restore", "policy"], ["run", "policy", "more"]])
def test_what_it_is_not_told_it_does_not_guess(stage: Stage, words: list[str]) -> None:
    done = stage.start(*words)
    assert (done.returncode, stage.started) == (2, [])
    assert done.stderr.startswith("usage: backup")


@pytest.mark.parametrize("missing", ["policy", "metrics"])
def test_what_is_missing_on_the_host_is_named(stage: Stage, missing: str) -> None:
    path = stage.policy if missing == "policy" else stage.metrics.parent
    path.unlink() if missing == "policy" else path.rmdir()
    done = stage.run("report")
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_tool_that_is_not_installed_is_named(stage: Stage) -> None:
    (stage.directory / "bin" / "pgbackrest").unlink()
    done = stage.start("report", str(stage.policy), path="")
    assert done.returncode
    assert "pgbackrest can't be started: No such file or directory" in done.stderr
