# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.module_utils.postgres.batches import MINIMUM, batches, rest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import Action, Tenant
from ansible_collections.tierline.erp.plugins.module_utils.postgres.plan import plan_tenants
from hypothesis import given
from hypothesis import strategies as st
from postgres_fakes import FakeServer


def planned(*tenants: Tenant):
    return plan_tenants(FakeServer().read([], []), tenants)


def tenants(prefix: str, count: int, **more) -> list[Tenant]:
    return [Tenant(f"{prefix}{n}", f"{prefix}{n}", **more) for n in range(count)]


def test_databases_that_are_alike_are_made_together():
    changes = planned(
        *tenants("a", MINIMUM, extensions=("unaccent", "pg_trgm")), *tenants("b", MINIMUM, extensions=("unaccent",))
    )
    found = {batch.extensions: [creation.name for creation in batch.creations] for batch in batches(changes)}
    assert found == {("pg_trgm", "unaccent"): ["a0", "a1", "a2"], ("unaccent",): ["b0", "b1", "b2"]}


def test_few_or_plain_or_different_databases_are_made_one_by_one():
    few = tenants("few", MINIMUM - 1, extensions=("pg_trgm",))
    plain = tenants("plain", MINIMUM)
    different = tenants("german", 1, extensions=("pg_trgm",), lc_collate="de_DE.UTF-8")
    changes = planned(*few, *plain, *different)
    assert batches(changes) == []
    assert rest(changes, []) == changes


@given(st.lists(st.sampled_from([(), ("pg_trgm",), ("pg_trgm", "unaccent")]), max_size=9))
def test_every_change_is_applied_exactly_once(extensions):
    changes = planned(*(Tenant(f"t{n}", f"t{n}", extensions=wanted) for n, wanted in enumerate(extensions)))
    together = batches(changes)
    left = rest(changes, together)
    created = [creation for batch in together for creation in batch.creations]
    assert len(left) + 2 * len(created) == len(changes)
    assert [c for c in changes if c in left] == left
    assert {c.name for c in changes if c.action is Action.CREATE_DATABASE} == {f"t{n}" for n in range(len(extensions))}
    names = [c.name for c in [*left, *created] if c.action is Action.CREATE_DATABASE]
    assert sorted(names) == sorted({*names})
