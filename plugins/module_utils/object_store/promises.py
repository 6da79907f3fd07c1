# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Where buckets protect less than was promised. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from .models import MODES, Bucket


def broken(seen: Mapping[str, Bucket], promised: Iterable[Bucket]) -> list[str]:
    """One line for each promise that a bucket doesn't keep, with the bucket's name. More than was promised is well."""
    return [f"bucket {bucket.name} {line}" for bucket in promised for line in _broken(seen.get(bucket.name), bucket)]


def _broken(seen: Bucket | None, promised: Bucket) -> Iterator[str]:
    if seen is None:
        yield "doesn't exist"
        return
    if not seen.versioning:
        yield "isn't versioned: what is overwritten there is lost"
    if MODES.index(seen.lock_mode) < MODES.index(promised.lock_mode):
        yield f"locks what is written in mode {seen.lock_mode}, and {promised.lock_mode} was promised"
    elif seen.lock_days < promised.lock_days:
        yield f"locks what is written for {seen.lock_days} days, and {promised.lock_days} were promised"
    if 0 < seen.noncurrent_days < promised.noncurrent_days:
        yield f"removes old versions after {seen.noncurrent_days} days, and {promised.noncurrent_days} were promised"
