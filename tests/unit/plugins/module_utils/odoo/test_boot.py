# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odoo on a restored database: what the container gets, what is left of it, and what is said when it doesn't boot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import boot, fence
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings
from ansible_collections.tierline.erp.plugins.modules import odoo_boot_probe

PARAMS = {
    "environment": "acme_prod",
    "image": "odoo@sha256:" + "1" * 64,
    "addons": [],
    "database": "acme",
    "host": "db1",
    "port": 5499,
    "user": "tierline_proof",
    "password": "of-the-guest",
    "ca_file": "/ca.crt",
    "timeout": 180,
}
SEEN = {"version": "19.0", "seconds": 7.4, "login": [True, "in"], "invoice": [None, "no customer invoice is posted in it"]}


class FakeEngine:
    def __init__(self, output: Any = SEEN) -> None:
        self.output = output
        self.asked: dict[str, Any] = {}
        self.files: dict[str, str] = {}

    def run_once(self, name: str, wanted: dict[str, Any], timeout: int) -> str:
        self.asked = {"name": name, "wanted": wanted, "timeout": timeout}
        home = wanted["HostConfig"]["Binds"][0].split(":")[0]
        self.files = {file.name: file.read_text() for file in Path(home).iterdir()}
        if isinstance(self.output, Exception):
            raise self.output
        return json.dumps(self.output)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(boot.files.os, "chown", lambda *_: None)
    monkeypatch.setattr(boot.files.os, "fchown", lambda *_: None)
    return Settings(data_dir=f"{tmp_path}/data", runtime_dir=f"{tmp_path}/run/odoo", custom_dir=f"{tmp_path}/custom")


def booted(settings: Settings, engine: Any, doors: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    @contextmanager
    def door(leads_to: fence.Door, _directory: str, _uid: int) -> Iterator[None]:
        if doors is not None:
            doors.append(leads_to)
        yield

    connect = engine if callable(engine) else lambda: engine
    return boot.Booter(connect, settings, 180, door).boot(odoo_boot_probe.environment(PARAMS | changes))


def test_it_reaches_nothing_but_the_restored_database(settings: Settings) -> None:
    engine = FakeEngine()
    doors: list[fence.Door] = []
    found = booted(settings, engine, doors)
    wanted = engine.asked["wanted"]
    assert wanted["HostConfig"]["NetworkMode"] == "none"
    assert "PortBindings" not in wanted["HostConfig"]
    assert wanted["Image"] == PARAMS["image"]
    assert wanted["Entrypoint"] == ["python3"]
    assert wanted["Cmd"] == ["/etc/tierline/odoo/boot.py", "180"]
    assert engine.asked["timeout"] > 180
    assert [(each.server.host, each.server.port, each.databases) for each in doors] == [("db1", 5499, ("acme", "postgres"))]
    assert not any("filestore" in bind for bind in wanted["HostConfig"]["Binds"])
    assert found == {
        "checks": [
            {"name": boot.LOGIN, "passed": True, "detail": "in"},
            {"name": boot.INVOICE, "passed": None, "detail": "not asked for: no customer invoice is posted in it"},
        ],
        "seconds": 7.4,
        "version": "19.0",
    }


def test_no_scheduled_action_runs_and_no_secret_is_in_the_command(settings: Settings) -> None:
    engine = FakeEngine()
    booted(settings, engine)
    assert "max_cron_threads = 0\n" in engine.files["odoo.conf"]
    assert "db_user = tierline_proof\n" in engine.files["odoo.conf"]
    assert "db_password = of-the-guest\n" in engine.files["odoo.conf"]
    assert "def administrator(" in engine.files["boot.py"]
    assert "of-the-guest" not in json.dumps(engine.asked)


def test_nothing_is_left(settings: Settings, tmp_path: Path) -> None:
    booted(settings, FakeEngine(OdooError("it ended")))
    assert [path for path in tmp_path.rglob("*") if path.is_file() or "acme" in path.name] == []


@pytest.mark.parametrize(
    ("engine", "changes", "reason"),
    [
        (FakeEngine(OdooError("image odoo is nowhere to be had")), {}, "image odoo is nowhere to be had"),
        (FakeEngine(), {"addons": ["2" * 64]}, "archives of custom modules"),
    ],
)
def test_what_does_not_boot_is_a_failed_check(settings: Settings, engine: Any, changes: dict[str, Any], reason: str) -> None:
    found = booted(settings, engine, **changes)
    assert [check["passed"] for check in found["checks"]] == [False, False]
    assert reason in found["checks"][0]["detail"]
    assert found["seconds"] == 0.0


def test_a_machine_without_an_engine_is_a_failed_check(settings: Settings) -> None:
    def connect() -> Any:
        raise OdooError("the Docker engine of this machine does not answer")

    assert "does not answer" in booted(settings, connect)["checks"][0]["detail"]


def test_the_module_hands_on_what_was_seen() -> None:
    def connect() -> Any:
        raise OdooError("no engine")

    found = odoo_boot_probe.run(PARAMS | {"addons": ["2" * 64]}, connect)
    assert found["changed"] is False
    assert [check["passed"] for check in found["checks"]] == [False, False]
