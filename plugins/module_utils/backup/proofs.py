# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""When each environment was last proven to come back, as noted on the members, and whether that is recent enough."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from .models import DAY, HOUR, Finding, Proof

# A proof runs for a while, and waits for its turn: it is due so much before it is late, and late so much after that.
AHEAD, GRACE = DAY // 2, DAY // 2


def read(directory: str, promised: Mapping[str, int]) -> list[Proof]:
    """One for each environment to which proofs are promised; a note that can't be read is none."""
    return [_read(Path(directory) / f"{name}.json", name, promised[name]) for name in sorted(promised)]


def _read(path: Path, environment: str, every_days: int) -> Proof:
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
        return Proof(environment, every_days, int(datetime.fromisoformat(noted["at"]).timestamp()), bool(noted["passed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Proof(environment, every_days)


def due(proof: Proof, now: int) -> bool:
    """One that failed is repeated."""
    return not proof.passed or now - proof.at >= proof.every_days * DAY - AHEAD


def findings(proofs: Iterable[Proof], oldest_backup: int, now: int) -> Iterable[Finding]:
    """``oldest_backup``: when it ended. Before that nobody could have proven anything."""
    for proof in proofs:
        who, ago = proof.environment, f"{(now - proof.at) // HOUR} hours ago"
        if proof.at and not proof.passed:
            yield Finding("proof_failed", f"{who} didn't come back as it should when that was tried {ago}: read its certificate")
        since = proof.at if proof.passed else oldest_backup
        if now - since > proof.every_days * DAY + GRACE:
            seen = f"was last proven to come back {ago}" if proof.passed else "was never proven to come back"
            yield Finding("proof_overdue", f"{who} {seen}, and should be every {proof.every_days} days: run restore_verify.yml")
