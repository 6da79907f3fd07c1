# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What a field accepts, and how a value that it refuses is reported."""

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.errors import Problem
from ansible_collections.tierline.erp.plugins.module_utils.estate.fields import Field, read_fields
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.refusals import Refusals

REFUSALS = Refusals()


@REFUSALS.case(
    "missing key",
    "environment acme_prod: tenant: missing",
    seen="(nothing)",
    cure="add tenant: the customer or legal entity that owns the environment",
)
def _(estate: Bench) -> None:
    del estate.environments["acme_prod"]["tenant"]


@REFUSALS.case(
    "wrong choice",
    "environment acme_prod: stage: wrong value",
    seen='"prodution"',
    allowed="production, staging, development, training",
    nearest="production",
    cure="write production instead of prodution",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["stage"] = "prodution"


@REFUSALS.case(
    "ill-typed value",
    "environment acme_prod: domains: wrong value",
    seen='"acme.example"',
    allowed="a list, not empty, of:",
    cure="write a list as allowed",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["domains"] = "acme.example"


@REFUSALS.case(
    "template",
    "environment acme_prod: tenant: wrong value",
    seen='"{{ customer }}"',
    cure="write the value itself: the estate is resolved before templates are evaluated",
)
def _(estate: Bench) -> None:
    estate.environments["acme_prod"]["tenant"] = "{{ customer }}"


@REFUSALS.case(
    "machine role", "machine db1: machine_roles: wrong value", nearest="postgres", cure="write postgres instead of postgre"
)
def _(estate: Bench) -> None:
    estate.machines["db1"]["machine_roles"] = ["postgre", "redis"]


@REFUSALS.case(
    "no network", "cell shared: cell_network: wrong value", seen='"192.0.2.1/24"', allowed="a network in CIDR notation"
)
def _(estate: Bench) -> None:
    estate.cells["shared"]["cell_network"] = "192.0.2.1/24"


@pytest.mark.parametrize("name", list(REFUSALS))
def test_refusal(name: str) -> None:
    REFUSALS.check(name)


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (Field("string", ""), ["", "x"], [1, None, ["x"]]),
        (Field("string", "", pattern="[a-z]+"), ["abc"], ["", "abc1", "abc\n"]),
        (Field("string", "", choices=("a", "b")), ["a"], ["c", "", True]),
        (Field("integer", "", minimum=1, maximum=5), [1, 5], [0, 6, 1.0, "1", True]),
        (Field("number", "", minimum=0.1), [0.1, 3], [0, True, "3"]),
        (Field("boolean", ""), [True, False], [0, 1, "yes", None]),
        (Field("list", ""), [[], ["x"]], ["x", {}, None]),
        (Field("list", "", required=True, items=Field("integer", "")), [[1]], [[], ["1"], [1, "2"]]),
        (Field("list", "", items=Field("integer", "")), [[], [1, 2]], [[True]]),
        (Field("mapping", ""), [{}, {"a": 1}], [[], "a"]),
        (Field("network", ""), ["192.0.2.0/24", "2001:db8::/32"], ["192.0.2.1/24", "acme", 3221225984]),
        (Field("money", ""), [0, 120, "120.50"], [-1, "120.5", "1e3", 12.5, True]),
    ],
    ids=lambda value: value.kind if isinstance(value, Field) else "",
)
def test_what_a_field_accepts(field: Field, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not field.accepts(value)] == []
    assert [value for value in bad if field.accepts(value)] == []


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (Field("string", ""), "a string"),
        (Field("string", "", pattern="[a-z]"), "a string that matches [a-z]"),
        (Field("integer", "", minimum=1, maximum=5), "an integer at least 1 and at most 5"),
        (Field("list", "", required=True, items=Field("boolean", "")), "a list, not empty, of: true or false"),
        (Field("list", "", items=Field("string", "", choices=("a", "b"))), "a list of: a, b"),
    ],
)
def test_what_is_allowed_is_said(field: Field, text: str) -> None:
    assert field.allowed() == text


def test_a_refused_value_is_left_out_and_a_missing_one_has_its_default() -> None:
    fields = {"a": Field("integer", ""), "b": Field("string", "", default="x"), "c": Field("string", "", required=True)}
    problems: list[Problem] = []
    assert read_fields("environment", "e", fields, {"a": "one", "unknown": 1}, problems) == {"a": None, "b": "x", "c": None}
    assert [(problem.key, problem.what) for problem in problems] == [("a", "wrong value"), ("c", "missing")]
