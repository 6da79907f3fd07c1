# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import StoreError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.models import Policy, Route
from ansible_collections.tierline.erp.plugins.module_utils.traefik.plan import with_fingerprints
from ansible_collections.tierline.erp.plugins.module_utils.traefik.render import needs_loading, parse, render
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.traefik.routes import POLICY, body, estates, route
from hypothesis import given


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


def test_a_page_stands_in_for_who_is_not_reached_and_for_nobody_else() -> None:
    found = body(render([route()], Policy(maintenance_url="http://127.0.0.1:8083")))["http"]
    assert found["services"]["maintenance"]["loadBalancer"]["servers"] == [{"url": "http://127.0.0.1:8083"}]
    errors = found["middlewares"]["maintenance"]["errors"]
    # 503 is what Odoo says of itself, and 500 an error that somebody has to see.
    assert (errors["status"], set(errors["statusRewrites"].values())) == (["502", "504"], {503})
    assert [name for name, router in found["routers"].items() if "maintenance" in router["middlewares"]] == ["acme_prod-web"]
    assert "maintenance" not in render([route()], POLICY)


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
