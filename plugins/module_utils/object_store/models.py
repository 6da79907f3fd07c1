# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Buckets as wanted and as seen. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ObjectStoreError

NONE, GOVERNANCE, COMPLIANCE = "none", "governance", "compliance"
MODES = (NONE, GOVERNANCE, COMPLIANCE)
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Bucket:
    """A versioned bucket. ``lock_days`` is how long each version of an object can't be deleted, by default."""

    name: str
    versioning: bool = True
    lockable: bool = False
    lock_mode: str = NONE
    lock_days: int = 0
    # Days after which versions that were replaced or deleted are removed for good; 0: never.
    noncurrent_days: int = 0


def parse_buckets(items: Iterable[Mapping[str, Any]]) -> list[Bucket]:
    """All wanted buckets, or one error that lists every problem."""
    problems: list[str] = []
    buckets: list[Bucket] = []
    for item in items:
        bucket = Bucket(
            name=str(item["name"]),
            lockable=item["lock_mode"] != NONE,
            lock_mode=str(item["lock_mode"]),
            lock_days=int(item["lock_days"]),
            noncurrent_days=int(item["noncurrent_days"]),
        )
        found = list(_problems(bucket))
        if any(other.name == bucket.name for other in buckets):
            found.append("is listed twice")
        problems += [f"bucket {bucket.name!r} {problem}" for problem in found]
        buckets.append(bucket)
    if problems:
        raise ObjectStoreError("; ".join(problems))
    return buckets


def _problems(bucket: Bucket) -> Iterable[str]:
    if not _NAME.fullmatch(bucket.name) or ".." in bucket.name:
        yield "has an impossible name: allowed are 3 to 63 lower-case letters, digits, '.' and '-'"
    if bucket.lock_mode == NONE and bucket.lock_days:
        yield f"has lock_days {bucket.lock_days} without a lock: set lock_mode to governance or compliance"
    if bucket.lock_mode != NONE and bucket.lock_days < 1:
        yield f"has lock_mode {bucket.lock_mode} for no time: set lock_days to 1 or more"
    if 0 < bucket.noncurrent_days < bucket.lock_days:
        yield (
            f"would remove old versions after {bucket.noncurrent_days} days, and they are locked for {bucket.lock_days}: "
            "raise noncurrent_days"
        )
