# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A recovery point: all that it takes to bring an environment back to one moment, from the store alone. Pure."""

import re
from dataclasses import dataclass, field
from typing import Any

from . import document
from .errors import ProofError

FORMAT = 1
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,49}")


@dataclass(frozen=True)
class RecoveryPoint:
    """Kept in the store as JSON, unencrypted: so it holds digests of figures rather than figures, and no secret."""

    name: str
    environment: str
    # ISO 8601, UTC.
    time: str
    stanza: str
    database: str
    lsn: str
    segment: str
    timeline: int
    system_identifier: str
    postgres_version: str
    figures_sha256: str
    # Whether nothing was committed between the figures and the moment: only then must a restored database have the same.
    exact: bool
    # What the caller knows: image by digest, modules, configuration's hash, filestore, versions of tools.
    facts: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    def __post_init__(self) -> None:
        check_name(self.name)
        check_name(self.environment)

    @property
    def key(self) -> str:
        return key(self.environment, self.name)

    def serialise(self) -> bytes:
        return document.serialise(self)


def check_name(word: str) -> None:
    """Names become part of a statement and of a path."""
    if not _NAME.fullmatch(word):
        raise ProofError(f"{word!r} can't name a recovery point or its environment: use up to 50 of a-z, 0-9, '_', '.' and '-'")


def key(environment: str, name: str) -> str:
    return f"recovery-points/{environment}/{name}.json"


def parse(content: bytes) -> RecoveryPoint:
    return document.parse(content, RecoveryPoint, FORMAT, "recovery point")
