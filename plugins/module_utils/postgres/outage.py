# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a series of writes says about an outage. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Write:
    """One attempt: when it began and ended, in seconds, and what went wrong, if anything did."""

    began: float
    ended: float
    error: str = ""


def summarise(writes: Sequence[Write], interval: float) -> dict[str, Any]:
    """The outage is the longest time without a successful write, less the time that lies between two writes anyway."""
    good = [write for write in writes if not write.error]
    errors = [write.error for write in writes if write.error]
    edges = [writes[0].began, *(write.ended for write in good), writes[-1].ended] if writes else []
    gaps = [later - earlier for earlier, later in pairwise(edges)]
    return {
        "writes": len(good),
        "errors": len(errors),
        "first_error": errors[0] if errors else None,
        "outage": round(max(0.0, max(gaps, default=0.0) - interval), 3),
        "median": round(median(write.ended - write.began for write in good), 4) if good else None,
    }
