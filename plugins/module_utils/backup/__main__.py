# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What the timers of a database host start: ``python3 -m backup run|report|second|attach POLICY``."""

import argparse
import json
import sys
import time
from pathlib import Path

from .errors import BackupError, BusyError
from .host import Host
from .models import INCREMENTAL, Policy, Repository
from .schedule import due
from .second import settle


def main(command: str, path: str) -> int:
    policy = _policy(path)
    host = Host(policy)
    if command in {"second", "attach"}:
        done = settle(policy, host, at_once=command == "attach")
        sys.stdout.write(f"{done}\n" if done else "")
        return 0
    if command == "run" and not _backed_up(policy, host):
        return 0
    report = host.report(int(time.time()))
    host.write_metrics(report)
    for finding in report.findings:
        sys.stderr.write(f"{finding.code}: {finding.text}\n")
    return 0 if report.ok else 1


def _policy(path: str) -> Policy:
    try:
        return Policy.of(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BackupError(f"the policy {path} can't be read: {error}; the role backup_agent writes it") from error


def _backed_up(policy: Policy, host: Host) -> bool:
    """Whether there is something to report: a backup was taken, or what is due can't be known."""
    archiving = host.archiving()
    if archiving is None or archiving.replica:
        sys.stdout.write("not the primary: nothing to do here\n")
        return False
    report = host.report(int(time.time()))
    stores = [(host, policy, report.repository, "archive_gap")]
    if report.second and report.attached and host.second:
        stores.append((host.second, policy.of_second(), report.second, "second_archive_gap"))
    gaps = {finding.code for finding in report.findings}
    done, errors = [], []
    for store in stores:
        try:
            done.append(_backed_up_to(*store, gaps, report.at, archiving.current))
        except BackupError as error:
            errors.append(str(error))  # The other store gets its backup all the same.
    if errors:
        raise BackupError("; ".join(errors))
    return any(done)


def _backed_up_to(host: Host, policy: Policy, seen: Repository, gap: str, findings: set[str], now: int, current: str) -> bool:
    if not seen.reachable:
        return True  # What is due can't be known; the report that follows says why.
    kind = due(policy, seen.backups, now, current)
    if kind is None and gap in findings:
        kind = INCREMENTAL  # Moments after the gap can't be restored before there is a new backup.
    if kind is None:
        sys.stdout.write("no backup is due\n")
        return False
    try:
        host.backup(kind)
    except BusyError as busy:
        sys.stdout.write(f"{busy}: nothing to do here\n")
        return False
    return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="backup", description="Back up where that is due, and report.")
    parser.add_argument("command", choices=["run", "report", "second", "attach"])
    parser.add_argument("policy")
    words = parser.parse_args()
    try:
        status = main(words.command, words.policy)
    except (BackupError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        status = 2
    raise SystemExit(status)
