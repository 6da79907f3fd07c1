# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Which moments can be restored, from which backup, and whether a given one can be restored here. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from .errors import BackupError
from .models import Backup, Repository

_LSN = re.compile(r"([0-9A-F]{1,8})/([0-9A-F]{1,8})")
# Beside the files there is the write-ahead log that is replayed, which PostgreSQL removes at its checkpoints.
HEADROOM, LOG_BYTES = 1.1, 512 * 2**20


@dataclass(frozen=True)
class Target:
    """A moment: a time or a position in the log, or neither, which is the latest. 0: whatever timeline is the latest."""

    time: float | None = None
    lsn: str = ""
    timeline: int = 0

    @classmethod
    def of(cls, time: str, lsn: str, timeline: int) -> Target:
        if time and lsn:
            raise BackupError(f"the time {time} and the position {lsn} both name a moment: give one of them")
        if lsn:
            position(lsn)
        return cls(moment(time) if time else None, lsn, timeline)


@dataclass(frozen=True)
class Window:
    """``backup`` is the one to begin with; ``refusals`` say why nothing can be begun with."""

    oldest: str
    backup: Backup | None
    needed: int
    refusals: tuple[str, ...]


def moment(text: str) -> float:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise BackupError(f"{text!r} is no time: write it like 2026-11-22 08:00:00+00:00") from error
    if read.tzinfo is None:
        raise BackupError(f"{text!r} could be any of 24 moments: add the zone, such as {text}+00:00 for UTC")
    return read.timestamp()


def position(lsn: str) -> int:
    found = _LSN.fullmatch(lsn)
    if not found:
        raise BackupError(f"{lsn!r} is no position in a write-ahead log: it looks like 0/5000090")
    return (int(found[1], 16) << 32) + int(found[2], 16)


def window(repository: Repository, target: Target, now: float, free: int) -> Window:
    """``free``: bytes where it would be restored to."""
    sound = [backup for backup in repository.backups if not backup.damaged and backup.lsn]
    oldest = utc(min((backup.stopped for backup in sound), default=0)) if sound else ""
    usable = [backup for backup in sound if _before(backup, target)]
    backup = max(usable, key=lambda item: item.stopped, default=None)
    needed = int(backup.size * HEADROOM) + LOG_BYTES if backup else 0
    return Window(oldest, backup, needed, tuple(_refusals(repository, target, now, free, oldest, backup, needed)))


def _before(backup: Backup, target: Target) -> bool:
    """Only what a backup ended before can be reached from it, and only along its own timeline's future."""
    if target.timeline and int(backup.segment[:8] or "0", 16) > target.timeline:
        return False
    if target.lsn:
        return position(backup.lsn) <= position(target.lsn)
    return target.time is None or backup.stopped < target.time


def _refusals(
    repository: Repository, target: Target, now: float, free: int, oldest: str, backup: Backup | None, needed: int
) -> Iterable[str]:
    if not repository.reachable:
        yield f"{repository.message}. Are passphrase, restorer's key and bucket those of the backups?"
        return
    if not oldest:
        yield f"the store has no sound backup under this stanza: {repository.message}"
        return
    if target.time is not None and target.time > now:
        yield f"{utc(target.time)} hasn't been yet: it is {utc(now)}"
    elif backup is None:
        yield f"{_name(target)} is before the oldest backup that can lead there: moments from {oldest} on can be restored"
    if backup and needed > free:
        yield (
            f"restoring {backup.label} takes up to {_mib(needed)} MiB, and there are {_mib(free)} MiB: make room, or restore on "
            "another host"
        )


def _name(target: Target) -> str:
    what = utc(target.time) if target.time is not None else f"position {target.lsn}"
    return f"{what} on timeline {target.timeline}" if target.timeline else what


def utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mib(size: int) -> int:
    return size // 2**20
