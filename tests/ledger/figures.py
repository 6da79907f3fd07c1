# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures from measurements. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """A time without success: when it began, and for how many seconds it lasted."""

    start: float
    seconds: float


def longest_gap(successes: Iterable[float], start: float, end: float) -> Gap:
    """The longest time between two successes that touches start..end.

    A gap that had begun before `start` counts from its beginning, so a fault can't hide in the moment of injection. One that no
    success has ended lasts until `end`. Without any success at or before `start` the first gap begins at `start`.
    """
    times = sorted(time for time in successes if time <= end)
    before = [time for time in times if time <= start]
    previous = before[-1] if before else start
    longest = Gap(previous, 0.0)
    for time in [*(time for time in times if time > start), end]:
        if time - previous > longest.seconds:
            longest = Gap(previous, time - previous)
        previous = time
    return longest


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value that at least `share` (0 to 1) of all values don't exceed."""
    if not values:
        raise ValueError("there is no percentile of nothing")
    if not 0 <= share <= 1:
        raise ValueError(f"a share is between 0 and 1, not {share}")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
