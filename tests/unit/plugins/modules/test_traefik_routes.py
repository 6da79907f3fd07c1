# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import RouteError, StoreError
from ansible_collections.tierline.erp.plugins.modules import traefik_routes, traefik_routes_info


class FakeFile:
    path = "/etc/traefik/dynamic/tierline.yml"

    def __init__(self, text: str = "") -> None:
        self.text = text

    def read(self) -> str:
        return self.text

    def write(self, text: str) -> None:
        self.text = text


class FakeCertificates:
    def __init__(self, **fingerprints: str) -> None:
        self.fingerprints = fingerprints

    def fingerprint(self, name: str) -> str | None:
        return self.fingerprints.get(name)

    def check(self, name: str, _domains: Any) -> None:
        if name not in self.fingerprints:
            raise StoreError(f"{name} is missing")


class FakeMetrics:
    def __init__(self, running: bool = True) -> None:
        self.running = running
        self.waited = 0

    def reloads(self) -> float | None:
        return 1.0 if self.running else None

    def wait_for_reload(self, _before: float) -> None:
        self.waited += 1


class FakeServed:
    """What stands between a client and each environment's domain, and how often it was waited for."""

    def __init__(self, **troubles: str) -> None:
        self.troubles = troubles
        self.waited = 0

    def trouble(self, domains: Any) -> str | None:
        return self.troubles.get(domains[0].partition(".")[0])

    def wait(self, domains: Any, _timeout: float) -> str | None:
        self.waited += 1
        return self.trouble(domains)


ROUTE = {
    "environment": "acme_prod",
    "state": "present",
    "tenant": "acme",
    "domains": ["acme.example.com"],
    "certificate": "acme_prod",
    "web": ["http://app1:1"],
    "websocket": ["http://app1:2"],
}


BY_ACME = {key: value for key, value in ROUTE.items() if key != "certificate"} | {"acme": True}


def call(
    store: FakeFile,
    certificates: FakeCertificates,
    metrics: FakeMetrics,
    check: bool = False,
    served: FakeServed | None = None,
    **changes: Any,
) -> dict[str, Any]:
    defaults = {name: option.get("default") for name, option in traefik_routes.argument_spec().items()}
    params = defaults | {"routes": [ROUTE]} | changes
    return traefik_routes.run(params, store, certificates, served or FakeServed(), metrics, check)  # type: ignore[arg-type]


def test_dry_run_real_run_and_second_run_agree() -> None:
    store, certificates, metrics = FakeFile(), FakeCertificates(acme_prod="1"), FakeMetrics()
    dry = call(store, certificates, metrics, check=True)
    assert store.text == ""
    first = call(store, certificates, metrics)
    again = call(store, certificates, metrics)
    assert dry["changed"]
    assert dry["diff"] == first["diff"]
    assert first["environments"] == {"added": ["acme_prod"], "changed": [], "removed": []}
    assert first["loaded"]
    assert metrics.waited == 1
    assert not again["changed"]


def test_a_renewed_certificate_is_loaded() -> None:
    store, certificates, metrics = FakeFile(), FakeCertificates(acme_prod="1"), FakeMetrics()
    call(store, certificates, metrics)
    certificates.fingerprints["acme_prod"] = "2"
    renewed = call(store, certificates, metrics)
    assert renewed["environments"]["changed"] == ["acme_prod"]
    assert renewed["loaded"]


def test_nothing_is_waited_for_where_traefik_does_not_run_or_has_nothing_to_load() -> None:
    store, certificates, metrics = FakeFile(), FakeCertificates(acme_prod="1"), FakeMetrics(running=False)
    assert not call(store, certificates, metrics)["loaded"]
    metrics.running = True
    renamed = call(store, certificates, metrics, routes=[ROUTE | {"tenant": "other"}])
    assert renamed["changed"]
    assert not renamed["loaded"]
    assert metrics.waited == 0


def test_a_bad_certificate_stops_the_run_but_not_a_dry_run() -> None:
    store = FakeFile()
    assert call(store, FakeCertificates(), FakeMetrics(), check=True)["changed"]
    with pytest.raises(StoreError):
        call(store, FakeCertificates(), FakeMetrics())
    assert store.text == ""


