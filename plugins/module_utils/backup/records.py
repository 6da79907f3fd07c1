# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""When each environment's newest record was taken, as noted on the members, and whether this year's is there."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from .models import DAY, Finding, Record

# Books are closed late, and proofs, of which records are made, come by their own clock.
GRACE = 14 * DAY


def read(path: str, promised: Mapping[str, str]) -> list[Record]:
    """One for each environment whose records are kept; a note that can't be read is none."""
    try:
        noted = json.loads(Path(path).read_text(encoding="utf-8"))
        at = {str(name): int(datetime.fromisoformat(taken).timestamp()) for name, taken in noted.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        at = {}
    return [Record(name, promised[name], at.get(name, 0)) for name in sorted(promised)]


def since(day: str, now: int) -> int:
    """When this year's day began, or last year's where this year's is yet to come."""
    month, of_month = (int(part) for part in day.split("-"))
    this = datetime.fromtimestamp(now, UTC).replace(month=month, day=of_month, hour=0, minute=0, second=0, microsecond=0)
    return int((this if this.timestamp() <= now else this.replace(year=this.year - 1)).timestamp())


def due(record: Record, now: int) -> bool:
    return record.at < since(record.day, now)


def findings(records: Iterable[Record], oldest_backup: int, now: int) -> Iterable[Finding]:
    """``oldest_backup``: when it ended. Before that there was nothing to make a record of."""
    for record in records:
        if due(record, now) and now - max(since(record.day, now), oldest_backup) > GRACE:
            year = datetime.fromtimestamp(since(record.day, now), UTC).year
            text = f"no record of {record.environment} since {year}-{record.day}: run records.yml, which keeps one for years"
            yield Finding("record_overdue", text)
