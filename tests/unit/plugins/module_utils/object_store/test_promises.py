# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store.models import COMPLIANCE, GOVERNANCE, Bucket
from ansible_collections.tierline.erp.plugins.module_utils.object_store.promises import broken

PROMISED = Bucket("b-1", lockable=True, lock_mode=COMPLIANCE, lock_days=30, noncurrent_days=40)


@pytest.mark.parametrize(
    "seen", [PROMISED, replace(PROMISED, lock_days=31, noncurrent_days=41), replace(PROMISED, noncurrent_days=0)]
)
def test_as_much_or_more_is_well(seen: Bucket) -> None:
    assert broken({"b-1": seen}, [PROMISED]) == []


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (replace(PROMISED, versioning=False), "isn't versioned"),
        (replace(PROMISED, lock_mode=GOVERNANCE), "locks what is written in mode governance, and compliance was promised"),
        (Bucket("b-1", noncurrent_days=40), "locks what is written in mode none, and compliance was promised"),
        (replace(PROMISED, lock_days=29), "locks what is written for 29 days, and 30 were promised"),
        (replace(PROMISED, noncurrent_days=39), "removes old versions after 39 days, and 40 were promised"),
    ],
)
def test_less_is_told(seen: Bucket, line: str) -> None:
    (told,) = broken({"b-1": seen}, [PROMISED])
    assert told.startswith(f"bucket b-1 {line}")


def test_everything_is_told_of_every_bucket() -> None:
    seen = {"b-1": replace(PROMISED, versioning=False, lock_days=1)}
    assert len(broken(seen, [PROMISED, replace(PROMISED, name="b-2")])) == 3
    assert broken(seen, [replace(PROMISED, name="b-2")]) == ["bucket b-2 doesn't exist"]


def test_where_nothing_is_promised_a_version_is_still_kept() -> None:
    plain = Bucket("b-1")
    assert broken({"b-1": plain}, [plain]) == []
    assert len(broken({"b-1": replace(plain, versioning=False)}, [plain])) == 1
