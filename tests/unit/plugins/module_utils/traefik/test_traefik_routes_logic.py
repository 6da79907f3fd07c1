# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import random

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import RouteError, StoreError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.models import Policy, Route, route_from
from ansible_collections.tierline.erp.plugins.module_utils.traefik.plan import changed_environments, merge, with_fingerprints
from ansible_collections.tierline.erp.plugins.module_utils.traefik.render import needs_loading, parse, render
from hypothesis import given
from hypothesis import strategies as st

POLICY = Policy()


def item(name: str = "acme_prod", **changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "environment": name,
        "tenant": name.partition("_")[0],
        "domains": [f"{name.replace('_', '-')}.example.com"],
        "certificate": name,
        "web": ["http://app1:10008"],
        "websocket": ["http://app1:10009"],
    }
    return base | changes


def route(name: str = "acme_prod", **changes: object) -> Route:
    return route_from(item(name, **changes))


names = st.from_regex(r"\A[a-z](_?[a-z0-9]){0,6}\Z")
estates = st.lists(names, unique=True, max_size=8).map(lambda found: [route(name) for name in found])


def body(text: str) -> dict:
    return json.loads("\n".join(line for line in text.splitlines() if not line.startswith("#")))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"environment": "Acme"}, "environment is 'Acme'"),
        ({"environment": None}, "environment is None"),
        ({"tenant": "a b"}, "tenant is 'a b'"),
        ({"certificate": "../../root"}, "certificate is '../../root'"),
        ({"domains": []}, "domains is empty"),
        ({"domains": None}, "domains is empty"),
        ({"domains": ["https://acme.example.com"]}, "is not a host name"),
        ({"domains": ["*.example.com"]}, "is not a host name"),
        ({"domains": ["a`) || Host(`b"]}, "is not a host name"),
        ({"domains": ["a" * 64 + ".example.com"]}, "is not a host name"),
        ({"domains": [".".join(["a" * 60] * 5)]}, "is not a host name"),
        ({"domains": ["a.example.com", "A.example.com"]}, "listed twice"),
        ({"web": []}, "web is empty"),
        ({"web": ["app1:10008"]}, "not of the form"),
        ({"web": ["http://app1"]}, "not of the form"),
        ({"web": ["http://app1:0"]}, "not of the form"),
        ({"web": ["http://app1:65536"]}, "not of the form"),
        ({"web": ["http://app1:80/path"]}, "not of the form"),
        ({"websocket": None}, "websocket is empty"),
    ],
)
def test_malformed_routes_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(RouteError) as caught:
        route_from(item() | changes)
    assert message in str(caught.value)


def test_a_route_is_normalised() -> None:
    found = route_from(
        {
            "environment": "acme_prod",
            "domains": ["WWW.example.com", "a.example.com"],
            "web": ["http://b_2:1/", "http://[2001:db8::1]:80", "http://b_2:1"],
            "websocket": ["http://192.0.2.1:2"],
        }
    )
    assert found.tenant == found.certificate == "acme_prod"
    assert found.domains == ("a.example.com", "www.example.com")
    assert found.web == ("http://[2001:db8::1]:80", "http://b_2:1")


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


@given(estates)
def test_what_is_rendered_reads_back(routes: list[Route]) -> None:
    text = render(routes, POLICY)
    assert parse(text) == sorted(routes, key=lambda found: found.environment)
    # `{{` would start a template in Traefik's file provider.
    assert "{{" not in text


def test_the_configuration_of_an_environment() -> None:
    found = body(render([route(web=["http://app1:1", "http://app2:1"])], Policy(body_limit_mb=1, hsts_seconds=5)))
    routers, services = found["http"]["routers"], found["http"]["services"]
    assert routers["acme_prod-web"]["rule"] == "Host(`acme-prod.example.com`)"
    assert "PathPrefix(`/websocket/`)" in routers["acme_prod-websocket"]["rule"]
    assert "PathPrefix(`/longpolling/`)" in routers["acme_prod-websocket"]["rule"]
    assert "body-limit" not in routers["acme_prod-websocket"]["middlewares"]
    assert "Path(`/web/database`)" in routers["acme_prod-closed"]["rule"]
    priorities = {name: router["priority"] for name, router in routers.items()}
    assert priorities["acme_prod-closed"] > priorities["acme_prod-websocket"] > priorities["acme_prod-web"]
    assert all(router["entryPoints"] == ["websecure"] and "tls" in router for router in routers.values())
    assert services["acme_prod-web"]["loadBalancer"]["healthCheck"]["path"] == "/web/health"
    assert "healthCheck" not in services["acme_prod-websocket"]["loadBalancer"]
    assert found["http"]["middlewares"]["body-limit"]["buffering"] == {"maxRequestBodyBytes": 1048576}
    assert found["http"]["middlewares"]["security-headers"]["headers"]["stsSeconds"] == 5
    assert "retry" not in json.dumps(found)
    assert found["tls"]["options"]["default"]["sniStrict"] is True
    assert found["tls"]["options"]["default"]["minVersion"] == "VersionTLS12"
    assert found["tls"]["certificates"] == [
        {"certFile": "/etc/tierline/pki/acme_prod/tls.crt", "keyFile": "/etc/tierline/pki/acme_prod/tls.key"}
    ]


def test_an_empty_edge_still_refuses_unknown_names() -> None:
    assert body(render([], POLICY)).keys() == {"tls"}


def test_one_certificate_may_serve_several_environments() -> None:
    routes = [route("acme_prod", certificate="wild"), route("acme_staging", certificate="wild")]
    assert len(body(render(routes, POLICY))["tls"]["certificates"]) == 1


def test_a_renewed_certificate_is_a_change_to_load() -> None:
    old = render(with_fingerprints([route()], {"acme_prod": "1"}), POLICY)
    new = render(with_fingerprints([route()], {"acme_prod": "2"}), POLICY)
    assert old != new
    assert needs_loading(old, new)


def test_a_renamed_tenant_is_recorded_but_nothing_to_load() -> None:
    old, new = render([route()], POLICY), render([route(tenant="other")], POLICY)
    assert old != new
    assert not needs_loading(old, new)


@pytest.mark.parametrize("line", ["# route: {", "# route: []", "# route: 1", '# route: {"environment": "UPPER"}'])
def test_a_spoilt_record_is_refused(line: str) -> None:
    with pytest.raises(StoreError, match="edited by hand"):
        parse(line)
    assert needs_loading(line, render([route()], POLICY))
