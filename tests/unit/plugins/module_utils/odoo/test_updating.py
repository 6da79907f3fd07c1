# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an update asks of the engine: which containers, with what, and what is left behind."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import files, modules, spec, updating
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Settings
from ansible_collections.tierline.erp.plugins.module_utils.odoo.modules import Contents, Update
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse
from ansible_collections.tierline.erp.plugins.module_utils.odoo.updating import Updater

from .helpers import IMAGE, Engine, item

SHA256 = "ab" * 32
UPDATE = Update(("acme_sales",), (), {"acme_sales": "new"})
INSTALLED = {"base": "installed", "account": "installed", "acme_sales": "installed"}


class Copies:
    def __init__(self) -> None:
        self.have = Contents(INSTALLED, {"base": "b", "account": "a", "acme_sales": "old"})
        self.found, self.dropped = {"acme_prod", "acme_prod_rehearsal"}, []  # type: ignore[var-annotated]
        self.remembered: dict[str, str] = {}
        self.balances = [{"1": Decimal(5)}]

    def contents(self, _env: Any, _name: str | None = None) -> Contents:
        return self.have

    def books(self, _env: Any, _name: str | None = None) -> dict[str, Decimal]:
        return self.balances.pop(0) if len(self.balances) > 1 else self.balances[0]

    def names(self, _env: Any) -> set[str]:
        return self.found

    def drop(self, _env: Any, names: list[str]) -> None:
        self.dropped += names

    def remember(self, _env: Any, hashes: dict[str, str]) -> None:
        self.remembered = hashes


class Machine:
    def __init__(self, path: Path) -> None:
        (path / "ca.crt").write_text("authority\n")
        places = {name: str(path / name) for name in ("config_dir", "data_dir", "runtime_dir", "record_dir", "custom_dir")}
        self.settings = Settings(**places, ca_file=str(path / "ca.crt"))  # type: ignore[arg-type]
        self.engine, self.copies, self.specs = Engine(), Copies(), []  # type: ignore[var-annotated]
        self.doors: list[Any] = []
        self.engine.on_run = lambda name, wanted: self.specs.append((name, wanted))
        self.updater = Updater(self.engine, self.settings, self.copies, open_door=self.door)

    @contextlib.contextmanager
    def door(self, door: Any, _directory: str, _uid: int) -> Iterator[None]:
        self.doors.append(door)
        yield


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for function in ("chown", "fchown"):
        monkeypatch.setattr(files.os, function, lambda *_: None)
    store = tmp_path / "data_dir" / "acme_prod" / "filestore" / "acme_prod" / "a1"
    store.mkdir(parents=True)
    (store / "a1b2").write_text("attachment")
    return Machine(tmp_path)


def environment(**changes: Any) -> Any:
    return parse([item(modules=["account", "acme_sales"], addons=[{"sha256": SHA256}], **changes)])[0]


def running(**labels: str) -> dict[str, Any]:
    return {"Config": {"Image": IMAGE, "Labels": labels}}


def told(**hashes: str) -> str:
    found = {name: {"hash": text, "custom": False} for name, text in hashes.items()}
    return json.dumps({"series": "19.0", "available": sorted(found), "modules": found})


def test_nobody_looks_where_the_code_is_the_same(machine: Machine) -> None:
    same = running(**{spec.LABEL_ADDONS: SHA256, spec.LABEL_MODULES: "account,acme_sales"})
    assert machine.updater.assess(environment(), same) is None
    assert machine.updater.assess(environment(), None) is None
    assert not machine.specs


def test_new_code_is_hashed_without_a_network_and_compared(machine: Machine) -> None:
    machine.engine.outputs["acme_prod-scan"] = told(base="b", account="a", acme_sales="new")
    update = machine.updater.assess(environment(), running())
    assert update is not None
    assert (update.modules, update.install) == (("acme_sales",), ())
    ((_name, wanted),) = machine.specs
    assert wanted["HostConfig"]["NetworkMode"] == "none"
    inside = f"/usr/share/tierline/odoo/custom/{SHA256[:12]}"
    assert wanted["HostConfig"]["Binds"] == [f"{machine.settings.custom_dir}/{SHA256}:{inside}:ro"]
    machine.engine.outputs["acme_prod-scan"] = told(base="b", account="a", acme_sales="old")
    assert machine.updater.assess(environment(), running()) is None


