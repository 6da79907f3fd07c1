# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What it takes to bring buckets to what they shall be. Protection only ever grows. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .errors import ObjectStoreError
from .models import MODES, Bucket

CREATE, VERSION, LOCK, EXPIRE = "create", "version", "lock", "expire"


@dataclass(frozen=True)
class Change:
    action: str
    bucket: Bucket
    before: Bucket | None


def plan(current: Mapping[str, Bucket], wanted: Iterable[Bucket]) -> list[Change]:
    """Changes in the order in which they are made; an error names every change that would weaken what is protected."""
    wanted = list(wanted)
    refusals = [reason for bucket in wanted for reason in _refusals(current.get(bucket.name), bucket)]
    if refusals:
        raise ObjectStoreError("; ".join(refusals))
    return [change for bucket in wanted for change in _plan(current.get(bucket.name), bucket)]


def _plan(seen: Bucket | None, bucket: Bucket) -> Iterable[Change]:
    if seen is None:
        yield Change(CREATE, bucket, None)
        seen = Bucket(bucket.name, versioning=bucket.lockable, lockable=bucket.lockable)
    if not seen.versioning:
        yield Change(VERSION, bucket, seen)
    if (seen.lock_mode, seen.lock_days) != (bucket.lock_mode, bucket.lock_days):
        yield Change(LOCK, bucket, seen)
    if seen.noncurrent_days != bucket.noncurrent_days:
        yield Change(EXPIRE, bucket, seen)


def _refusals(seen: Bucket | None, bucket: Bucket) -> Iterable[str]:
    if seen is None:
        return
    if bucket.lockable and not seen.lockable:
        yield (
            f"bucket {bucket.name} exists without Object Lock, which only a new bucket gets: "
            "name another bucket and let new backups go there"
        )
    elif MODES.index(bucket.lock_mode) < MODES.index(seen.lock_mode):
        yield f"bucket {bucket.name} is locked in {seen.lock_mode} mode, and {bucket.lock_mode} would weaken that"
    elif bucket.lock_days < seen.lock_days:
        yield (
            f"retention of bucket {bucket.name} cannot shrink from {seen.lock_days} to {bucket.lock_days} days: "
            "a lock only ever grows; for a shorter one use another bucket"
        )


def as_diff(changes: Iterable[Change]) -> dict[str, dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in changes:
        before.setdefault(change.bucket.name, _shown(change.before))
        after[change.bucket.name] = _shown(change.bucket)
    return {"before": before, "after": after}


def _shown(bucket: Bucket | None) -> dict[str, Any]:
    return {} if bucket is None else {key: value for key, value in asdict(bucket).items() if key != "name"}
