# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the write-ahead log goes to a second store, and which backups do."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup import __main__ as program
from ansible_collections.tierline.erp.plugins.module_utils.backup import host as host_module
from ansible_collections.tierline.erp.plugins.module_utils.backup import second as second_module
from ansible_collections.tierline.erp.plugins.module_utils.backup.errors import BackupError
from ansible_collections.tierline.erp.plugins.module_utils.backup.host import Host
from ansible_collections.tierline.erp.plugins.module_utils.backup.models import Policy
from ansible_collections.tierline.erp.plugins.module_utils.backup.second import settle

NOW = 1_800_000_000
WAL = "000000010000000000000005"


def store(*ages: int, code: int = 0, last: str = WAL) -> str:
    """What pgBackRest says of one that has full backups of so many seconds ago."""
    backups = [
        {
            "label": f"{NOW - age}F",
            "type": "full",
            "timestamp": {"start": NOW - age, "stop": NOW - age + 5},
            "info": {"size": 100, "repository": {"delta": 10}},
            "error": False,
            "lsn": {"start": "0/1", "stop": "0/2"},
            "archive": {"start": WAL, "stop": WAL},
        }
        for age in ages
    ]
    archive = [{"database": {"id": 1}, "id": "17-1", "max": last}]
    return json.dumps([{"name": "main", "status": {"code": code, "message": "as it is"}, "archive": archive, "backup": backups}])


