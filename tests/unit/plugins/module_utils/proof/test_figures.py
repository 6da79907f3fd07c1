# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.proof.errors import ProofError
from ansible_collections.tierline.erp.plugins.module_utils.proof.figures import Figures, differences, parse
from hypothesis import given
from hypothesis import strategies as st

BOOKS = {"lines": 2, "debit": "10.00", "credit": "10.00"}
ACME = Figures({"public.a": 3, "public.b": 0}, BOOKS)
TABLES = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(0, 5))


def test_reads_what_postgresql_says() -> None:
    assert parse('{"tables": {"public.b": 0, "public.a": 3}, "books": null}') == Figures({"public.a": 3, "public.b": 0})


@pytest.mark.parametrize("text", ["", "[]", '{"tables": 3, "books": null}', '{"tables": {}}'])
def test_refuses_what_are_no_figures(text: str) -> None:
    with pytest.raises(ProofError, match="can't be read"):
        parse(text)


def test_every_difference_is_told() -> None:
    restored = Figures({"public.a": 2, "public.c": 1}, {**BOOKS, "debit": "9.00"})
    assert differences(ACME, restored) == [
        "public.a: 3 rows recorded, 2 rows restored",
        "public.b: 0 rows recorded, no table restored",
        "public.c: no table recorded, 1 rows restored",
        "books: 2 lines, 10.00 debit, 10.00 credit recorded, 2 lines, 9.00 debit, 10.00 credit restored",
    ]
    assert differences(ACME, Figures(ACME.tables))[-1].endswith("none restored")


def test_totals_that_agree_hide_no_journal_and_no_account() -> None:
    """The same lines and totals, with an amount that moved from one account to another."""
    recorded = Figures({}, {**BOOKS, "journals": {"1": "2 10.00 10.00"}, "accounts": {"6": "1 10.00 0.00", "26": "1 0.00 10.00"}})
    restored = Figures({}, {**BOOKS, "journals": {"1": "2 10.00 10.00"}, "accounts": {"7": "1 10.00 0.00", "26": "1 0.00 10.00"}})
    assert recorded.digest != restored.digest
    assert differences(recorded, restored)[1:] == [
        "account 6: 1 10.00 0.00 recorded, nothing restored",
        "account 7: nothing recorded, 1 10.00 0.00 restored",
    ]


def test_books_balance_or_do_not() -> None:
    assert ACME.balanced
    assert Figures({}).balanced
    assert not Figures({}, {**BOOKS, "credit": "9.99"}).balanced


@given(TABLES, TABLES)
def test_the_same_digest_means_the_same_figures(one: dict[str, int], other: dict[str, int]) -> None:
    same = Figures(one).digest == Figures(dict(reversed(other.items()))).digest
    assert same == (not differences(Figures(one), Figures(other)))
    assert json.dumps(one) not in Figures(one).digest
