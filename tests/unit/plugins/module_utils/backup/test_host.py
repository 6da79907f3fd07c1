# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pgBackRest and PostgreSQL say, and what the program on a host makes of it."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup import __main__ as program
from ansible_collections.tierline.erp.plugins.module_utils.backup import host as host_module
from ansible_collections.tierline.erp.plugins.module_utils.backup import info as info_module
from ansible_collections.tierline.erp.plugins.module_utils.backup.errors import BackupError
from ansible_collections.tierline.erp.plugins.module_utils.backup.host import Host
from ansible_collections.tierline.erp.plugins.module_utils.backup.info import parse_archiving, parse_repository
from ansible_collections.tierline.erp.plugins.module_utils.backup.models import Policy

NOW = 1_800_000_000
WAL = "000000010000000000000005"


def info(*, backups: Sequence[int] = (NOW - 60,), code: int = 0, wal: str = WAL) -> str:
    return json.dumps(
        [
            {"name": "other", "status": {"code": 0}},
            {
                "name": "main",
                "status": {"code": code, "message": "ok", "lock": {"backup": {"held": False}}},
                "archive": [
                    {"database": {"id": 1}, "id": "15-1", "max": "0000000900000000000000AA"},
                    {"database": {"id": 2}, "id": "17-2", "max": wal},
                ],
                "backup": [
                    {
                        "label": f"{start}F",
                        "type": "full",
                        "timestamp": {"start": start, "stop": start + 5},
                        "info": {"size": 100, "repository": {"delta": 10}},
                        "error": False,
                        "lsn": {"start": "0/1", "stop": "0/2"},
                        "annotation": {"tierline-member": "db2", "tierline-role": "replica"},
                        "archive": {"start": "000000010000000000000002", "stop": "000000010000000000000003"},
                    }
                    for start in backups
                ],
            },
        ]
    )


def archiving(**words: object) -> str:
    seen = {"now": NOW, "replica": False, "current": WAL[:-1] + "6", "archived": WAL, "archived_at": NOW, "failed_at": 0}
    return json.dumps({**seen, **words})


