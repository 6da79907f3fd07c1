# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.errors import EstateError
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench


def routed(**words: Any) -> dict[str, Any]:
    estate = Bench()
    estate.environments["acme_prod"] |= words
    return resolve(estate.intent()).variables["app1"]["estate_traefik_routes"][0]


def test_words_become_guards() -> None:
    found = routed(allow_from=["192.0.2.0/24"], forward_auth={"address": "https://sso.example.com"})
    assert found["allow_from"] == ["192.0.2.0/24"]
    assert found["forward_auth"] == {"address": "https://sso.example.com"}


def test_a_certificate_by_acme_is_no_business_of_the_internal_authority() -> None:
    assert routed()["certificate"] == "acme_prod"
    estate = Bench()
    estate.environments["acme_prod"]["certificate"] = "acme"
    found = resolve(estate.intent()).variables
    route, *_others = found["app1"]["estate_traefik_routes"]
    assert route["acme"] is True
    assert "certificate" not in route
    assert "acme_prod" not in {item["name"] for item in found["app1"]["estate_certificates"]}
    assert found["acme_prod"]["estate_environment"]["certificate"] == "acme"


def test_the_tier_says_how_often_and_a_small_one_still_lets_browsers_begin() -> None:
    found = routed(overrides={"quotas.requests_per_second": 5})
    assert found["limits"][0] == {"requests": "pages", "per": "domain", "average": 5, "burst": 200}


def with_two_edges(*addresses: str) -> Bench:
    estate = Bench()
    estate.machines["edge2"] = {"machine_roles": ["edge"], "address": "192.0.2.12"}
    estate.members["shared"].append("edge2")
    estate.cells["shared"]["cell_edge_addresses"] = list(addresses)
    return estate


def test_addresses_move_between_all_edges_of_a_cell_which_serve_the_same() -> None:
    found = resolve(with_two_edges("192.0.2.10/24").intent()).variables
    assert found["app1"]["keepalived_addresses"] == found["edge2"]["keepalived_addresses"] == ["192.0.2.10/24"]
    assert found["app1"]["keepalived_peers"] == ["192.0.2.12"]
    assert found["edge2"]["keepalived_peers"] == ["app1"]
    assert found["app1"]["estate_traefik_routes"] == found["edge2"]["estate_traefik_routes"]
    assert {"name": "edge_members", "protocol": "vrrp", "sources": ["app1"]} in found["edge2"]["hardening_firewall_flows"]
    assert "keepalived_addresses" not in resolve(with_two_edges().intent()).variables["edge2"]


@pytest.mark.parametrize("address", ["192.0.2.10", "office/24"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(EstateError, match="not an address with its network's prefix"):
        resolve(with_two_edges(address).intent())


def test_addresses_that_can_not_move_are_refused() -> None:
    estate = Bench()
    estate.cells["shared"]["cell_edge_addresses"] = ["192.0.2.10/24"]
    with pytest.raises(EstateError, match="fewer than two edges"):
        resolve(estate.intent())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"certificate": "letsencrypt"}, "certificate"),
        ({"allow_from": ["office"]}, "allow_from"),
        ({"forward_auth": {"address": "http://sso.example.com"}}, "in the clear"),
        ({"forward_auth": {"adress": "https://sso.example.com"}}, "'adress' is unknown"),
        ({"forward_auth": "https://sso.example.com"}, "forward_auth"),
    ],
)
def test_refused(words: dict[str, Any], said: str) -> None:
    with pytest.raises(EstateError, match=said):
        routed(**words)
