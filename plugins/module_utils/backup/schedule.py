# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Which backup is due. A timer asks often; the store, which all members of a cluster share, says what there is already. Pure.

So a backup that was missed is made up for, one that another member took isn't taken again after a failover, and nothing is
kept on a host that could be lost with it.
"""

from collections.abc import Iterable

from . import wal
from .models import DIFFERENTIAL, FULL, HOUR, INCREMENTAL, Backup, Policy


def due(policy: Policy, backups: Iterable[Backup], now: int, current: str = "") -> str | None:
    """The kind of backup to take now, or nothing. One with damaged pages doesn't count.

    An incremental backup needs each one back to the last full one, a differential one only that: these keep chains short.

    ``current`` is the segment that PostgreSQL writes. On a new timeline a backup is due at once: after a cluster was set back,
    those of the timeline before may be of a future that it has left.
    """
    sound = [backup for backup in backups if not backup.damaged]
    full = max((backup.started for backup in sound if backup.kind == FULL), default=None)
    if full is None or now - full >= policy.full_every_hours * HOUR:
        return FULL
    apart = max(backup.started for backup in sound if backup.kind != INCREMENTAL)
    if policy.differential_every_hours and now - apart >= policy.differential_every_hours * HOUR:
        return DIFFERENTIAL
    latest = max(backup.started for backup in sound)
    if policy.incremental_every_hours and now - latest >= policy.incremental_every_hours * HOUR:
        return INCREMENTAL
    newest = max(sound, key=lambda backup: backup.started).segment
    return INCREMENTAL if newest and newest[: wal.TIMELINE] < current[: wal.TIMELINE] else None


def lock_days(retention_days: int, full_every_hours: int) -> int:
    """How long the store must lock each object so that nothing which a kept recovery point needs can be deleted.

    The oldest recovery point that is kept needs the full backup before it, which is older by up to one interval.
    """
    return retention_days + -(-full_every_hours // 24) + 1