class Machine:
    """A host, and what each of its two stores says; nothing is a store that is away."""

    def __init__(self, tmp_path: pathlib.Path) -> None:
        self.stores: dict[str, str | None] = {"--repo=1": store(60), "--repo=2": store(60)}
        self.seen: dict[str, Any] = {
            "replica": False,
            "current": WAL[:-1] + "6",
            "archived": WAL,
            "archived_at": NOW,
            "failed_at": 0,
        }
        self.done: list[str] = []
        self.refuses = ""
        (tmp_path / "second").mkdir()
        (tmp_path / "conf.d").mkdir()
        self.link = tmp_path / "conf.d" / "second.conf"
        second = {
            "directory": str(tmp_path / "second"),
            "link": str(self.link),
            "full_every_hours": 24,
            "incremental_every_hours": 0,
        }
        (tmp_path / "second" / "second.conf").touch()
        self.policy = Policy("main", 24, 0, 60, metrics_file=str(tmp_path / "m.prom"), second=second)
        self.host = Host(self.policy, self)

    def __call__(self, command: Sequence[str], _timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        if command[0] == "psql":
            return subprocess.CompletedProcess(command, 0, json.dumps({"now": NOW, **self.seen}), "")
        which = next((word for word in command if word in self.stores), "both")
        if command[-1] == "info":
            answer = self.stores[which]
            return subprocess.CompletedProcess(command, int(answer is None), answer or "", "ERROR: [049]: away")
        if "repo-ls" in command:
            return subprocess.CompletedProcess(command, 0, "0000000100000000\n" if command[-1].endswith("17-1") else WAL, "")
        self.done.append(f"{command[-1]} {which}")
        return subprocess.CompletedProcess(command, int(self.refuses == self.done[-1]), "", "ERROR: [050]: why")

    def waits(self, seconds: int = 10) -> None:
        self.seen |= {"current": WAL[:-1] + "8", "archived_at": NOW - seconds}


@pytest.fixture
def machine(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setattr(program, "Host", lambda _policy: made.host)
    monkeypatch.setattr(program.time, "time", lambda: NOW)
    monkeypatch.setattr(host_module, "PROCESSES", tmp_path / "proc")
    os.utime(made.link.parent, (NOW, NOW))
    return made


def start(machine: Machine, command: str) -> int:
    path = pathlib.Path(machine.policy.metrics_file).with_name("policy.json")
    path.write_text(json.dumps(machine.policy.__dict__))
    return program.main(command, str(path))


def attach(machine: Machine) -> None:
    machine.link.touch()


def test_one_that_answers_is_attached(machine: Machine) -> None:
    assert settle(machine.policy, machine.host, at_once=True) == "attached"
    assert machine.link.is_symlink()
    assert machine.link.exists()
    assert settle(machine.policy, machine.host, at_once=True) == ""
    assert machine.done == []


def test_its_repository_is_made_before_the_log_goes_there(machine: Machine) -> None:
    machine.stores["--repo=2"] = store(code=1)
    machine.refuses = "stanza-create both"
    with pytest.raises(BackupError, match="stanza-create failed"):
        settle(machine.policy, machine.host, at_once=True)
    assert not machine.link.exists()
    machine.refuses = ""
    assert settle(machine.policy, machine.host, at_once=True) == "attached"


def test_a_replica_does_not_make_it(machine: Machine) -> None:
    machine.stores["--repo=2"] = store(code=1)
    machine.seen["replica"] = True
    assert settle(machine.policy, machine.host, at_once=True) == ""
    assert not machine.link.exists()
    assert machine.done == []


def test_one_that_is_away_is_left_out_as_soon_as_the_log_waits(machine: Machine) -> None:
    attach(machine)
    machine.stores["--repo=2"] = None
    assert settle(machine.policy, machine.host) == ""
    machine.waits()
    assert "left out: the store can't be asked" in settle(machine.policy, machine.host)
    assert not machine.host.attached


def test_what_archives_by_what_was_known_before_is_ended(
    machine: Machine, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(host_module.os, "kill", lambda pid, _signal: ended.append(pid))
    for pid, words in {
        "11": ["pgbackrest", "--stanza=main", "archive-push:async", "/pg_wal"],
        "12": ["pgbackrest", "--stanza=other", "archive-push:async", "/pg_wal"],
        "13": ["pgbackrest", "--stanza=main", "backup"],
    }.items():
        (tmp_path / "proc" / pid).mkdir(parents=True)
        (tmp_path / "proc" / pid / "cmdline").write_text("\0".join([*words, ""]))
    attach(machine)
    machine.stores["--repo=2"] = None
    machine.waits()
    settle(machine.policy, machine.host)
    assert ended == [11]
    machine.stores["--repo=2"] = store(1)
    settle(machine.policy, machine.host, at_once=True)
    assert ended == [11, 11]


def test_one_whose_repository_was_wiped_is_left_out(machine: Machine) -> None:
    attach(machine)
    machine.stores["--repo=2"] = store(code=1)
    machine.waits()
    assert settle(machine.policy, machine.host) == "left out: as it is"


@pytest.mark.parametrize(
    ("first", "seconds", "done"),
    [
        (store(60), 10, ""),
        # A store can be full, and answer.
        (store(60), 600, "left out: it answers, and the log waits longer than promised"),
        # It is the only one that gets the log.
        (None, 600, ""),
        (store(code=1), 600, ""),
    ],
)
def test_one_that_answers_is_left_out_only_if_it_must_be_the_cause(
    machine: Machine, first: str | None, seconds: int, done: str
) -> None:
    attach(machine)
    machine.stores["--repo=1"] = first
    machine.waits(seconds)
    assert settle(machine.policy, machine.host) == done


def test_it_is_tried_again_after_a_while(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_module.time, "time", lambda: NOW + second_module.REST_SECONDS - 1)
    assert settle(machine.policy, machine.host) == ""
    monkeypatch.setattr(second_module.time, "time", lambda: NOW + second_module.REST_SECONDS)
    assert settle(machine.policy, machine.host) == "attached"


def test_one_that_is_still_away_is_not_attached(machine: Machine) -> None:
    machine.stores["--repo=2"] = None
    assert settle(machine.policy, machine.host, at_once=True) == ""


def test_without_a_second_there_is_nothing_to_settle(machine: Machine) -> None:
    assert settle(Policy("main", 24, 0, 60), Host(Policy("main", 24, 0, 60), machine), at_once=True) == ""


def test_each_store_gets_the_backups_that_it_lacks(machine: Machine) -> None:
    attach(machine)
    machine.stores["--repo=2"] = store(100_000)
    start(machine, "run")
    assert machine.done == ["backup --repo=2", "expire --repo=2"]


def test_one_store_that_fails_does_not_keep_the_other_from_its_backup(machine: Machine) -> None:
    attach(machine)
    machine.stores |= {"--repo=1": store(100_000), "--repo=2": store(100_000)}
    machine.refuses = "backup --repo=1"
    with pytest.raises(BackupError, match="backup failed"):
        start(machine, "run")
    assert "backup --repo=2" in machine.done


def test_the_second_is_backed_up_to_while_the_first_is_away(machine: Machine) -> None:
    attach(machine)
    machine.stores |= {"--repo=1": None, "--repo=2": store(100_000)}
    assert start(machine, "run") == 1
    assert machine.done == ["backup --repo=2", "expire --repo=2"]


def test_nothing_is_backed_up_to_one_that_is_left_out(machine: Machine) -> None:
    machine.stores["--repo=2"] = store(100_000)
    start(machine, "run")
    assert machine.done == []


def test_a_gap_is_closed_by_a_backup(machine: Machine) -> None:
    attach(machine)
    machine.stores["--repo=2"] = store(60, last=WAL[:-1] + "4")
    start(machine, "run")
    assert machine.done == ["backup --repo=2", "expire --repo=2"]


def test_a_report_speaks_of_both(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    attach(machine)
    assert start(machine, "report") == 0
    metrics = pathlib.Path(machine.policy.metrics_file).read_text()
    assert 'tierline_backup_second_count{stanza="main"} 1' in metrics
    machine.link.unlink()
    machine.stores["--repo=2"] = None
    assert start(machine, "report") == 1
    said = capsys.readouterr().err
    assert "second_left_out: the write-ahead log goes to the first store only" in said
    assert "second_store: of the second store: the store can't be asked" in said
    assert "second_count" not in pathlib.Path(machine.policy.metrics_file).read_text()


def test_the_watch_says_what_it_did(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(machine, "attach") == 0
    assert start(machine, "second") == 0
    assert capsys.readouterr().out == "attached\n"


def test_refuses_a_second_that_says_too_little() -> None:
    with pytest.raises(BackupError, match="second takes directory, full_every_hours"):
        Policy.of(
            {
                "stanza": "main",
                "full_every_hours": 24,
                "incremental_every_hours": 0,
                "archive_seconds": 0,
                "second": {"link": "/x"},
            }
        )
