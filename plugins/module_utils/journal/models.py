# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What the receiver of journals was told, and what it has."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from .errors import JournalError

DAY = 86400
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Policy:
    senders: tuple[str, ...]
    directory: str
    silent_seconds: int
    retention_days: int
    sender_megabytes: int
    metrics_file: str = ""

    @classmethod
    def of(cls, words: Mapping[str, Any]) -> Policy:
        unknown = set(words) - {field.name for field in fields(cls)}
        if unknown:
            raise JournalError(f"the policy has unknown keys: {', '.join(sorted(unknown))}; the role journal writes it")
        return cls(**{**words, "senders": tuple(words["senders"])})


@dataclass(frozen=True)
class File:
    """A journal as the receiver's clock and disk know it: nothing here is taken from what was sent."""

    sender: str
    name: str
    written: float
    size: int

    @property
    def closed(self) -> bool:
        """Nothing is added to it any more."""
        return self.name != f"{self.sender}.journal"


@dataclass(frozen=True)
class Sender:
    name: str
    # When something last came; 0: nothing ever did.
    last: float
    # Until when the oldest file goes that is kept.
    oldest: float
    size: int
    files: int


@dataclass(frozen=True)
class Finding:
    code: str
    sender: str
    text: str


@dataclass(frozen=True)
class Report:
    at: float
    senders: tuple[Sender, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings
