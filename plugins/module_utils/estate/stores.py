# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cells ask of the stores that keep their backups: buckets with their locks, and who may do what there."""

from __future__ import annotations

from ..backup.schedule import lock_days
from . import backups
from .flows import OBJECT_STORE_PORT
from .models import Cell, Estate, Machine, Settings

# No record goes before its last day, whatever leap years there are.
DAYS_OF_YEAR = 366


def object_store(machine: Machine, estate: Estate) -> Settings:
    """Variables of the machine that runs the store."""
    cells = backups.served(machine, estate)
    identities = [identity for cell in cells for identity in _identities(cell)]
    administrator = {
        "cell": machine.cell,
        "access_key": "admin",
        "logins": ["admin", "admin-second"],
        "secrets": {"secret_key": "object_store_admin"},
    }
    return {
        "object_store_address": machine.address,
        "object_store_port": OBJECT_STORE_PORT,
        "object_store_buckets": [bucket for cell in cells for bucket in _buckets(cell)],
        "estate_object_store_identities": identities,
        "estate_object_store_admin": administrator,
        # Each secret and the two access keys that take turns in having it.
        "estate_object_store_keys": {
            f"cells/{one['cell']}/{one['secrets']['secret_key']}": one["logins"] for one in [administrator, *identities]
        },
    }


def promised(cell: Cell) -> Settings:
    """What the members of a cell look at in its stores, whoever runs these; none where no tier asks for backups."""
    if not backups.protected(cell):
        return {}
    return {
        "backup_agent_store_promised": _buckets(cell),
        "backup_agent_second_promised": [_second_bucket(cell)] if cell.second_store else [],
        # Nobody of the estate makes its buckets.
        "estate_store_given": bool(cell.store["endpoint"]),
    }


def _identities(cell: Cell) -> list[Settings]:
    """Who has a database host can't touch files, and the other way round; who restores writes nowhere."""
    databases, files = backups.bucket(cell), backups.files_bucket(cell)
    records = [backups.records_bucket(cell)] if backups.recorded(cell) else []
    return [
        _identity(cell, "writer", "writer", [databases, *records]),
        _identity(cell, "files", "writer", [files]),
        _identity(cell, "restorer", "restorer", [databases, files, *records]),
    ]


def _identity(cell: Cell, who: str, kind: str, buckets: list[str]) -> Settings:
    return {
        "cell": cell.name,
        "name": f"{backups.stanza_of(cell)}-{who}",
        "kind": kind,
        "buckets": buckets,
        "access_key": (key := backups.access_key(cell, who)),
        "logins": [key, f"{key}-second"],
        "secrets": {"secret_key": f"backup_{who}"},
    }


def _buckets(cell: Cell) -> list[Settings]:
    days = _days_of_backups(cell, min(backups.each(cell, "full_every_hours")), max(backups.each(cell, "retention_days")))
    backed_up = [_bucket(name, *days) for name in (backups.bucket(cell), backups.files_bucket(cell))]
    return [*backed_up, *([_bucket(backups.records_bucket(cell), *_days_of_records(cell))] if backups.recorded(cell) else [])]


def _second_bucket(cell: Cell) -> Settings:
    second = backups.second_store(cell)
    return _bucket(second["bucket"], *_days_of_backups(cell, second["full_every_hours"], second["retention_days"]))


def _bucket(name: str, lock_days: int, noncurrent_days: int) -> Settings:
    mode = "compliance" if lock_days else "none"
    return {"name": name, "lock_mode": mode, "lock_days": lock_days, "noncurrent_days": noncurrent_days}


def _days_of_backups(cell: Cell, full_every_hours: int, retention_days: int) -> tuple[int, int]:
    """Of the lock, and until what isn't current any more goes."""
    immutable = [e.settings["backup.immutable_days"] for e in cell.environments if e.settings["backup.immutable"]]
    locked = max((lock_days(days, full_every_hours) for days in immutable), default=0)
    # What pgBackRest has expired may be wanted again for as long as it was kept.
    return locked, max(locked, retention_days) + 1


def _days_of_records(cell: Cell) -> tuple[int, int]:
    """Of several tiers the longest time counts, and a lock where any asks for one. Nothing expires before that, either."""
    kept = DAYS_OF_YEAR * max(e.settings["backup.records_retention_years"] for e in backups.recorded(cell))
    return kept if any(e.settings["backup.immutable"] for e in backups.recorded(cell)) else 0, kept + 1
