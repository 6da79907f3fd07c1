# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A finance record: what of an environment is kept for years, and all that it takes to read it then. Pure.

A recovery point can be restored while pgBackRest keeps its backups, onto the same release of PostgreSQL on the same kind of
machine. A record is a dump, which later releases and other machines read, made from a database that was restored and proven,
with each file that it names.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import document
from .errors import ProofError
from .record import check_name

FORMAT = 1


@dataclass(frozen=True)
class FinanceRecord:
    """Kept in the store as JSON, unencrypted: so it holds digests of figures rather than figures, and no secret."""

    name: str
    environment: str
    database: str
    # The moment that it shows, when it was written, and the day until which it is to be kept: ISO 8601, UTC.
    time: str
    taken: str
    keep_until: str
    # The recovery point that was restored for it, and the digest of what the store has of that.
    point: str
    point_sha256: str
    figures_sha256: str
    # Of the dump before it was encrypted: bytes and sha256.
    dump: dict[str, Any]
    # How many files are with it.
    files: int
    postgres_version: str
    # Name and whether it passed; what was seen is in the certificate, which lies encrypted beside the dump.
    checks: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        check_name(self.name)
        check_name(self.environment)

    @property
    def key(self) -> str:
        return key(self.environment, self.name)

    def serialise(self) -> bytes:
        return document.serialise(self)


def key(environment: str, name: str) -> str:
    """What is listed; contents are apart, so that listing records isn't listing every file."""
    return f"records/{environment}/{name}.json"


def keep_until(taken: datetime, years: int) -> str:
    """The same day so many years later; of 29 February the day after."""
    if years < 1:
        raise ProofError(f"a record is kept for a year or more, not for {years}")
    try:
        last = taken.replace(year=taken.year + years)
    except ValueError:
        last = taken.replace(year=taken.year + years, month=3, day=1)
    return last.strftime("%Y-%m-%d")


def parse(content: bytes) -> FinanceRecord:
    return document.parse(content, FinanceRecord, FORMAT, "finance record")
