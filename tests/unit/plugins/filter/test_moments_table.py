# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.filter.moments_table import FilterModule

moments_table = FilterModule().filters()["moments_table"]


def point(environment: str, name: str, time: str, tampered: bool = False) -> dict:
    return {"environment": environment, "name": name, "time": time, "delay": 0.84, "tampered": tampered}


POINTS = [
    point("globex_prod", "verify-1", "2026-11-22T08:00:00.000000Z"),
    point("acme_prod", "before-release-42", "2026-11-22T08:00:00.000000Z"),
    point("acme_prod", "verify-2", "2026-11-22T09:00:00.000000Z", tampered=True),
    point("acme_prod", "long-ago", "2026-01-01T00:00:00.000000Z"),
]


def test_environments_stand_together_and_their_newest_moment_comes_first() -> None:
    assert moments_table(POINTS, "2026-11-21T00:00:00Z") == [
        "environment  recovery point     moment                       on its way  in the store",
        "acme_prod    verify-2           2026-11-22T09:00:00.000000Z  0.8 s       altered since, the first record counts",
        "acme_prod    before-release-42  2026-11-22T08:00:00.000000Z  0.8 s       as it was written",
        "globex_prod  verify-1           2026-11-22T08:00:00.000000Z  0.8 s       as it was written",
    ]


def test_what_lies_before_the_oldest_backup_is_not_offered() -> None:
    assert "long-ago" not in "".join(moments_table(POINTS, "2026-11-21T00:00:00Z"))
    assert "long-ago" in "".join(moments_table(POINTS, "2025-12-31T00:00:00Z"))


def test_a_store_without_a_sound_backup_offers_nothing() -> None:
    assert len(moments_table(POINTS, "")) == 1
