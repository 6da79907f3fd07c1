# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Any valid estate resolves; resolving is idempotent and does not depend on the order in which things were written."""

from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.estate import ports
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench, environment
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
STAGES_OF = {
    "sandbox": ("staging", "development", "training"),
    "standard": ("production", "staging", "development", "training"),
    "business": ("production", "staging", "development", "training"),
    "regulated": ("production",),
}


@st.composite
def estates(draw: st.DrawFn) -> Bench:
    """A valid estate: up to three cells that can keep what the tiers of their environments promise."""
    estate = Bench()
    estate.environments, estate.machines, estate.cells, estate.members = {}, {}, {}, {}
    names = draw(st.lists(NAMES.map("e{}".format), unique=True, max_size=8))
    for number in range(draw(st.integers(1, 3))):
        cell, dedicated = f"c{number}", draw(st.booleans())
        members = draw(st.sampled_from([1, 3, 5]))
        estate.add_cell(cell, members, cell_isolation="dedicated" if dedicated else "shared")
        served = [names.pop() for _ in range(min(len(names), 1 if dedicated else draw(st.integers(0, 4))))]
        add_environments(draw, estate, cell, served, members, dedicated)
    return estate


def add_environments(draw: st.DrawFn, estate: Bench, cell: str, names: list[str], members: int, dedicated: bool) -> None:
    tiers = ["sandbox", "standard"] + (["business"] if members > 1 else []) + (["regulated"] if members > 1 and dedicated else [])
    taken: set[int] = set()
    for name in names:
        tier = draw(st.sampled_from(tiers))
        words: dict[str, Any] = {"service_tier": tier, "cell": cell, "stage": draw(st.sampled_from(STAGES_OF[tier]))}
        words["tenant"], words["domains"] = draw(NAMES), [f"{name.replace('_', '-')}x{len(estate.environments)}.example"]
        words["overrides"] = draw(st.none() | st.fixed_dictionaries({"sizing.workers": st.integers(1, 9)}))
        block = ports.hashed_block(name)
        if taken & set(range(block, block + 4)):
            block = words["port_block"] = ports.free_block(name, taken)
        taken |= set(range(block, block + 4))
        estate.environments[name] = environment(name, **words)


@settings(max_examples=80, deadline=None)
@given(estates())
def test_any_valid_estate_resolves(estate: Bench) -> None:
    resolution = resolve(estate.intent())
    assert resolution.variables.keys() == estate.environments.keys() | estate.machines.keys()
    assert resolve(estate.intent()) == resolution


@settings(max_examples=80, deadline=None)
@given(estates(), st.randoms(use_true_random=False))
def test_order_does_not_matter(estate: Bench, random: Any) -> None:
    before = resolve(estate.intent())
    for name in ("environments", "machines", "cells", "members", "built_in"):
        items = list(getattr(estate, name).items())
        random.shuffle(items)
        setattr(estate, name, dict(items))
    for members in estate.members.values():
        random.shuffle(members)
    after = resolve(estate.intent())
    assert after == before
    assert list(after.groups) == list(before.groups)


@settings(max_examples=80, deadline=None)
@given(estates())
def test_each_environment_is_on_one_machine_and_has_one_database(estate: Bench) -> None:
    variables = resolve(estate.intent()).variables
    running = [item["environment"] for found in variables.values() for item in found.get("estate_odoo_environments", ())]
    assert sorted(running) == sorted(estate.environments)
    for cell, members in estate.members.items():
        served = sorted(name for name, words in estate.environments.items() if words["cell"] == cell)
        for machine in members:
            tenants = variables[machine].get("estate_postgres_tenants")
            assert tenants is None or [tenant["environment"] for tenant in tenants] == served
