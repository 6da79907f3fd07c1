# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What may exist only once."""

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.ports import hashed_block
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench, environment
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.refusals import Refusals

REFUSALS = Refusals()


@REFUSALS.case(
    "duplicate domain",
    "environment globex_prod: domains: duplicate domain, also claimed by acme_prod",
    seen='"acme-prod.example"',
    cure="change it here or in acme_prod",
)
def _(estate: Bench) -> None:
    estate.environments["globex_prod"]["domains"] = ["acme-prod.example"]


@REFUSALS.case(
    "duplicate database name",
    "environment globex_prod: database_name: duplicate database name in cell shared, also used by acme_prod",
    seen='"acme_prod"',
)
def _(estate: Bench) -> None:
    estate.environments["globex_prod"]["database_name"] = "acme_prod"


@REFUSALS.case(
    "a name that is another environment's second login",
    "environment acme_prod_second: inventory name: database role of that name in cell shared is the second login of acme_prod",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod_second"] = environment("acme_prod_second")


@REFUSALS.case(
    "second environment in a dedicated cell",
    "environment globex_prod: cell: a second environment in dedicated cell shared",
    seen="acme_prod, globex_prod",
    allowed="one environment",
)
def _(estate: Bench) -> None:
    estate.cells["shared"]["cell_isolation"] = "dedicated"


@REFUSALS.case(
    "overlapping networks",
    "cell two: cell_network: network overlaps cell_network of cell shared",
    seen="192.0.2.128/25 and 192.0.2.0/24",
    allowed="networks that share no address",
)
def _(estate: Bench) -> None:
    estate.add_cell("two", cell_network="192.0.2.128/25")
    estate.cells["shared"]["cell_network"] = "192.0.2.0/24"


@REFUSALS.case(
    "port collision",
    "environment globex_prod: port_block: port collision with acme_prod in cell shared",
    seen="19200-19203",
    cure="write port_block: 13188, which is free",
)
def _(estate: Bench) -> None:
    estate.environments["globex_prod"]["port_block"] = hashed_block("acme_prod")


@pytest.mark.parametrize("name", list(REFUSALS))
def test_refusal(name: str) -> None:
    REFUSALS.check(name)
