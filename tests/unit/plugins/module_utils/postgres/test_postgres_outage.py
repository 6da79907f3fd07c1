# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.outage import Write, summarise


def at(*times, error=""):
    return [Write(time, time + 0.1, error) for time in times]


@pytest.mark.parametrize(
    ("writes", "outage", "errors"),
    [
        ([], 0, 0),
        (at(0, 1, 2, 3), 0, 0),
        (at(0, 1, 5, 6), 3, 0),
        ([*at(0, 1), *at(2, 3, error="gone"), *at(4)], 2, 2),
        (at(0, 1, 2, error="gone"), 1.1, 3),
        ([*at(0), *at(1, 2, 3, error="gone")], 2, 3),
        ([*at(0), Write(1, 9)], 7.9, 0),
    ],
)
def test_the_outage_is_the_longest_time_without_a_write(writes, outage, errors):
    found = summarise(writes, 1)
    assert (found["outage"], found["errors"]) == (pytest.approx(outage), errors)


def test_the_first_error_and_the_usual_time_are_told():
    found = summarise([*at(0), Write(1, 2, "first"), Write(2, 3, "second"), *at(4)], 1)
    assert (found["first_error"], found["median"], found["writes"]) == ("first", 0.1, 2)
