# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Environments whose code another one must have run before."""

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench, environment
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.refusals import Refusals

REFUSALS = Refusals()


def promoting(estate: Bench, source: str = "acme_staging", **words: object) -> None:
    estate.environments["acme_staging"] = environment("acme_staging", **{"stage": "staging", **words})
    estate.environments["acme_prod"]["promoted_from"] = source


@REFUSALS.case(
    "a source that nobody knows",
    "environment acme_prod: promoted_from: unknown environment",
    seen='"acme_stagin"',
    nearest="acme_staging",
    cure="write acme_staging",
)
def _(estate: Bench) -> None:
    promoting(estate, "acme_stagin")


@REFUSALS.case(
    "another tenant's code",
    "environment acme_prod: promoted_from: an environment that nobody promotes from",
    cure="name one of them, or leave it out",
)
def _(estate: Bench) -> None:
    promoting(estate, tenant="globex")


@REFUSALS.case("a source in production", "environment acme_prod: promoted_from: an environment that nobody promotes from")
def _(estate: Bench) -> None:
    promoting(estate, stage="production")


@REFUSALS.case("itself", "environment acme_prod: promoted_from: an environment that nobody promotes from")
def _(estate: Bench) -> None:
    promoting(estate, "acme_prod")


@pytest.mark.parametrize("name", list(REFUSALS))
def test_refusal(name: str) -> None:
    REFUSALS.check(name)


def test_the_machine_knows_whom_to_ask_which_may_be_in_another_cell() -> None:
    estate = Bench()
    estate.add_cell("lone")
    promoting(estate, cell="lone")
    variables = resolve(estate.intent()).variables
    rule = {"environment": "acme_prod", "source": "acme_staging", "machine": "lone-app1"}
    assert variables["app1"]["estate_promotions"] == [rule]
    assert variables["lone-app1"]["estate_promotions"] == []


def test_each_machine_is_told_of_its_own_environments() -> None:
    estate = Bench()
    estate.machines["app2"] = {"machine_roles": ["app"]}
    estate.members["shared"].append("app2")
    promoting(estate)
    estate.environments["acme_prod"]["app_machine"] = "app2"
    variables = resolve(estate.intent()).variables
    assert [len(variables[name]["estate_promotions"]) for name in ("app1", "app2")] == [0, 1]


def test_a_tier_whose_changes_are_free_asks_for_nothing() -> None:
    estate = Bench()
    promoting(estate)
    estate.tiers = {"standard": {"change": {"policy": "free"}}}
    assert resolve(estate.intent()).variables["app1"]["estate_promotions"] == []


def test_a_source_that_is_refused_itself_is_told_of_once() -> None:
    estate = Bench()
    promoting(estate, service_tier="nonsense")
    with pytest.raises(Exception, match="1 problem"):
        resolve(estate.intent())