def test_a_database_that_remembers_nothing_fits_what_runs(machine: Machine) -> None:
    machine.copies.have = Contents(INSTALLED, None)
    machine.engine.outputs["acme_prod-scan"] = told(base="b", account="a", acme_sales="new")
    assert machine.updater.assess(environment(), running(**{spec.LABEL_ADDONS: "cd" * 32})) is None
    assert [wanted["HostConfig"]["Binds"][0].count("cd" * 32) for _name, wanted in machine.specs] == [0, 1]


def test_what_nobody_wrote_down_came_with_the_running_code(machine: Machine) -> None:
    machine.copies.have = Contents({**INSTALLED, "mail": "installed"}, {"base": "b", "account": "a", "acme_sales": "old"})
    machine.engine.outputs["acme_prod-scan"] = told(base="b", account="a", acme_sales="new", mail="m")
    update = machine.updater.assess(environment(), running(**{spec.LABEL_ADDONS: "cd" * 32}))
    assert update is not None
    assert update.modules == ("acme_sales",)


def test_code_that_does_not_fit_is_refused(machine: Machine) -> None:
    machine.engine.outputs["acme_prod-scan"] = told(base="b", account="a")
    with pytest.raises(OdooError, match="acme_sales is installed"):
        machine.updater.assess(environment(), running())


def test_a_rehearsal_reaches_its_copy_and_nothing_else(machine: Machine) -> None:
    seen: dict[str, Any] = {}

    def look(name: str, wanted: dict[str, Any]) -> None:
        machine.specs.append((name, wanted))
        binds = dict(bind.split(":")[1::-1] for bind in wanted["HostConfig"]["Binds"])
        seen["conf"] = (Path(binds["/etc/tierline/odoo"]) / "odoo.conf").read_text()
        seen["attachment"] = (Path(binds["/var/lib/odoo"]) / "filestore/acme_prod_rehearsal/a1/a1b2").read_text()

    machine.engine.on_run = look
    outcome = machine.updater.rehearse(environment(), UPDATE)
    assert outcome["modules"] == "update acme_sales"
    assert [wanted["Entrypoint"] for _name, wanted in machine.specs] == [["odoo"], ["sh"]]
    for _name, wanted in machine.specs:
        assert (wanted["HostConfig"]["NetworkMode"], wanted["HostConfig"]["ExtraHosts"]) == ("none", [])
        assert f"{machine.settings.data_dir}/acme_prod:" not in str(wanted)
    assert "db_host = /run/tierline-database\n" in seen["conf"]
    assert "db_name = acme_prod_rehearsal\n" in seen["conf"]
    assert seen["attachment"] == "attachment"
    assert machine.doors[0].databases == ("acme_prod_rehearsal", "postgres")
    assert machine.copies.dropped == ["acme_prod_rehearsal"]
    assert sorted(path.name for path in Path(machine.settings.data_dir).iterdir()) == ["acme_prod"]


def test_a_rehearsal_that_fails_says_that_nothing_was_touched(machine: Machine) -> None:
    machine.copies.balances = [{"1": Decimal(5)}, {"1": Decimal(6)}]
    with pytest.raises(OdooError, match=r"nothing was touched: .* trial balance: account 1: 5 before, 6 after"):
        machine.updater.rehearse(environment(), UPDATE)
    assert machine.copies.dropped == ["acme_prod_rehearsal"]
    machine.copies.found = {"acme_prod"}
    with pytest.raises(OdooError, match="there is no copy acme_prod_rehearsal"):
        machine.updater.rehearse(environment(), UPDATE)


def test_the_real_update_is_checked_and_remembered(machine: Machine) -> None:
    machine.updater.update(environment(), UPDATE)
    ((name, wanted),) = machine.specs
    assert name == "acme_prod-setup"
    assert "--update=acme_sales" in wanted["Cmd"]
    assert machine.copies.remembered == {"acme_sales": "new"}
    assert not (Path(machine.settings.runtime_dir) / "acme_prod").exists()


def test_what_odoo_only_warns_of_is_an_error(machine: Machine) -> None:
    machine.copies.have = Contents({**INSTALLED, "acme_sales": "to upgrade"})
    with pytest.raises(OdooError, match="did not update acme_sales"):
        machine.updater.update(environment(), UPDATE)
    assert not machine.copies.remembered


def test_the_scripts_are_python() -> None:
    compile(modules.SCRIPT, "scan", "exec")
    compile(updating.BUSINESS_SCRIPT, "business", "exec")
