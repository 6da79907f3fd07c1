# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""pgBackRest and PostgreSQL of the host that this runs on: the only file here that starts processes and writes files."""

import contextlib
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import info, metrics, proofs, records, textfile, wal
from .errors import BackupError, BusyError, StoreError
from .judge import judge, judge_second
from .models import Archiving, Policy, Report, Repository

OWNER = "postgres"
PROCESSES = Path("/proc")
ARCHIVER = "archive-push:async"
Runner = Callable[..., "subprocess.CompletedProcess[str]"]
# For one read or write of pgBackRest, and for a whole question. By itself it tries for minutes, in which a report says nothing.
STORE_IO_SECONDS, STORE_SECONDS, POSTGRES_SECONDS = 3, 40, 20
# For a replica to get to where the backup begins, and for the segment before to be archived, which is tried once a minute.
ARCHIVE_SECONDS = 120
# For one read of another member's server, and for its answer: pgBackRest tries three times.
PEER_IO_SECONDS, PEER_SECONDS = 5, 40
# How pgBackRest ends where its lock is held here, and what it says where it is held on a host that it was to read.
LOCKED, LOCKED_THERE = 50, "[LockAcquireError]"
UNREADABLE = "WARN: unable to check "


def run(
    command: Sequence[str], timeout: float | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """As PostgreSQL's own user: its socket knows nobody else as the role backup, and pgBackRest's files are its."""
    prefix = ["runuser", "-u", OWNER, "--"] if os.geteuid() != pwd.getpwnam(OWNER).pw_uid else []
    try:
        return subprocess.run(
            # With another passphrase pgBackRest quotes what it decrypted, which is no text.
            [*prefix, *command], capture_output=True, text=True, errors="replace", check=False, cwd="/", timeout=timeout,
            env={**os.environ, **environment} if environment else None,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise BackupError(f"{command[0]} gave no answer within {error.timeout:.0f} s") from error
    except OSError as error:
        raise BackupError(f"{command[0]} can't be started: {error.strerror}") from error


class Host:
    def __init__(self, policy: Policy, runner: Runner = run, second: bool = False) -> None:
        """``second``: as the second store is asked and written to, whose configuration is apart."""
        self._policy, self._run = policy, runner
        self._store = ["--repo=1"]
        if second:
            directory = policy.second["directory"]
            self._store = ["--repo=2", *_configured(directory)]

    @property
    def second(self) -> Host | None:
        return Host(self._policy, self._run, second=True) if self._policy.second else None

    @property
    def attached(self) -> bool:
        """Whether archiving knows the second store."""
        return bool(self._policy.second) and Path(self._policy.second["link"]).exists()

    def repository(self) -> Repository:
        answer = self._ask_store("backups", f"--stanza={self._policy.stanza}", *self._store, "--output=json", "info")
        seen = info.parse_repository(answer, self._policy.stanza)
        return replace(seen, missing=tuple(self._missing(seen)))

    def _missing(self, seen: Repository) -> list[str]:
        """What was dropped while the store was away doesn't show in the archive's end, once later segments have arrived."""
        latest = seen.last()
        if latest is None or not latest.segment or not seen.last_segment:
            return []
        path = f"archive/{self._policy.stanza}/{seen.archive}"
        logs = range(wal.number(latest.segment) // wal.PER_LOG, wal.number(seen.last_segment) // wal.PER_LOG + 1)
        directories = [name for name in self._list(path) if wal.is_log(name) and wal.log_of(name) in logs]
        present = [name for directory in directories for name in self._list(f"{path}/{directory}")]
        return wal.missing(present, latest.segment, seen.last_segment)

    def _list(self, path: str) -> list[str]:
        return self._ask_store(path, *self._store, "repo-ls", path).split()

    def _ask_store(self, what: str, *words: str) -> str:
        quiet = ["--log-level-file=off", "--log-level-console=warn", f"--io-timeout={STORE_IO_SECONDS}"]
        try:
            done = self._run(["pgbackrest", *quiet, *words], STORE_SECONDS)
        except BackupError as error:
            raise StoreError(f"the store can't be asked for {what}: {error}") from error
        if done.returncode:
            raise StoreError(f"the store can't be asked for {what}: {last_line(done)}")
        return done.stdout

    def archiving(self) -> Archiving | None:
        """Nothing where PostgreSQL doesn't answer; that is for others to report."""
        policy = self._policy
        command = [
            "psql", "--no-psqlrc", "--no-password", "--tuples-only", "--no-align", f"--host={policy.socket_dir}",
            f"--port={policy.port}", f"--username={policy.user}", "--dbname=postgres", f"--command={info.ARCHIVING_QUERY}",
        ]  # fmt: skip
        try:
            done = self._run(command, POSTGRES_SECONDS)
        except BackupError:
            return None
        return None if done.returncode else info.parse_archiving(done.stdout)

    def report(self, now: int) -> Report:
        archiving = self.archiving()
        proven = proofs.read(self._policy.proofs_dir, self._policy.proofs)
        recorded = records.read(self._policy.records_file, self._policy.records)
        report = judge(self._policy, self.seen(), archiving, now, proven, recorded)
        if not (second := self.second):
            return report
        found, attached = second.seen(), self.attached
        findings = [*report.findings, *judge_second(self._policy, found, attached, archiving, now)]
        return replace(report, findings=tuple(findings), second=found, attached=attached)

    def seen(self) -> Repository:
        try:
            return self.repository()
        except StoreError as error:
            return Repository(99, str(error), reachable=False)

    def make(self) -> None:
        """The repository of the second store. pgBackRest makes it in all it knows, and leaves those that there are."""
        self._pgbackrest("stanza-create", *self._store[1:])

    def end_archiver(self) -> None:
        """What sends the log by itself knows the stores that there were when it began. PostgreSQL begins another."""
        for path in PROCESSES.glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if {ARCHIVER, f"--stanza={self._policy.stanza}"} <= set(path.read_text(errors="replace").split("\0")):
                    os.kill(int(path.parent.name), signal.SIGTERM)

    def backup(self, kind: str) -> None:
        """On the primary, which begins and ends each backup; the files are a replica's, where there is one."""
        if not any(self._read_from(peer, kind) for peer in self._policy.peers):
            self._pgbackrest("backup", *self._store, f"--type={kind}", *_noted(self._policy.member, info.PRIMARY))
        # Apart from the backup, which is good even where this fails. Only the primary gets here: an expire on another member
        # would take a backup that is being made for a broken one, and delete it (pgbackrest#2622).
        self._pgbackrest("expire", *self._store)

    def _read_from(self, peer: Mapping[str, Any], kind: str) -> bool:
        """Each other member by itself, rather than all with ``backup-standby=prefer``: so the backup can note which one it was.

        pgBackRest locks the host that it reads as well, and takes a locked one for one that is away. Here it isn't: a former
        primary whose backup is still going on holds that lock, and there are never two at once.
        """
        words = ["--backup-standby=y", f"--archive-timeout={ARCHIVE_SECONDS}", *_noted(peer["name"], info.REPLICA)]
        environment = {variable(name): str(value) for name, value in peer["settings"].items()}
        try:
            self._ask_peer(peer["settings"])
            self._pgbackrest("backup", *self._store, f"--type={kind}", *words, environment=environment)
        except BusyError:
            raise
        except BackupError as error:
            sys.stderr.write(f"not read from {peer['name']}: {error}\n")
            return False
        return True

    def _ask_peer(self, settings: Mapping[str, Any]) -> None:
        """One that takes the connection and then is silent would be waited for as long as a backup may be: half an hour."""
        words = ["--no-config", f"--io-timeout={PEER_IO_SECONDS}", f"--tls-server-port={settings['pg2-host-port']}"]
        done = self._run(["pgbackrest", *words, "server-ping", str(settings["pg2-host"])], PEER_SECONDS)
        if done.returncode:
            raise BackupError(last_line(done))

    def write_metrics(self, report: Report) -> None:
        textfile.write(Path(self._policy.metrics_file), metrics.render(report, self._policy.stanza))

    def _pgbackrest(self, command: str, *options: str, environment: Mapping[str, str] | None = None) -> None:
        words = ["pgbackrest", f"--stanza={self._policy.stanza}", *options, command]
        done = self._run(words, None, environment) if environment else self._run(words)
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
        if done.returncode == LOCKED or (done.returncode and LOCKED_THERE in done.stdout + done.stderr):
            raise BusyError("another backup is being taken")
        if done.returncode:
            raise BackupError(f"pgbackrest {command} failed: {_cause(done)}")


def _configured(directory: str) -> list[str]:
    """pgBackRest's own configuration, and what is in a directory beside it."""
    return [f"--config={Path(directory).parent / 'pgbackrest.conf'}", f"--config-include-path={directory}"]


def variable(option: str) -> str:
    """An option of pgBackRest in the environment, which is in no command line."""
    return f"PGBACKREST_{option.upper().replace('-', '_')}"


def _noted(member: str, role: str) -> list[str]:
    return [f"--annotation={info.MEMBER}={member}", f"--annotation={info.ROLE}={role}"] if member else []


def _cause(done: subprocess.CompletedProcess[str]) -> str:
    """Why a member can't be read is a warning, and the error after it only says that there is no other."""
    warnings = [line for line in (done.stdout + done.stderr).splitlines() if UNREADABLE in line]
    return info.readable(warnings[0].partition(UNREADABLE)[2].partition(": ")[2]) if warnings else last_line(done)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line]
    return info.readable((errors or lines or [f"exit status {done.returncode}"])[-1])
