# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ledger.__main__ import arguments
from ledger.campaign import Result, chosen
from ledger.faults import FAULTS
from ledger.report import summarise, table


def result(kind, outage, **more):
    return Result(1, kind, "db1", outage=outage, counted=outage, bound=3.0, acknowledged=100, **more)


def test_an_overloaded_machine_stretches_the_bound():
    assert not result("a", 4.0).within_bound
    assert result("a", 4.0, slack=2.0).within_bound
    assert not result("a", 7.0, slack=2.0).within_bound


RESULTS = [result("a", 2.0), result("b", 1.0, lost=2, problems=["db1: 2 acknowledged and lost: 1/1, 1/2"]), result("a", 1.0)]


def test_a_row_for_each_kind():
    first, second = summarise(RESULTS)
    assert (first["kind"], first["count"], first["p50"], first["max"], first["lost"], first["failed"]) == ("a", 2, 1.0, 2.0, 0, 0)
    assert (second["kind"], second["lost"], second["failed"]) == ("b", 2, 1)


def test_the_table_ends_with_the_sum():
    assert table(RESULTS).splitlines()[-1] == "3 faults, 300 acknowledged entries, 2 lost, 1 faults failed"


def test_a_seed_always_draws_the_same():
    kinds = [fault.name for fault in FAULTS]
    drawn = [chosen(kinds, number, seed=7).name for number in range(1, 200)]
    assert drawn == [chosen(kinds, number, seed=7).name for number in range(1, 200)]
    assert set(drawn) == set(kinds)
    assert drawn != [chosen(kinds, number, seed=8).name for number in range(1, 200)]


def test_every_fault_says_what_it_does_under_a_name_of_its_own():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert all(fault.name and fault.says and "," not in fault.name for fault in FAULTS)


def test_each_kind_once_is_what_nothing_else_asks_for(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "secret")
    assert arguments(["--lab", "lab", "--cluster", "failover"]).kinds == [fault.name for fault in FAULTS]
    with pytest.raises(SystemExit):
        arguments(["--lab", "lab", "--cluster", "failover", "--kinds", "earthquake"])