def test_a_certificate_by_acme_is_asked_for_waited_for_and_needs_no_file() -> None:
    store, served = FakeFile(), FakeServed()
    with_acme = {"routes": [BY_ACME], "acme_resolver": "acme"}
    first = call(store, FakeCertificates(), FakeMetrics(), served=served, **with_acme)
    assert first["loaded"]
    assert served.waited == 1
    assert first["warnings"] == []
    told = json.loads(store.text[store.text.index("\n{") :])
    assert {router["tls"]["certResolver"] for router in told["http"]["routers"].values()} == {"acme"}
    assert told["http"]["routers"]["acme_prod-web"]["tls"]["domains"] == [{"main": "acme.example.com"}]
    assert told["tls"]["certificates"] == []
    again = call(store, FakeCertificates(), FakeMetrics(), served=served, **with_acme)
    assert not again["changed"]
    assert served.waited == 1


def test_one_that_did_not_come_is_said_and_the_next_run_has_traefik_try_again() -> None:
    store, served = FakeFile(), FakeServed(acme="acme.example.com: unrecognized name")
    with_acme = {"routes": [BY_ACME], "acme_resolver": "acme", "served": served}
    first = call(store, FakeCertificates(), FakeMetrics(), **with_acme)
    assert "acme_prod" in first["warnings"][0]
    assert "unrecognized name" in first["warnings"][0]
    dry = call(store, FakeCertificates(), FakeMetrics(), check=True, **with_acme)
    second = call(store, FakeCertificates(), FakeMetrics(), **with_acme)
    assert dry["changed"]
    assert second["changed"]
    assert second["loaded"]
    assert dry["diff"] == second["diff"]
    served.troubles.clear()
    assert not call(store, FakeCertificates(), FakeMetrics(), **with_acme)["changed"]
    stopped = FakeServed(acme="connection refused")
    assert not call(store, FakeCertificates(), FakeMetrics(running=False), **with_acme | {"served": stopped})["changed"]


def test_nobody_to_ask_is_refused_before_anything_is_written() -> None:
    store = FakeFile()
    with pytest.raises(RouteError, match="traefik_acme_directory"):
        call(store, FakeCertificates(), FakeMetrics(), routes=[BY_ACME])
    assert store.text == ""
    call(store, FakeCertificates(), FakeMetrics(), routes=[BY_ACME], acme_resolver="acme")
    before = store.text
    other = ROUTE | {"environment": "beta", "domains": ["beta.example.com"]}
    with pytest.raises(RouteError, match="'acme_prod'"):
        call(store, FakeCertificates(acme_prod="1"), FakeMetrics(), routes=[other])
    assert store.text == before


def test_absent_removes_and_exclusive_repairs_what_a_hand_has_spoilt() -> None:
    store, certificates, metrics = FakeFile(), FakeCertificates(acme_prod="1"), FakeMetrics()
    call(store, certificates, metrics)
    gone = call(store, certificates, metrics, routes=[{"environment": "acme_prod", "state": "absent"}])
    assert gone["environments"]["removed"] == ["acme_prod"]
    store.text = "# route: spoilt"
    with pytest.raises(StoreError):
        call(store, certificates, metrics)
    assert call(store, certificates, metrics, exclusive=True)["environments"]["added"] == ["acme_prod"]


def test_info_reads_what_was_written() -> None:
    store, certificates, metrics = FakeFile(), FakeCertificates(acme_prod="1"), FakeMetrics()
    call(store, certificates, metrics)
    call(
        store,
        certificates,
        metrics,
        routes=[BY_ACME | {"environment": "beta", "domains": ["b.example.com"]}],
        acme_resolver="acme",
    )
    certificates.fingerprints["acme_prod"] = "2"
    found = traefik_routes_info.run(store, certificates, metrics)  # type: ignore[arg-type]
    assert found["running"]
    assert found["routes"][0]["domains"] == ["acme.example.com"]
    assert [route["certificate_current"] for route in found["routes"]] == [False, True]


@pytest.mark.parametrize("module", [traefik_routes, traefik_routes_info])
def test_argument_spec_and_documentation_name_the_same_options(module: Any) -> None:
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    spec = module.argument_spec()
    assert documented.keys() == spec.keys()
    assert {name: option.get("default") for name, option in documented.items()} == {
        name: option.get("default") for name, option in spec.items()
    }
