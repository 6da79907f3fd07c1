# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import RouteError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.models import Route
from ansible_collections.tierline.erp.plugins.module_utils.traefik.plan import changed_environments, merge
from ansible_collections.tierline.erp.plugins.module_utils.traefik.render import render
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.traefik.routes import POLICY, estates, route
from hypothesis import given


def test_merge_touches_only_given_environments() -> None:
    current = [route("acme_prod"), route("beta_prod"), route("gone")]
    merged = merge(current, [route("beta_prod", web=["http://app2:1"])], ["gone", "never_was"])
    assert [found.environment for found in merged] == ["acme_prod", "beta_prod"]
    assert merged[0] == current[0]
    assert changed_environments(current, merged) == {"added": [], "changed": ["beta_prod"], "removed": ["gone"]}


def test_exclusive_removes_the_rest() -> None:
    merged = merge([route("acme_prod"), route("beta_prod")], [route("new")], [], exclusive=True)
    assert [found.environment for found in merged] == ["new"]


def test_a_domain_leads_to_one_environment() -> None:
    current = [route("acme_prod", domains=["erp.example.com"])]
    with pytest.raises(RouteError, match="claimed by the environments 'acme_prod' and 'beta_prod'"):
        merge(current, [route("beta_prod", domains=["ERP.example.com"])], [])


def test_a_domain_can_move_in_one_call() -> None:
    current = [route("acme_prod", domains=["erp.example.com"])]
    wanted = [route("acme_prod", domains=["old.example.com"]), route("beta_prod", domains=["erp.example.com"])]
    assert merge(current, wanted, []) == wanted
    assert merge(current, wanted[1:], ["acme_prod"]) == wanted[1:]


def test_contradictions_are_refused() -> None:
    with pytest.raises(RouteError, match="both present and absent"):
        merge([], [route("acme_prod")], ["acme_prod"])
    with pytest.raises(RouteError, match="listed twice"):
        merge([], [route("acme_prod"), route("acme_prod")], [])


@given(estates, estates)
def test_merging_is_idempotent_and_order_free(current: list[Route], given_routes: list[Route]) -> None:
    once = merge(current, given_routes, [])
    assert merge(once, given_routes, []) == once
    shuffled = random.Random(1).sample(given_routes, len(given_routes))
    assert render(merge(current, shuffled, []), POLICY) == render(once, POLICY)