class Machine:
    """Answers as pgbackrest and psql would."""

    def __init__(self, *, store: str = info(), database: str = archiving(), fails: str = "", hangs: str = "") -> None:
        self.store, self.database, self.fails, self.hangs = store, database, fails, hangs
        self.started: list[str] = []
        # The one that begins before the backup's end is of another timeline.
        self.segments = [f"{timeline:08X}00000000{n:08X}-0123.zst" for timeline, n in ((9, 3), (1, 4), (1, 5))]

    def __call__(self, command: Sequence[str], timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        what = command[-1] if command[0] == "pgbackrest" else "psql"
        if command[-2] == "repo-ls":
            listing = "0000000100000000\narchive.info" if what == "archive/main/17-2" else "\n".join(self.segments)
            return subprocess.CompletedProcess(command, int(self.fails == "repo-ls"), listing, "")
        self.started.append(what)
        if what == self.hangs:
            raise BackupError(f"{what} gave no answer within {timeout:.0f} s")
        code = int(what == self.fails)
        out = {"info": self.store, "psql": self.database}.get(what, "done\n")
        return subprocess.CompletedProcess(command, code, "" if code else out, "WARN: a\nERROR: [056]: why\n" if code else "")


@pytest.fixture
def policy(tmp_path: pathlib.Path) -> Policy:
    return Policy("main", 24, 0, 60, metrics_file=str(tmp_path / "m.prom"))


def run(monkeypatch: pytest.MonkeyPatch, policy: Policy, machine: Machine, command: str) -> int:
    path = pathlib.Path(policy.metrics_file).with_name("policy.json")
    path.write_text(json.dumps(policy.__dict__))
    monkeypatch.setattr(program, "Host", lambda found: Host(found, machine))
    monkeypatch.setattr(program.time, "time", lambda: NOW)
    return program.main(command, str(path))


def test_reads_what_pgbackrest_says() -> None:
    seen = parse_repository(info(), "main")
    assert (seen.code, seen.last_segment, seen.busy) == (0, WAL, False)
    assert (seen.backups[0].kind, seen.backups[0].size, seen.backups[0].stored, seen.backups[0].lsn) == ("full", 100, 10, "0/2")
    assert (seen.backups[0].member, seen.backups[0].replica) == ("db2", True)
    assert parse_repository("[]", "main").message == "missing stanza path"


@pytest.mark.parametrize("text", ["ERROR", "{}", "[1]"])
def test_refuses_what_is_not_its_json(text: str) -> None:
    with pytest.raises(BackupError, match="something else"):
        parse_repository(text, "main")


@pytest.mark.parametrize("text", ["ERROR", "[1]", '{"a": 1}'])
def test_refuses_what_is_no_answer_of_the_archiver(text: str) -> None:
    with pytest.raises(BackupError, match="can't be read"):
        parse_archiving(text)


def test_nothing_is_done_where_nothing_is_due(monkeypatch: pytest.MonkeyPatch, policy: Policy) -> None:
    machine = Machine()
    assert run(monkeypatch, policy, machine, "run") == 0
    assert "backup" not in machine.started


def test_a_due_backup_is_taken_and_older_ones_expire(monkeypatch: pytest.MonkeyPatch, policy: Policy) -> None:
    machine = Machine(store=info(backups=[NOW - 100000]))
    assert run(monkeypatch, policy, machine, "run") == 1  # the pretended store is as it was
    assert [word for word in machine.started if word in ("backup", "expire")] == ["backup", "expire"]
    assert 'tierline_backup_ok{stanza="main"} 0' in pathlib.Path(policy.metrics_file).read_text()


def test_a_gap_in_the_archive_is_mended_by_a_backup(monkeypatch: pytest.MonkeyPatch, policy: Policy) -> None:
    machine = Machine(store=info(wal=WAL[:-1] + "2"))
    run(monkeypatch, policy, machine, "run")
    assert "backup" in machine.started


def test_what_was_dropped_in_the_middle_of_the_archive_is_noticed(policy: Policy) -> None:
    machine = Machine()
    assert Host(policy, machine).report(NOW).ok
    del machine.segments[1]
    (finding,) = Host(policy, machine).report(NOW).findings
    assert finding.code == "archive_gap"
    assert "lacks 1 segments" in finding.text
    assert "0000000000000004" in finding.text


REFUSED = {"code": 99, "message": "[HostConnectError] refused\nmore"}
UNREAD = json.dumps([{"name": "main", "repo": [{"key": 1, "status": REFUSED}], "status": {"code": 99}}])


@pytest.mark.parametrize(
    ("machine", "needle"),
    [
        (Machine(fails="info"), r"store: the store can't be asked for backups: ERROR: \[056\]: why"),
        (Machine(hangs="info"), "store: the store can't be asked for backups: info gave no answer within 40 s"),
        (Machine(store=UNREAD), r"store: the store can't be asked for backups: \[HostConnectError\] refused$"),
        (Machine(fails="repo-ls"), "store: the store can't be asked for archive/main/17-2"),
    ],
)
@pytest.mark.parametrize("command", ["report", "run"])
def test_a_store_that_is_away_is_reported_and_nothing_is_due(
    monkeypatch: pytest.MonkeyPatch,
    policy: Policy,
    capsys: pytest.CaptureFixture[str],
    machine: Machine,
    needle: str,
    command: str,
) -> None:
    assert run(monkeypatch, policy, machine, command) == 1
    assert re.search(needle, capsys.readouterr().err, re.MULTILINE)
    assert "backup" not in machine.started
    metrics = pathlib.Path(policy.metrics_file).read_text()
    assert 'tierline_backup_finding{stanza="main",code="store"} 1' in metrics
    assert "last_full_timestamp_seconds" not in metrics


def test_what_is_quoted_in_a_message_is_made_readable() -> None:
    assert info_module.readable("\n[FormatError] key \x00\ufffd\x1b[2J too long\nmore") == "[FormatError] key ???[2J too long"
    assert len(info_module.readable("x" * 1000)) == 300


def test_postgresql_that_does_not_answer_is_not_waited_for(policy: Policy) -> None:
    assert Host(policy, Machine(hangs="psql")).archiving() is None


@pytest.mark.parametrize("machine", [Machine(database=archiving(replica=True)), Machine(fails="psql")])
def test_only_the_primary_takes_backups(monkeypatch: pytest.MonkeyPatch, policy: Policy, machine: Machine) -> None:
    assert run(monkeypatch, policy, machine, "run") == 0
    assert set(machine.started) == {"psql"}


def test_a_report_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, policy: Policy, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, policy, Machine(store=info(backups=[])), "report") == 1
    assert "no_backup: the store has no full backup" in capsys.readouterr().err
    assert pathlib.Path(policy.metrics_file).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("fails", "needle"),
    [
        ("info", "can't be asked for backups"),
        ("repo-ls", "can't be asked for archive/main"),
        ("backup", r"backup failed: ERROR: \[056\]: why"),
    ],
)
def test_failures_name_the_cause(policy: Policy, fails: str, needle: str) -> None:
    host = Host(policy, Machine(fails=fails))
    ask = host.repository if fails != "backup" else lambda: host.backup("full")
    with pytest.raises(BackupError, match=needle):
        ask()


def test_processes_run_as_postgresqls_own_user(monkeypatch: pytest.MonkeyPatch) -> None:
    user = type("User", (), {"pw_uid": -1})
    monkeypatch.setattr(host_module.pwd, "getpwnam", lambda _name: user)
    seen: list[list[str]] = []

    def started(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        raise FileNotFoundError(2, "No such file")

    def silent(command: list[str], **words: float) -> None:
        raise subprocess.TimeoutExpired(command, words["timeout"])

    monkeypatch.setattr(host_module.subprocess, "run", silent)
    with pytest.raises(BackupError, match="psql gave no answer within 3 s"):
        host_module.run(["psql"], 3)
    monkeypatch.setattr(host_module.subprocess, "run", started)
    with pytest.raises(BackupError, match="can't be started"):
        host_module.run(["psql"])
    assert seen == [["runuser", "-u", "postgres", "--", "psql"]]
    assert replace(Policy("a", 1, 0, 0), port=1).port == 1
