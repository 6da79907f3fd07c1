# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import ObjectStoreError
from ansible_collections.tierline.erp.plugins.module_utils.object_store.models import MODES, NONE, Bucket, parse_buckets
from ansible_collections.tierline.erp.plugins.module_utils.object_store.plan import as_diff, plan
from hypothesis import given
from hypothesis import strategies as st


def item(**words: object) -> dict[str, object]:
    return {"name": "main-database", "lock_mode": "none", "lock_days": 0, "noncurrent_days": 0, **words}


LOCKED = Bucket("main-database", lockable=True, lock_mode="compliance", lock_days=30, noncurrent_days=40)


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        ({"name": "Main"}, "impossible name"),
        ({"name": "a..b"}, "impossible name"),
        ({"lock_days": 3}, "without a lock"),
        ({"lock_mode": "compliance"}, "for no time"),
        ({"lock_mode": "compliance", "lock_days": 9, "noncurrent_days": 5}, "raise noncurrent_days"),
    ],
)
def test_refuses_buckets_that_make_no_sense(words: dict[str, object], needle: str) -> None:
    with pytest.raises(ObjectStoreError, match=needle):
        parse_buckets([item(**words)])


def test_refuses_a_bucket_twice() -> None:
    with pytest.raises(ObjectStoreError, match="listed twice"):
        parse_buckets([item(), item()])


def test_a_new_bucket_is_made_lockable_then_locked() -> None:
    assert [change.action for change in plan({}, [LOCKED])] == ["create", "lock", "expire"]


def test_a_new_bucket_without_lock_is_versioned_all_the_same() -> None:
    assert [change.action for change in plan({}, parse_buckets([item()]))] == ["create", "version"]


def test_nothing_to_do() -> None:
    assert plan({LOCKED.name: LOCKED}, [LOCKED]) == []


@pytest.mark.parametrize(
    ("seen", "wanted", "needle"),
    [
        (LOCKED, Bucket("main-database", lockable=True, lock_mode="compliance", lock_days=29), "cannot shrink from 30 to 29"),
        (LOCKED, Bucket("main-database", lockable=True, lock_mode="governance", lock_days=30), "would weaken"),
        (LOCKED, Bucket("main-database"), "would weaken"),
        (Bucket("main-database"), LOCKED, "exists without Object Lock"),
    ],
)
def test_protection_never_shrinks(seen: Bucket, wanted: Bucket, needle: str) -> None:
    with pytest.raises(ObjectStoreError, match=needle):
        plan({seen.name: seen}, [wanted])


def test_the_diff_shows_before_and_after() -> None:
    diff = as_diff(plan({}, [LOCKED]))
    assert diff["before"] == {"main-database": {}}
    assert diff["after"]["main-database"]["lock_days"] == 30


BUCKETS = st.builds(
    lambda mode, days, more: Bucket(
        "a-bucket",
        lockable=mode != NONE,
        lock_mode=mode,
        lock_days=days if mode != NONE else 0,
        noncurrent_days=days + more if more else 0,
    ),
    st.sampled_from(MODES),
    st.integers(1, 400),
    st.integers(0, 30),
)


@given(seen=BUCKETS, wanted=BUCKETS)
def test_whatever_is_planned_protects_as_much_as_before_or_is_refused(seen: Bucket, wanted: Bucket) -> None:
    weaker = (MODES.index(wanted.lock_mode), wanted.lock_days) < (MODES.index(seen.lock_mode), seen.lock_days)
    try:
        changes = plan({seen.name: seen}, [wanted])
    except ObjectStoreError:
        assert weaker or wanted.lock_days < seen.lock_days or (wanted.lockable and not seen.lockable)
        return
    assert wanted.lock_days >= seen.lock_days
    assert MODES.index(wanted.lock_mode) >= MODES.index(seen.lock_mode)
    assert bool(changes) == (wanted != seen)
