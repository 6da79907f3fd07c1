# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""One Redis, or three members: what cells are refused, and what applications are told."""

import pytest
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.refusals import Refusals

REFUSALS = Refusals()


@REFUSALS.case(
    "sessions that outlive a machine, with one",
    "environment acme_prod: service_tier: tier sessions promises 3 Redis members",
    seen="cell shared has 1",
    allowed="3",
    cure="add redis to machine_roles of 2 more in cell_shared",
)
def _(estate: Bench) -> None:
    estate.tiers["sessions"] = {"inherits": "standard", "availability": {"redis_members": 3}}
    estate.environments["acme_prod"]["service_tier"] = "sessions"


@REFUSALS.case(
    "two Redis members",
    "cell shared: machine_roles: Redis is one server, or three among which Sentinels choose the primary",
    seen="2 machines with the role redis",
    allowed="1, 3",
    cure="until one or three have it",
)
def _(estate: Bench) -> None:
    estate.machines["app1"]["machine_roles"].append("redis")


@REFUSALS.case(
    "five Redis members",
    "cell shared: machine_roles: Redis is one server, or three among which Sentinels choose the primary",
    seen="5 machines with the role redis",
)
def _(estate: Bench) -> None:
    _more_redis(estate, "r2", "r3", "r4", "r5")


@REFUSALS.case(
    "a Sentinel that is told by an address with colons",
    "machine r2: address: Sentinels are told by name or IPv4 address",
    seen='"2001:db8::2"',
    cure="write a name that resolves to it",
)
def _(estate: Bench) -> None:
    _more_redis(estate, "r2", "r3")
    estate.machines["r2"]["address"] = "2001:db8::2"


def _more_redis(estate: Bench, *names: str) -> None:
    estate.machines |= {name: {"machine_roles": ["redis"]} for name in names}
    estate.members["shared"] += names


@pytest.mark.parametrize("name", list(REFUSALS))
def test_refusal(name: str) -> None:
    REFUSALS.check(name)
