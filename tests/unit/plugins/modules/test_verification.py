# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import ProbeError
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import Place
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Check
from ansible_collections.tierline.erp.plugins.modules import odoo_probe, tenant_isolation_info

HELD = {
    "Memory": 2**30,
    "MemorySwap": 2**30,
    "NanoCpus": 10**9,
    "PidsLimit": 512,
    "LogConfig": {"Config": {"max-size": "20m"}},
    "ReadonlyRootfs": True,
}


class FakeEngine:
    """Containers in which attempts end as they are told to."""

    def __init__(self, outcome: str = "refused", running: tuple[str, ...] = ("acme", "beta")) -> None:
        self.outcome = outcome
        self.running = running

    def place(self, environment: str) -> Place | None:
        return Place(f"{environment}-blue", held=HELD) if environment in self.running else None

    def last_words(self, _environment: str) -> str:
        return ""

    def attempt(self, _place: Place, attempts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {"id": attempt["id"], "outcome": "reached" if attempt["id"].startswith("own") else self.outcome, "detail": ""}
            for attempt in attempts
        ]


def item(name: str) -> dict[str, Any]:
    return {"environment": name, "database": {"name": name, "user": name, "host": "db1", "port": 6432}, "image": "ignored"}


def examine(engine: FakeEngine, **changes: Any) -> list[Check]:
    defaults = {name: option.get("default") for name, option in tenant_isolation_info.argument_spec().items()}
    params = defaults | {"environments": [item("acme"), item("beta")]} | changes
    return list(tenant_isolation_info.examine(params, engine))


def test_isolated_tenants_pass() -> None:
    found = examine(FakeEngine())
    assert all(check.ok for check in found)
    assert {"acme -> own database", "beta -> acme database at db1:6432", "acme -> redis"} <= {check.name for check in found}


def test_a_breach_fails() -> None:
    assert [check for check in examine(FakeEngine("reached")) if not check.ok]


def test_a_tenant_that_does_not_run_proves_nothing() -> None:
    found = [check.name for check in examine(FakeEngine(running=("acme",))) if not check.ok]
    assert found == ["beta container"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"environments": [item("acme")]}, "acme is alone on this machine"),
        ({"environments": []}, "no environment runs on this machine"),
        ({"subjects": ["elsewhere"]}, "none of the chosen environments is on this machine"),
    ],
)
def test_where_nobody_can_be_attacked_that_is_said_and_not_called_proven(changes: dict[str, Any], words: str) -> None:
    found = examine(FakeEngine(), **changes)[0]
    assert (found.name, found.status) == ("neighbours", "skipped")
    assert found.detail.startswith(words)


def test_who_has_no_neighbour_tries_the_machine() -> None:
    names = {check.name for check in examine(FakeEngine(), environments=[item("acme")])}
    assert {"acme -> read /etc/shadow", "acme -> become root", "acme container: processes are limited"} <= names


def test_who_is_not_a_subject_tries_nobody() -> None:
    assert {check.name.split()[0] for check in examine(FakeEngine(), subjects=["elsewhere"])} == {"neighbours"}


def test_an_incomplete_environment_is_named() -> None:
    with pytest.raises(ProbeError, match="'database' is missing"):
        examine(FakeEngine(), environments=[{"environment": "acme"}])


def test_the_report_names_the_layers_of_failures() -> None:
    found = odoo_probe.report(
        "acme", [Check("invoice", "books", "passed", "x"), Check("a", "edge", "failed", "x"), Check("b", "app", "blocked", "x")]
    )
    assert found["changed"]
    assert not found["ok"]
    assert found["layers_at_fault"] == ["edge"]


def test_nothing_is_written_in_check_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    def record(_context: Any, steps: Any) -> list[Check]:
        seen.update({step.name: step.skip for step in steps})
        return []

    monkeypatch.setattr(odoo_probe, "run", record)
    defaults = {name: option.get("default") for name, option in odoo_probe.argument_spec().items()}
    params = defaults | {"environment": "acme", "domain": "acme.example.com", "database": "acme", "password": "x"}
    odoo_probe.probe(params, None, True)  # type: ignore[arg-type]
    assert seen["invoice"] == seen["scheduled_action"] == "nothing is written in check mode"
    odoo_probe.probe(params | {"verify_invoice": False, "http_port": 0}, None, False)  # type: ignore[arg-type]
    assert seen["invoice"] == "verify_invoice is false"
    assert seen["http_redirect"] == "http_port is 0"
    assert seen["scheduled_action"] == ""


def test_the_address_defaults_to_the_domain() -> None:
    params = {"domain": "acme.example.com", "address": None, "port": 443, "http_port": 0, "ca_path": None, "timeout": 5}
    target = odoo_probe.target_from(params)
    assert target.address == "acme.example.com"
    assert target.http_port is None


@pytest.mark.parametrize("module", [odoo_probe, tenant_isolation_info])
def test_argument_spec_and_documentation_agree_and_secrets_are_hidden(module: Any) -> None:
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    spec = module.argument_spec()
    assert {name: option.get("default") for name, option in documented.items()} == {
        name: option.get("default") for name, option in spec.items()
    }
    assert all(option.get("no_log") for name, option in spec.items() if "password" in name)
