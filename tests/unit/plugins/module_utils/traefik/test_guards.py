# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import RouteError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.models import Policy, proxies
from ansible_collections.tierline.erp.plugins.module_utils.traefik.render import parse, render
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.traefik.routes import POLICY, body, route

GUARDED: dict[str, Any] = {
    "allow_from": ["192.0.2.0/24", "2001:db8::/64"],
    "limits": [
        {"requests": "login", "per": "address", "average": 60, "period_seconds": 60, "burst": 30},
        {"requests": "pages", "per": "domain", "average": 50},
    ],
    "forward_auth": {"address": "https://sso.example.com/verify", "requests": ["pages", "login"], "headers": ["X-Auth-User"]},
}


def http(policy: Policy = POLICY, **words: Any) -> dict[str, Any]:
    return body(render([route(**words)], policy))["http"]


def test_what_guards_is_asked_in_order_and_only_where_it_was_said() -> None:
    routers = http(**GUARDED)["routers"]
    assert {name.partition("-")[2]: router["middlewares"] for name, router in routers.items()} == {
        "closed": ["security-headers", "closed"],
        "websocket": ["security-headers", "acme_prod-allow"],
        "web": ["security-headers", "acme_prod-allow", "acme_prod-pages-per-domain", "acme_prod-auth", "body-limit"],
        "login": ["security-headers", "acme_prod-allow", "acme_prod-login-per-address", "acme_prod-auth", "body-limit"],
        "api": ["security-headers", "acme_prod-allow", "body-limit"],
    }
    ranks = {name.partition("-")[2]: router["priority"] for name, router in routers.items()}
    assert ranks["closed"] > ranks["websocket"] > ranks["login"] > ranks["api"] > ranks["web"]


def test_how_often() -> None:
    found = http(**GUARDED)["middlewares"]
    assert found["acme_prod-login-per-address"] == {"rateLimit": {"average": 60, "period": "60s", "burst": 30}}
    assert found["acme_prod-pages-per-domain"]["rateLimit"] == {
        "average": 50,
        "period": "1s",
        "burst": 50,
        "sourceCriterion": {"requestHost": True},
    }


def test_behind_a_balancer_a_client_is_who_it_says_came() -> None:
    found = http(Policy(trusted_proxies=proxies(["198.51.100.0/24"])), **GUARDED)["middlewares"]
    seen = {"ipStrategy": {"excludedIPs": ["198.51.100.0/24"]}}
    assert found["acme_prod-allow"]["ipAllowList"] == {"sourceRange": GUARDED["allow_from"], **seen}
    assert found["acme_prod-login-per-address"]["rateLimit"]["sourceCriterion"] == seen


def test_one_environments_guards_are_not_anothers() -> None:
    found = body(render([route(**GUARDED), route("beta_prod")], POLICY))["http"]
    of_beta = [words["middlewares"] for router, words in found["routers"].items() if "beta" in router]
    assert not [name for names in of_beta for name in names if "acme" in name]
    assert set(found["routers"]) >= {"beta_prod-web", "beta_prod-websocket", "beta_prod-closed"}
    assert "beta_prod-login" not in found["routers"], "nothing holds for it alone"


def test_it_reads_back_and_what_guards_nothing_is_not_said() -> None:
    text = render([route(**GUARDED), route("beta_prod")], POLICY)
    assert parse(text) == [route(**GUARDED), route("beta_prod")]
    assert [line for line in text.splitlines() if "beta_prod" in line and "# route" in line and "limits" in line] == []


@pytest.mark.parametrize(
    ("path", "login"),
    [
        ("/web/login", True),
        ("/fr/web/login", True),
        ("/fr_BE/web/login/", True),
        ("/sr@latin/web/login", True),
        ("/web/login/totp", True),
        ("/web/session/authenticate", True),
        ("/web/reset_password", True),
        ("/web/loginx", False),
        ("/shop/web/login", False),
        ("/web", False),
    ],
)
def test_where_passwords_are_tried(path: str, login: bool) -> None:
    rule = http(**GUARDED)["routers"]["acme_prod-login"]["rule"]
    found = re.search(r"PathRegexp\(`([^`]+)`\)", rule)
    assert found
    assert bool(re.search(found[1], path)) == login
    assert "Method(`POST`)" in rule


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"allow_from": ["192.0.2.1/24"]}, "host bits set"),
        ({"allow_from": ["office"]}, "'office' is no network"),
        ({"limits": [{"requests": "pages", "average": 0}]}, "average is 0; it is a whole number from 1"),
        ({"limits": [{"requests": "pages"}]}, "average is None"),
        ({"limits": [{"requests": "pages", "average": 1, "period_seconds": 86400}]}, "period_seconds is 86400"),
        ({"limits": [{"requests": "images", "average": 1}]}, "it is one of pages, login, api, websocket"),
        ({"limits": [{"requests": "api", "average": 1, "per": "user"}]}, "per is 'user'"),
        ({"limits": [{"requests": "api", "average": 1}, {"requests": "api", "average": 2}]}, "two for api per address"),
        ({"forward_auth": {"address": "http://sso.example.com"}}, "in the clear"),
        ({"forward_auth": {"address": "sso.example.com"}}, "is no URL"),
        ({"forward_auth": {"address": "https://ann@sso.example.com"}}, "without a password"),
        ({"forward_auth": {"address": "https://sso.example.com/`"}}, "is no URL"),
        ({"forward_auth": {"address": "https://s.example", "headers": ["Cookie"]}}, "only the edge may set"),
        ({"forward_auth": {"address": "https://s.example", "headers": ["a b"]}}, "no name of a header"),
        ({"forward_auth": {"address": "https://s.example", "requests": ["all"]}}, "they are of pages"),
        ({"forward_auth": {"adress": "https://s.example"}}, "'adress' is unknown"),
        ({"forward_auth": {"address": "https://s.example", "ca_path": "ca.crt"}}, "no absolute path"),
    ],
)
def test_refused(words: dict[str, Any], said: str) -> None:
    with pytest.raises(RouteError, match=re.escape(said)) as refused:
        route(**words)
    assert "acme_prod" in str(refused.value)


def test_proxies_that_are_none_are_refused() -> None:
    with pytest.raises(RouteError, match="trusted_proxies: 'lb' is no network"):
        proxies(["lb"])
