# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger.figures import longest_gap, percentile

STEADY = [n / 10 for n in range(100)]


def without(times, start, end):
    return [time for time in times if not start < time < end]


@pytest.mark.parametrize(
    ("successes", "start", "end", "seconds"),
    [
        (STEADY, 2.0, 9.0, 0.1),
        (without(STEADY, 3.0, 5.0), 2.0, 9.0, 2.0),
        # The fault struck while an attempt was under way: the gap began with the last success.
        (without(STEADY, 3.0, 5.0), 4.0, 9.0, 2.0),
        # Nothing came after.
        (without(STEADY, 3.0, 99.0), 2.0, 9.0, 6.0),
        # Nothing at all.
        ([], 2.0, 9.0, 7.0),
        # What happened before has no part in it, nor what came after the end.
        (without(STEADY, 1.0, 3.0), 4.0, 9.0, 0.1),
        (without(STEADY, 3.0, 8.0), 2.0, 4.0, 1.0),
    ],
)
def test_longest_gap(successes, start, end, seconds):
    assert longest_gap(successes, start, end).seconds == pytest.approx(seconds)


def test_the_gap_says_when_it_began():
    assert longest_gap(without(STEADY, 3.0, 5.0), 2.0, 9.0).start == pytest.approx(3.0)


@given(st.lists(st.floats(0, 100)), st.floats(0, 50), st.floats(50, 100))
def test_a_further_success_never_makes_it_longer(times, start, end):
    more = [*times, (start + end) / 2]
    assert longest_gap(more, start, end).seconds <= longest_gap(times, start, end).seconds + 1e-9


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.5, 5), (0.9, 9), (0.95, 10), (1, 10)])
def test_percentile(share, value):
    assert percentile([10, 1, 9, 2, 8, 3, 7, 4, 6, 5], share) == value


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 1))
def test_a_percentile_was_measured_and_is_not_exceeded_by_its_share(values, share):
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_no_percentile_of_nothing():
    with pytest.raises(ValueError, match="of nothing"):
        percentile([], 0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile([1], 95)
