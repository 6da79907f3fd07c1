# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.backup.models import (
    DIFFERENTIAL,
    FULL,
    HOUR,
    INCREMENTAL,
    Backup,
    Policy,
)
from ansible_collections.tierline.erp.plugins.module_utils.backup.schedule import due, lock_days
from hypothesis import given
from hypothesis import strategies as st

DAILY = Policy("main", 24, 6, 60)


def backup(kind: str, started: int, damaged: bool = False) -> Backup:
    return Backup(f"{started}{kind[0]}", kind, started, started + 60, damaged=damaged)


def test_the_first_backup_is_a_full_one() -> None:
    assert due(DAILY, [], 0) == FULL


def test_between_full_backups_come_incremental_ones() -> None:
    taken = [backup(FULL, 0)]
    assert due(DAILY, taken, 5 * HOUR) is None
    assert due(DAILY, taken, 6 * HOUR) == INCREMENTAL
    assert due(DAILY, [*taken, backup(INCREMENTAL, 6 * HOUR)], 11 * HOUR) is None
    assert due(DAILY, taken, 24 * HOUR) == FULL


def test_differential_backups_keep_chains_short() -> None:
    weekly = Policy("main", 168, 6, 60, differential_every_hours=24)
    taken = [backup(FULL, 0), *(backup(INCREMENTAL, hours * HOUR) for hours in (6, 12, 18))]
    assert due(weekly, taken, 23 * HOUR) is None
    assert due(weekly, taken, 24 * HOUR) == DIFFERENTIAL
    taken.append(backup(DIFFERENTIAL, 24 * HOUR))
    assert due(weekly, taken, 30 * HOUR) == INCREMENTAL
    assert due(weekly, taken, 168 * HOUR) == FULL


def test_without_incremental_backups() -> None:
    assert due(Policy("main", 24, 0, 60), [backup(FULL, 0)], 23 * HOUR) is None


def test_a_damaged_backup_does_not_count() -> None:
    assert due(DAILY, [backup(FULL, 0, damaged=True)], HOUR) == FULL


@given(full=st.integers(1, 400), incremental=st.integers(0, 400), gap=st.integers(1, 90))
def test_by_the_clock_no_interval_is_ever_exceeded_by_more_than_the_timer(full: int, incremental: int, gap: int) -> None:
    """A timer that asks every so many minutes, for ten intervals."""
    policy = Policy("main", full, incremental, 60)
    taken: list[Backup] = []
    for now in range(0, 10 * full * HOUR, max(gap * 60, full * HOUR // 200)):
        if kind := due(policy, taken, now):
            taken.append(backup(kind, now))
    step = max(gap * 60, full * HOUR // 200)
    starts = [item.started for item in taken if item.kind == FULL]
    assert starts[0] == 0
    assert all(full * HOUR <= b - a <= full * HOUR + step for a, b in itertools.pairwise(starts))


@given(days=st.integers(1, 4000), hours=st.integers(1, 800))
def test_the_lock_outlives_what_a_kept_recovery_point_needs(days: int, hours: int) -> None:
    assert lock_days(days, hours) * 24 >= days * 24 + hours


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        ("", None),
        ("000000020000000000000009", None),
        ("000000030000000000000009", INCREMENTAL),
        # In hexadecimal, as names of segments are.
        ("0000000A0000000000000009", INCREMENTAL),
    ],
)
def test_a_new_timeline_needs_a_backup_of_its_own(current: str, expected: str | None) -> None:
    taken = [Backup("f", FULL, 0, 0, segment="000000020000000000000003")]
    assert due(Policy("main", 24, 0, 60), taken, HOUR, current) == expected
    unknown = [Backup("f", FULL, 0, 0)]
    assert due(Policy("main", 24, 0, 60), unknown, HOUR, current) is None
