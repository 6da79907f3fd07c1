# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a clone's record says, what is in its way, and what is refused."""

from __future__ import annotations

import json

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import clone
from ansible_collections.tierline.erp.plugins.module_utils.odoo.clone import BEGUN, PASSED, Code, Record
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError

TENANTS = {"acme_prod": "acme", "acme_staging": "acme", "globex_prod": "globex"}
BEGUN_NOW = clone.begin(Record("acme_staging"), "aa", "acme_prod", "acme_staging", "jane", 1000, 300)


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("acme_prod", "acme_prod", "can't be a clone of itself"),
        ("acme_prod", "acme_stagging", "'acme_stagging' is not one of this machine: known are acme_prod"),
        ("globex_prod", "acme_staging", "data of a tenant stays with him"),
    ],
)
def test_a_pair_that_can_not_be_is_refused(source: str, target: str, said: str) -> None:
    assert said in "".join(clone.pair_problems(source, target, TENANTS))


def test_a_pair_of_one_tenant_is_fine() -> None:
    assert clone.pair_problems("acme_prod", "acme_staging", TENANTS) == []


@pytest.mark.parametrize(
    ("runs", "said"),
    [(None, "doesn't run"), (Code("new", ()), "declared image"), (Code("odoo", ("ab",)), "declared custom modules")],
)
def test_a_database_needs_the_code_that_it_fits(runs: Code | None, said: str) -> None:
    assert said in (clone.code_problem("acme_prod", runs, Code("odoo", ())) or "")
    assert clone.code_problem("acme_prod", Code("odoo", ()), Code("odoo", ())) is None


def test_room_is_needed_with_a_reserve() -> None:
    assert clone.space_problem("it", 100, 110, 0.1) is None
    problem = clone.space_problem("it", 100_000_000, 109_000_000, 0.1)
    assert problem == "it takes 100 MB, and 110 MB with a reserve, but only 109 MB are free"


def test_another_run_waits_for_the_lease_and_no_longer() -> None:
    assert clone.in_the_way(BEGUN_NOW, "aa", 1001) is None
    assert "from 299 s on" in (clone.in_the_way(BEGUN_NOW, "bb", 1001) or "")
    assert clone.in_the_way(BEGUN_NOW, "bb", 1300) is None
    assert clone.in_the_way(Record("acme_staging"), "bb", 0) is None


def test_the_target_is_held_until_its_clone_has_ended() -> None:
    assert "not finished (begun)" in (clone.held(BEGUN_NOW) or "")
    done = clone.passed(BEGUN_NOW, {"outcome": "passed"}, False, 1100)
    assert "not finished (passed)" in (clone.held(done) or "")
    assert clone.held(clone.ended(done)[0]) is None
    assert clone.held(clone.failed(BEGUN_NOW, "why", 1100)) is None


def test_names_stay_within_what_postgresql_keeps() -> None:
    assert len(clone.kept_name("x" * 60, "5f3a9c01")) <= 63
    assert len(clone.candidate_name("x" * 60)) <= 63


def test_what_was_no_clone_is_kept_for_good_and_of_clones_the_last() -> None:
    record = Record("acme_staging")
    dropped = []
    for number, was_clone in enumerate((False, True, True)):
        record = clone.begin(record, f"c{number}", "acme_prod", "acme_staging", "jane", 1000, 300)
        record, old = clone.ended(clone.passed(record, {}, was_clone, 1100))
        dropped += old
    assert dropped == ["acme_staging_kept_c1"]
    assert [item["database"] for item in record.kept] == ["acme_staging_kept_c0", "acme_staging_kept_c2"]


@pytest.mark.parametrize("phase", [BEGUN, PASSED])
def test_a_record_is_read_as_it_was_written(phase: str) -> None:
    record = BEGUN_NOW if phase == BEGUN else clone.passed(BEGUN_NOW, {"rows": {"crons": 3}}, True, 1100)
    assert clone.parse("acme_staging", clone.dump(record)) == record
    assert clone.report(record)["environment"] == "acme_staging"


@pytest.mark.parametrize("text", ["", "[]", "{}", clone.dump(BEGUN_NOW).replace("begun", "cloned")])
def test_a_record_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(OdooError, match="the record of clones of acme_staging"):
        clone.parse("acme_staging", text)
    with pytest.raises(OdooError, match="makes no sense"):
        clone.parse("globex", clone.dump(BEGUN_NOW))


def test_no_clone_is_no_operation() -> None:
    with pytest.raises(OdooError, match="no clone is under way"):
        clone.running(Record("acme_staging"))
    assert json.loads(clone.dump(Record("acme_staging")))["operation"] is None
