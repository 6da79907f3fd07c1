# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.selection import LONGEST_EXCEPTION, PROFILES, select
from hypothesis import given
from hypothesis import strategies as st

TODAY = datetime.date(2026, 11, 22)
CATALOGUE: list[dict[str, Any]] = [
    {"id": "ssh_root", "title": "Root", "level": 1, "anssi": "R33"},
    {"id": "ssh_forwarding", "title": "Forwarding", "level": 2},
    {"id": "updates", "title": "Updates", "anssi": "R61"},
]


def exception(**more: Any) -> dict[str, Any]:
    return {"control": "ssh_root", "reason": "The vendor's tool logs in as root", "expires": "2027-01-31"} | more


@pytest.mark.parametrize(
    ("profiles", "names"),
    [
        (["cis_level1_server"], ["ssh_root"]),
        (["cis_level2_server"], ["ssh_root", "ssh_forwarding"]),
        (["anssi_bp28"], ["ssh_root", "updates"]),
        (["cis_level1_server", "anssi_bp28"], ["ssh_root", "updates"]),
    ],
)
def test_profiles(profiles: list[str], names: list[str]) -> None:
    assert [control["id"] for control in select(CATALOGUE, profiles, [], TODAY)] == names


def test_an_exception_stays_in_the_list() -> None:
    found = select(CATALOGUE, ["cis_level2_server"], [exception(expires=datetime.date(2027, 1, 31))], TODAY)
    assert found[0]["exemption"] == {"reason": "The vendor's tool logs in as root", "expires": "2027-01-31"}
    assert found[1]["exemption"] is None


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"control": "ssh_rot"}, "unknown control 'ssh_rot' (did you mean ssh_root?)"),
        ({"reason": "  because "}, "has no reason"),
        ({"reason": None}, "has no reason"),
        ({"expires": "2026-11-21"}, "expired on 2026-11-21"),
        ({"expires": "soon"}, "expires 'soon': a date such as 2027-02-20"),
        ({"expires": None}, "expires None"),
        ({"expires": str(TODAY + LONGEST_EXCEPTION + datetime.timedelta(days=1))}, "at most 400 days"),
    ],
)
def test_a_bad_exception_is_refused(bad: dict[str, Any], says: str) -> None:
    with pytest.raises(HardeningError) as refused:
        select(CATALOGUE, ["cis_level1_server"], [exception(**bad)], TODAY)
    assert says in str(refused.value)


def test_the_last_day_counts() -> None:
    assert select(CATALOGUE, ["cis_level1_server"], [exception(expires=str(TODAY))], TODAY)[0]["exemption"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(HardeningError) as refused:
        select([*CATALOGUE, CATALOGUE[0]], ["cis_level3"], [exception(), exception(reason="")], TODAY)
    for says in ("in the catalogue 2 times", "unknown profile 'cis_level3'", "listed twice", "has no reason"):
        assert says in str(refused.value)


def test_no_profile_is_refused() -> None:
    with pytest.raises(HardeningError, match="no profile is chosen"):
        select(CATALOGUE, [], [], TODAY)


@given(
    exempt=st.sets(st.sampled_from([control["id"] for control in CATALOGUE])),
    profiles=st.sets(st.sampled_from(PROFILES), min_size=1),
)
def test_an_exception_never_hides_a_control(exempt: set[str], profiles: set[str]) -> None:
    plain = [control["id"] for control in select(CATALOGUE, profiles, [], TODAY)]
    granted = [exception(control=name) for name in exempt]
    assert [control["id"] for control in select(CATALOGUE, profiles, granted, TODAY)] == plain
