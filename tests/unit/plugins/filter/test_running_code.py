# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.filter.running_code import FilterModule

running_code = FilterModule().filters()["running_code"]

DECLARED = {"environment": "acme", "database": "acme", "facts": {"tier": "standard", "image": "new", "addons": [{"sha256": "2"}]}}


def record(**entry: object) -> dict:
    return {"environment": "acme", "slot": "green", "released": {"blue": {"image": "older", "addons": []}, "green": entry}}


def test_a_recovery_point_before_a_release_says_what_runs_and_not_what_is_declared() -> None:
    found = running_code([DECLARED, {"environment": "globex"}], [record(image="old", addons=["1"], at=1)])
    assert found == [
        {"environment": "acme", "database": "acme", "facts": {"tier": "standard", "image": "old", "addons": [{"sha256": "1"}]}},
        {"environment": "globex"},
    ]
    assert DECLARED["facts"]["image"] == "new", "what was given stays as it was"


def test_archives_that_nobody_wrote_down_are_not_guessed() -> None:
    assert running_code([DECLARED], [record(image="old", at=1)])[0]["facts"] == {"tier": "standard", "image": "old"}


def test_without_a_record_the_declaration_is_all_that_is_known() -> None:
    assert running_code([DECLARED], [{"environment": "acme", "slot": "blue", "released": {}}]) == [DECLARED]
