# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Layers, inheritance, and tiers that cannot be read."""

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.refusals import Refusals, refused

REFUSALS = Refusals()


@REFUSALS.case("unknown setting of a tier", "tier gold: sizing.worker: unknown key", nearest="sizing.workers")
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "sizing": {"worker": 3}}


@REFUSALS.case(
    "boolean off",
    "tier gold: availability.synchronous_mode: wrong value",
    seen="false",
    allowed="off, on, quorum",
    cure='quote it: "off"',
)
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "standard", "availability": {"synchronous_mode": False}}


@REFUSALS.case(
    "inheritance cycle",
    "tier gold: inherits: inheritance runs in a circle",
    seen="gold -> gold",
    cure="remove one inherits of the circle",
)
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "gold"}


@REFUSALS.case(
    "unknown parent", "tier gold: inherits: unknown tier", seen='"bussiness"', nearest="business", cure="write inherits: business"
)
def _(estate: Bench) -> None:
    estate.tiers["gold"] = {"inherits": "bussiness"}


@REFUSALS.case("tier that is no mapping", "tier standard: tiers: not a mapping", seen="7")
def _(estate: Bench) -> None:
    estate.tiers["standard"] = 7


@pytest.mark.parametrize("name", list(REFUSALS))
def test_refusal(name: str) -> None:
    REFUSALS.check(name)


def test_a_long_circle_is_reported_once() -> None:
    estate = Bench()
    estate.tiers = {"a": {"inherits": "b"}, "b": {"inherits": "c"}, "c": {"inherits": "a"}, "d": {"inherits": "a"}}
    assert [(p.name, p.seen) for p in refused(estate)] == [("a", "a -> b -> c -> a")]


def test_a_tier_whose_grandparent_is_unknown_is_reported_once() -> None:
    estate = Bench()
    estate.tiers = {"a": {"inherits": "b"}, "b": {"inherits": "nobody"}}
    assert [(p.name, p.seen, p.cure) for p in refused(estate)] == [
        ("b", '"nobody"', "define the tier, or inherit from one that exists")
    ]


def test_a_tier_that_lacks_settings_is_refused_setting_by_setting() -> None:
    estate = Bench()
    estate.built_in, estate.tiers = {}, {"standard": {"isolation": "shared"}}
    problems = refused(estate)
    assert {p.what for p in problems} == {"missing"}
    assert "recovery.rpo_seconds" in {p.key for p in problems}
    assert {p.file for p in problems} == {"tierline.estate.yml"}


def test_a_user_catalogue_extends_tier_by_tier() -> None:
    estate = Bench()
    estate.tiers["standard"] = {"sizing": {"workers": 3}, "logs.retention_days": 30}
    promises = resolve(estate.intent()).variables["acme_prod"]["estate_environment"]["promises"]
    assert (promises["sizing"]["workers"], promises["sizing"]["memory_mb"], promises["logs"]["retention_days"]) == (3, 1024, 30)
