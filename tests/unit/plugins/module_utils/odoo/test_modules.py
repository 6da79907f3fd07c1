# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which modules an update is about, and what speaks against it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import modules
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.modules import Contents, Scan, Update
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse

from .helpers import item

ENV = parse([item(modules=["account", "acme_sales"])])[0]
INSTALLED = Contents({"base": "installed", "account": "installed", "sale": "uninstalled"})


def scan(**custom: dict[str, Any]) -> Scan:
    found: dict[str, Any] = {name: {"hash": f"{name}-1", "custom": False} for name in ("base", "account")}
    found.update({name: {"hash": f"{name}-1", "custom": True, "version": "1.0", "depends": ["account"], **more}
                  for name, more in custom.items()})  # fmt: skip
    return Scan("19.0", frozenset({*found, "sale"}), found)


def test_what_changed_is_updated_and_what_is_new_is_installed() -> None:
    have = Contents({**INSTALLED.states, "acme_stock": "to upgrade"})
    update = modules.plan(ENV, have, {"base": "base-1", "account": "account-0"}, scan(acme_sales={}, acme_stock={}))
    assert update == Update(("account", "acme_stock"), ("acme_sales",), update.hashes)
    assert update.hashes == {name: f"{name}-1" for name in ("base", "account", "acme_sales", "acme_stock")}
    assert update.told == "update account, acme_stock; install acme_sales"
    assert [word for word in modules.command(update) if word.startswith(("--update", "--init"))] == [
        "--update=account,acme_stock",
        "--init=acme_sales",
    ]


def test_what_did_not_change_is_no_update() -> None:
    have = Contents({"base": "installed", "account": "installed", "acme_sales": "installed"})
    assert not modules.plan(ENV, have, scan(acme_sales={}).hashes, scan(acme_sales={}))


@pytest.mark.parametrize(
    ("custom", "said"),
    [
        ({"acme_sales": {"depends": ["acme_missing"]}}, "acme_sales depends on acme_missing, which neither"),
        ({"acme_sales": {"version": "18.0.1.0.0"}}, "acme_sales 18.0.1.0.0 is for Odoo 18.0, the image has Odoo 19.0"),
        ({"acme_sales": {"lacks": "no python library zeep"}}, "acme_sales can't work in the image: no python library zeep"),
        ({"acme_sales": {"depends": ["acme_base"]}, "acme_base": {"version": "17.0.1.0.0"}}, "acme_base 17.0.1.0.0 is for"),
    ],
)
def test_code_that_can_not_serve_the_database_is_refused(custom: dict[str, Any], said: str) -> None:
    (problem,) = modules.problems(ENV, INSTALLED, scan(**custom))
    assert said in problem


def test_what_nobody_installs_may_be_broken() -> None:
    assert not modules.problems(ENV, INSTALLED, scan(acme_sales={}, acme_other={"depends": ["acme_missing"]}))


def test_code_may_not_lose_a_module_that_the_database_has() -> None:
    have = Contents({**INSTALLED.states, "acme_gone": "installed"})
    (problem,) = modules.problems(ENV, have, scan(acme_sales={}))
    assert "acme_gone is installed in database acme_prod" in problem


def test_odoo_may_say_something_before_its_answer() -> None:
    told = json.dumps({"series": "19.0", "available": ["base"], "modules": {"base": {"hash": "x", "custom": False}}})
    assert modules.parse_scan("acme_prod", f"a warning\n{told}\n").hashes == {"base": "x"}
    for text in ("", "no such file", "{}"):
        with pytest.raises(OdooError, match="doesn't tell its modules"):
            modules.parse_scan("acme_prod", text)


def test_what_odoo_left_out_is_found() -> None:
    update = Update(("account",), ("acme_sales",), {})
    have = Contents({"account": "installed", "stock": "to upgrade"})
    assert modules.unfinished(update, have) == ["acme_sales", "stock"]


def test_books_are_compared_by_account() -> None:
    assert not modules.compare_books({"1": Decimal(5)}, {"1": Decimal(5), "2": Decimal(0)})
    assert modules.compare_books({"1": Decimal(5)}, {"1": Decimal(4), "2": Decimal(1)}) == [
        "account 1: 5 before, 4 after",
        "account 2: 0 before, 1 after",
    ]
