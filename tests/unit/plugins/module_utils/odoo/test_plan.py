# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import spec
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Environment, Settings
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse
from ansible_collections.tierline.erp.plugins.module_utils.odoo.plan import (
    Desired,
    Observed,
    conflicts,
    desire,
    plan,
    plan_absent,
)

from .helpers import Engine, item, other

SETTINGS = Settings(server_module={"__manifest__.py": "{}"})
KEY = b"k" * 32
TEXTS = {"odoo.conf": "[options]\ndb_password = secret-database\n", "ca.crt": "authority\n"}


def _desire(changes: dict[str, Any] | None = None, texts: dict[str, str] | None = None) -> Desired:
    return desire(parse([item(**(changes or {}))])[0], SETTINGS, {"db1": "192.0.2.10"}, texts or TEXTS, KEY)


def _observed(want: Desired) -> Observed:
    """The machine after that was carried out."""
    engine = Engine()
    engine.create_network(dict(want.network))
    engine.create(want.container_name, dict(want.container))
    engine.start(want.container_name)
    return Observed(engine.containers(), engine.networks(), {file.path: file for file in want.files})


def _actions(want: Desired, have: Observed) -> list[str]:
    return [step.action for step in plan([want], have)]


def test_an_empty_machine_gets_everything_in_order() -> None:
    steps = plan([_desire()], Observed())
    assert [step.action for step in steps] == ["mkdir"] * 6 + ["write"] + ["mkdir"] * 2 + ["write"] * 2 + [
        "create_network",
        "create",
    ]
    assert steps[-1].subject == "acme_prod-blue"


def test_nothing_is_done_twice() -> None:
    want = _desire()
    assert plan([want], _observed(want)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"memory_mb": 2048},
        {"workers": 4},
        {"workers": 0},
        {"cpus": 2.0},
        {"ports": {"http": 10010, "websocket": 10011}},
        {"image": "sha256:" + "ab" * 32},
        {"tenant": "else"},
        {"uid": 6000},
    ],
)
def test_a_changed_setting_replaces_the_container(changes: dict[str, Any]) -> None:
    have = _observed(_desire())
    if changes.get("workers") == 4:  # only the file differs then
        assert "replace" in _actions(_desire(changes, {**TEXTS, "odoo.conf": "workers = 4\n"}), have)
    else:
        assert "replace" in _actions(_desire(changes), have)


def test_a_changed_secret_replaces_the_container_and_stays_unseen() -> None:
    texts = {**TEXTS, "odoo.conf": "[options]\ndb_password = another-one\n"}
    steps = plan([_desire(texts=texts)], _observed(_desire()))
    assert [step.action for step in steps] == ["write", "replace"]
    shown = json.dumps([[dict(step.before), dict(step.after)] for step in steps])
    assert "<hidden, new>" in shown
    assert "secret-database" not in shown
    assert "another-one" not in shown
    assert "another-one" not in repr(steps)


def test_a_file_that_changed_hands_is_mended() -> None:
    want = _desire()
    have = _observed(want)
    path = "/etc/tierline/odoo/acme_prod/blue/odoo.conf"
    files = {**have.files, path: replace(have.files[path], mode=0o644)}
    assert _actions(want, replace(have, files=files)) == ["write"]


def test_a_container_that_someone_changed_is_replaced() -> None:
    want = _desire()
    have = _observed(want)
    have.containers["acme_prod-blue"]["HostConfig"]["Memory"] = 1  # type: ignore[index]
    (step,) = plan([want], have)
    assert (step.action, dict(step.before)) == ("replace", {"Memory": 1})


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ({"Running": False, "Status": "exited"}, "start"),
        ({"Running": True, "Paused": True, "Status": "paused"}, "start"),
        ({"Running": True, "Status": "running", "Health": {"Status": "unhealthy"}}, "restart"),
    ],
)
def test_a_container_that_does_not_serve_is_started(state: dict[str, Any], action: str) -> None:
    want = _desire()
    have = _observed(want)
    have.containers["acme_prod-blue"]["State"] = state  # type: ignore[index]
    assert _actions(want, have) == [action]


def test_other_environments_are_left_alone() -> None:
    have = _observed(desire(parse([other()])[0], SETTINGS, {}, TEXTS, KEY))
    assert {step.environment for step in plan([_desire()], have)} == {"acme_prod"}


def _absent(**changes: Any) -> Environment:
    return parse([{"environment": "acme_prod", "state": "absent", **changes}])[0]


def test_removal_keeps_the_filestore() -> None:
    subjects = [step.subject for step in plan_absent(_absent(), SETTINGS, _observed(_desire()))]
    assert subjects == ["acme_prod-blue", "tierline-acme_prod", "/etc/tierline/odoo/acme_prod"]


def test_removal_takes_the_filestore_when_told() -> None:
    steps = plan_absent(_absent(remove_filestore=True), SETTINGS, _observed(_desire()))
    assert steps[-1].subject == "/var/lib/tierline/odoo/acme_prod"


def test_removal_of_nothing_is_nothing() -> None:
    assert plan_absent(_absent(remove_filestore=True), SETTINGS, Observed()) == []


def test_a_taken_port_is_refused() -> None:
    have = _observed(_desire())
    want = desire(parse([other(ports={"http": 10009, "websocket": 10013})])[0], SETTINGS, {}, TEXTS, KEY)
    assert conflicts([want], have) == ["globex: port 10009 is already published by container acme_prod-blue: choose another one"]
    assert conflicts([_desire()], have) == []


def test_foreign_containers_and_networks_are_not_taken_over() -> None:
    have = Observed(
        {"acme_prod-blue": {"Config": {}, "HostConfig": {"PortBindings": None}}}, {"tierline-acme_prod": {"Labels": None}}, {}
    )
    assert len(conflicts([_desire()], have)) == 2


def test_the_container_gains_no_rights() -> None:
    host = _desire().container["HostConfig"]
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["SecurityOpt"]) == (True, ["ALL"], ["no-new-privileges"])
    assert _desire().container["User"] != spec.server(parse([other()])[0], SETTINGS, {})["User"]


def test_the_container_is_told_no_secret() -> None:
    text = json.dumps(_desire().container)
    assert "secret-" not in text


def test_without_workers_websockets_go_to_the_http_port() -> None:
    bindings = _desire({"workers": 0}).container["HostConfig"]["PortBindings"]
    assert [entry["HostPort"] for entry in bindings["8069/tcp"]] == ["10008", "10009"]


def test_bridge_names_fit_an_interface_and_differ() -> None:
    names = {spec.bridge_name(name) for name in ("acme_prod", "acme_staging", "a" * 40)}
    assert len(names) == 3
    assert max(map(len, names)) <= 15


def test_another_version_of_our_module_replaces_the_container_and_leaves_the_old_files() -> None:
    have = _observed(_desire())
    newer = replace(SETTINGS, server_module={"__manifest__.py": "{'version': 2}"})
    want = desire(parse([item()])[0], newer, {"db1": "192.0.2.10"}, TEXTS, KEY)
    steps = plan([want], have)
    assert [step.action for step in steps] == ["mkdir", "mkdir", "write", "replace"]
    assert not any(step.subject.startswith(f"{SETTINGS.addons_dir}/{SETTINGS.server_module_version}") for step in steps)
