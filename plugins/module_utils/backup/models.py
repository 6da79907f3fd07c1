# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What backups are to be, and what is seen of them. Times are seconds since 1970, in UTC. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from .errors import BackupError

FULL, DIFFERENTIAL, INCREMENTAL = "full", "diff", "incr"
HOUR, DAY = 3600, 86400
SECOND_WORDS = {"directory", "link", "full_every_hours", "incremental_every_hours"}


@dataclass(frozen=True)
class Policy:
    """How often, and how much may be lost. Everything that the program on a host is told."""

    stanza: str
    full_every_hours: int
    # 0: full backups only.
    incremental_every_hours: int
    # The longest that a committed transaction may wait for the store; 0: nothing is archived.
    archive_seconds: int
    # Those between full ones that need nothing but the last of these; 0: none.
    differential_every_hours: int = 0
    port: int = 5432
    user: str = "backup"
    socket_dir: str = "/var/run/postgresql"
    metrics_file: str = ""
    # Environments, and days between two proofs that each comes back; the proof notes itself in the directory.
    proofs: Mapping[str, int] = field(default_factory=dict)
    proofs_dir: str = "/var/lib/tierline/proofs"
    # Environments, and the day of the year, MM-DD, from which that year's record is due; the file notes when each was taken last.
    records: Mapping[str, str] = field(default_factory=dict)
    records_file: str = "/var/lib/tierline/records.json"
    # This member, and the others that a backup may be read from, in this order: the name of each, and how pgBackRest reaches it.
    member: str = ""
    peers: Sequence[Mapping[str, Any]] = ()
    # Of the second store: full_every_hours, incremental_every_hours, and ``directory`` and ``link`` of its part of pgBackRest's
    # configuration; without them there is none.
    second: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Policy:
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise BackupError(f"the policy has unknown settings: {', '.join(unknown)}")
        policy = cls(**values)
        if policy.full_every_hours < 1:
            raise BackupError(f"full_every_hours is {policy.full_every_hours}: it takes 1 or more")
        if any(days < 1 for days in policy.proofs.values()):
            raise BackupError("proofs takes 1 or more days for each environment")
        if wrong := sorted(name for name, on in policy.records.items() if not _is_day(on)):
            raise BackupError(f"records takes a day of the year, MM-DD, which every year has: {', '.join(wrong)}")
        if any(not {"name", "settings"} <= set(peer) for peer in policy.peers):
            raise BackupError("peers takes name and settings of each")
        if policy.second and set(policy.second) != SECOND_WORDS:
            raise BackupError(f"second takes {', '.join(sorted(SECOND_WORDS))}")
        if min(policy.differential_every_hours, policy.incremental_every_hours, policy.archive_seconds) < 0:
            raise BackupError("differential_every_hours, incremental_every_hours and archive_seconds take 0 or more")
        return policy

    def of_second(self) -> Policy:
        """What is promised of the second store, in the words for the first."""
        full, incremental = (int(self.second[f"{kind}_every_hours"]) for kind in ("full", "incremental"))
        return replace(self, full_every_hours=full, incremental_every_hours=incremental, differential_every_hours=0)


def _is_day(text: str) -> bool:
    """Of any year, leap years or not."""
    try:
        datetime.strptime(f"2001-{text}", "%Y-%m-%d")
    except (ValueError, TypeError):
        return False
    return True


@dataclass(frozen=True)
class Backup:
    label: str
    kind: str
    started: int
    stopped: int
    # Of the database, and what it added to the store.
    size: int = 0
    stored: int = 0
    # Pages whose checksum was wrong while they were copied.
    damaged: bool = False
    lsn: str = ""
    # The last segment of the write-ahead log that it needs.
    segment: str = ""
    # The member whose files it is of, and whether that was a replica then; empty where it wasn't noted.
    member: str = ""
    replica: bool = False


@dataclass(frozen=True)
class Repository:
    """What the store has of one stanza."""

    code: int
    message: str
    backups: tuple[Backup, ...] = ()
    # The last segment of the write-ahead log that arrived.
    last_segment: str = ""
    # Directory of the newest archive, and segments that it lacks since the last backup.
    archive: str = ""
    missing: tuple[str, ...] = ()
    busy: bool = False
    # Otherwise the message says why, and nothing else here means anything.
    reachable: bool = True

    def last(self, *kinds: str) -> Backup | None:
        found = [backup for backup in self.backups if not kinds or backup.kind in kinds]
        return max(found, key=lambda backup: backup.stopped, default=None)


@dataclass(frozen=True)
class Archiving:
    """What PostgreSQL says of its write-ahead log. A replica archives nothing."""

    now: int
    replica: bool = False
    # The segment being written, the last one that was archived and when, and when archiving last failed.
    current: str = ""
    archived: str = ""
    archived_at: int = 0
    failed_at: int = 0


@dataclass(frozen=True)
class Proof:
    """The last time that an environment was restored to see whether it comes back. ``at`` 0: never."""

    environment: str
    every_days: int
    at: int = 0
    passed: bool = False


@dataclass(frozen=True)
class Record:
    """What is kept of an environment for years, one a year. ``at`` 0: none was taken yet."""

    environment: str
    # MM-DD, from which each year's is due.
    day: str
    at: int = 0


@dataclass(frozen=True)
class Finding:
    code: str
    text: str


@dataclass(frozen=True)
class Report:
    """The verdict on one stanza."""

    at: int
    repository: Repository
    archiving: Archiving | None
    pending_segments: int
    findings: tuple[Finding, ...] = field(default=())
    proofs: tuple[Proof, ...] = field(default=())
    records: tuple[Record, ...] = field(default=())
    # What the second store has, where there is one, and whether the write-ahead log goes there now.
    second: Repository | None = None
    attached: bool = False

    @property
    def ok(self) -> bool:
        return not self.findings
