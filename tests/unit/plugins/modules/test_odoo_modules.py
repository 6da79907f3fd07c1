# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tierline.erp.plugins.doc_fragments.odoo_environments import ModuleDocFragment
from ansible_collections.tierline.erp.plugins.module_utils.odoo import arguments, files, nft, reconcile
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.setup import MARKER, DatabaseState
from ansible_collections.tierline.erp.plugins.modules import (
    odoo_containers,
    odoo_containers_info,
    odoo_databases,
    odoo_databases_info,
    odoo_firewall,
)

from ..module_utils.odoo.helpers import IMAGE, Databases, Engine, item, other

MODULE = {"__init__.py": "", "__manifest__.py": "{}"}


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Directories of our own; nobody changes owners in a unit test."""
    (tmp_path / "ca.crt").write_text("authority\n")
    real = arguments.Settings
    run_dirs = {"runtime_dir": str(tmp_path / "run"), "record_dir": str(tmp_path / "releases")}
    monkeypatch.setattr(arguments, "Settings", lambda **known: real(**run_dirs, **known))
    monkeypatch.setattr(files, "make_parent", lambda path: path.startswith(str(tmp_path)) and Path(path).mkdir(exist_ok=True))
    monkeypatch.setattr(files.os, "chown", lambda *_: None)
    monkeypatch.setattr(files.os, "fchown", lambda *_: None)
    read = files.read

    def as_wanted(paths: Any) -> Any:
        found = read(paths)
        return {path: owners.get(path, file) for path, file in found.items() if owners.get(path, file).content == file.content}

    owners: dict[str, Any] = {}
    apply = files.apply
    monkeypatch.setattr(files, "apply", lambda file: (apply(file), owners.__setitem__(file.path, file)))
    monkeypatch.setattr(files, "read", as_wanted)
    names = {"config_dir": "etc", "data_dir": "var", "ca_file": "ca.crt", "addons_dir": "addons"}
    return {option: str(tmp_path / name) for option, name in names.items()}


def _params(places: dict[str, str], *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "environments": list(items),
        **places,
        "server_module": MODULE,
        "in_place": True,
        "wait_timeout": 1,
        "timeout": 1,
        "parallel": 2,
        **more,
    }


def test_containers_dry_run_run_and_run_again(places: dict[str, str]) -> None:
    engine = Engine()
    params = _params(places, item(), other())
    dry = odoo_containers.run(engine, params, True)
    assert not engine.running
    first = odoo_containers.run(engine, params, False)
    again = odoo_containers.run(engine, params, False)
    assert dry == first
    assert sorted(engine.running) == ["acme_prod-blue", "globex-blue"]
    assert (first["changed"], again["changed"], again["steps"]) == (True, False, [])
    assert "secret-" not in json.dumps([dry, first, engine.running])


def test_dry_run_and_run_show_the_same_change(places: dict[str, str]) -> None:
    engine = Engine()
    odoo_containers.run(engine, _params(places, item()), False)
    params = _params(places, item(memory_mb=2048))
    dry = odoo_containers.run(engine, params, True)
    assert dry["changed"]
    assert dry == odoo_containers.run(engine, params, False)


def test_a_rotated_secret_replaces_one_container(places: dict[str, str]) -> None:
    engine = Engine()
    odoo_containers.run(engine, _params(places, item(), other()), False)
    engine.calls.clear()
    changed = item(secrets={**item()["secrets"], "database": "fresh"})
    result = odoo_containers.run(engine, _params(places, changed, other()), False)
    assert [step["action"] for step in result["steps"]] == ["write", "replace"]
    assert engine.calls[1:] == [("remove", "acme_prod-blue"), ("create", "acme_prod-blue"), ("start", "acme_prod-blue")]
    assert "fresh" not in json.dumps(result)


def test_one_environments_trouble_does_not_stop_another(places: dict[str, str]) -> None:
    engine = Engine()
    engine.unhealthy = {"acme_prod-blue"}
    with pytest.raises(OdooError, match="acme_prod: acme_prod-blue did not become healthy"):
        odoo_containers.run(engine, _params(places, item(), other()), False)
    assert engine.running["globex-blue"]["State"]["Running"]


@pytest.mark.parametrize(("state", "call"), [("Running", "start"), ("Paused", "start"), ("Unhealthy", "restart")])
def test_what_does_not_serve_is_started(places: dict[str, str], state: str, call: str) -> None:
    engine = Engine()
    odoo_containers.run(engine, _params(places, item()), False)
    states = {
        "Running": {"Running": False, "Status": "exited"},
        "Paused": {"Running": True, "Paused": True, "Status": "paused"},
        "Unhealthy": {"Running": True, "Health": {"Status": "unhealthy"}},
    }
    engine.running["acme_prod-blue"]["State"] = states[state]
    result = odoo_containers.run(engine, _params(places, item()), False)
    assert [step["action"] for step in result["steps"]] == [call]
    assert not odoo_containers.run(engine, _params(places, item()), False)["changed"]


def test_removal_leaves_the_filestore_and_the_neighbour(places: dict[str, str]) -> None:
    engine = Engine()
    odoo_containers.run(engine, _params(places, item(), other()), False)
    gone = {"environment": "acme_prod", "state": "absent"}
    assert odoo_containers.run(engine, _params(places, gone), False)["changed"]
    assert not odoo_containers.run(engine, _params(places, gone), False)["changed"]
    assert sorted(engine.running) == ["globex-blue"]
    assert Path(places["data_dir"], "acme_prod").is_dir()
    assert not Path(places["config_dir"], "acme_prod").exists()
    odoo_containers.run(engine, _params(places, {**gone, "remove_filestore": True}), False)
    assert not Path(places["data_dir"], "acme_prod").exists()


def test_a_missing_image_is_refused_before_anything_is_touched(places: dict[str, str]) -> None:
    engine = Engine()
    engine.images.clear()
    with pytest.raises(OdooError, match="is not to be had"):
        odoo_containers.run(engine, _params(places, item()), False)
    assert not engine.calls


def test_a_missing_authority_is_refused_but_not_in_check_mode(places: dict[str, str]) -> None:
    Path(places["ca_file"]).unlink()
    with pytest.raises(OdooError, match=r"ca\.crt is missing"):
        odoo_containers.run(Engine(), _params(places, item()), False)
    assert odoo_containers.run(Engine(), _params(places, item()), True)["changed"]


def test_a_relative_path_is_refused(places: dict[str, str]) -> None:
    with pytest.raises(OdooError, match="data_dir is 'x'"):
        odoo_containers.run(Engine(), _params({**places, "data_dir": "x"}, item()), True)


def _databases(places: dict[str, str], databases: Databases, *items: dict[str, Any], check: bool = False) -> Any:
    return odoo_databases.run(databases.engine, _params(places, *items), check, databases.read)


def test_databases_dry_run_run_and_run_again(places: dict[str, str]) -> None:
    databases = Databases(Engine(), acme_prod=DatabaseState(), globex=DatabaseState())
    dry = _databases(places, databases, item(), other(), check=True)
    assert not databases.installs
    first = _databases(places, databases, item(), other())
    again = _databases(places, databases, item(), other())
    assert dry == first
    assert [step["action"] for step in first["steps"]] == ["initialise", "configure"] * 2
    assert (again["changed"], databases.installs) == (False, ["--init=account,base"] * 2)
    assert "secret-" not in json.dumps([dry, first])
    assert not list(Path(places["config_dir"]).parent.joinpath("run").glob("*/*"))


def test_an_initialisation_that_was_cut_off_is_completed(places: dict[str, str]) -> None:
    databases = Databases(Engine(), acme_prod=DatabaseState())
    databases.fail_after_install = True
    with pytest.raises(OdooError, match="cut off"):
        _databases(places, databases, item())
    assert not databases.states["acme_prod"].complete
    databases.fail_after_install = False
    result = _databases(places, databases, item())
    assert [step["action"] for step in result["steps"]] == ["configure"]
    assert databases.states["acme_prod"].parameters[MARKER] == "1"


def test_writers_stand_still_while_modules_are_added(places: dict[str, str]) -> None:
    engine = Engine()
    databases = Databases(engine, acme_prod=DatabaseState())
    _databases(places, databases, item())
    odoo_containers.run(engine, _params(places, item()), False)
    engine.calls.clear()
    _databases(places, databases, item(modules=["account", "mail"]))
    acted = [call for call in engine.calls if call[1].startswith("acme_prod") and call[1] != "acme_prod-modules"]
    assert acted == [("stop", "acme_prod-blue"), ("run", "acme_prod-setup"), ("start", "acme_prod-blue")]


def test_a_module_that_odoo_passes_over_is_told(places: dict[str, str]) -> None:
    databases = Databases(Engine(), acme_prod=DatabaseState())
    databases.engine.on_run = None
    with pytest.raises(OdooError, match="Odoo did not install account, base"):
        _databases(places, databases, item())


def test_a_module_that_the_image_lacks_is_refused_before_anything_is_touched(places: dict[str, str]) -> None:
    databases = Databases(Engine(), acme_prod=DatabaseState())
    with pytest.raises(OdooError, match="did you mean 'account'"):
        _databases(places, databases, item(modules=["acount"]))
    assert databases.engine.calls == [("run", "acme_prod-modules")]


def test_an_image_is_pulled_and_looked_into_before_a_database_is_touched(places: dict[str, str]) -> None:
    databases = Databases(Engine(), acme_prod=DatabaseState(), globex=DatabaseState())
    databases.engine.images, databases.engine.registry = set(), {IMAGE}
    assert _databases(places, databases, item(modules=["acount"]), check=True)["changed"]
    with pytest.raises(OdooError, match="did you mean 'account'"):
        _databases(places, databases, item(modules=["acount"]), other())
    assert databases.engine.calls == [("pull", IMAGE), ("run", "acme_prod-modules")]
    assert not databases.installs


def test_an_unreachable_database_is_refused_but_not_on_an_empty_machine_in_check_mode(places: dict[str, str]) -> None:
    databases = Databases(Engine())
    with pytest.raises(OdooError, match="acme_prod: can't be reached"):
        _databases(places, databases, item())
    assert _databases(places, databases, item(), check=True)["changed"]
    odoo_containers.run(databases.engine, _params(places, item()), False)
    with pytest.raises(OdooError, match="can't be reached"):
        _databases(places, databases, item(), check=True)


def test_an_image_is_only_asked_for_where_there_is_something_to_do(places: dict[str, str]) -> None:
    databases = Databases(Engine(), acme_prod=DatabaseState())
    _databases(places, databases, item())
    databases.engine.images.clear()
    assert not _databases(places, databases, item())["changed"]
    databases.states["acme_prod"] = dataclasses.replace(databases.states["acme_prod"], parameters={})
    with pytest.raises(OdooError, match="is not to be had"):
        _databases(places, databases, item())


def test_databases_are_reported(places: dict[str, str]) -> None:
    databases = Databases(Engine(), acme_prod=DatabaseState())
    result = odoo_databases_info.run(_params(places, item()), databases.read)
    assert (result["changed"], result["databases"][0]["missing"]) == (False, ["account", "base"])


def test_containers_are_reported(places: dict[str, str]) -> None:
    engine = Engine()
    odoo_containers.run(engine, _params(places, item()), False)
    (row,) = odoo_containers_info.run(engine, {"environments": []})["containers"]
    assert (row["name"], row["health"]) == ("acme_prod-blue", "healthy")


def test_the_firewall_is_written_and_loaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel: dict[str, str | None] = {"table": None}
    path = tmp_path / "firewall.nft"

    class Result:
        returncode, stderr = 0, ""

    def run(command: list[str], **_: Any) -> Result:
        if command[1:] == ["--file", str(path)]:
            kernel["table"] = path.read_text()
        return Result()

    monkeypatch.setattr(nft, "loaded", lambda: kernel["table"])
    monkeypatch.setattr(nft.subprocess, "run", run)
    monkeypatch.setattr(files.os, "fchown", lambda *_: None)
    params = {"edge_addresses": ["192.0.2.2", "192.0.2.1"], "ports": "10000-32767", "path": str(path)}
    dry = odoo_firewall.run(params, True)
    assert not path.exists()
    first = odoo_firewall.run(params, False)
    again = odoo_firewall.run(params, False)
    assert dry == first
    assert (first["addresses"], again["changed"]) == (["192.0.2.1", "192.0.2.2"], False)
    kernel["table"] = None  # someone flushed the ruleset
    assert odoo_firewall.run(params, False)["changed"]
    assert kernel["table"] == path.read_text()


def test_a_failed_step_of_the_engine_is_told_by_environment() -> None:
    def work(name: str) -> None:
        raise OdooError(f"{name} broke")

    with pytest.raises(OdooError, match="one: one broke\ntwo: two broke"):
        reconcile.in_parallel(["one", "two"], work, 1)


def test_the_engines_errors_are_told_and_defects_stay_visible() -> None:
    docker_errors = pytest.importorskip("docker.errors")

    def refuse(_name: str) -> None:
        raise docker_errors.APIError("x", explanation="no space")

    def defect(_name: str) -> None:
        raise KeyError("defect")

    with pytest.raises(OdooError, match="one: the Docker engine refused: no space"):
        reconcile.in_parallel(["one"], refuse, 1)
    with pytest.raises(KeyError):
        reconcile.in_parallel(["one"], defect, 1)


def _names(options: dict[str, Any], children: str) -> dict[str, Any]:
    return {name: _names(option.get(children) or {}, children) for name, option in options.items()}


def test_arguments_and_documentation_name_the_same() -> None:
    parts = (ModuleDocFragment.DOCUMENTATION, ModuleDocFragment.PLACES)
    documented = {name: option for part in parts for name, option in yaml.safe_load(part)["options"].items()}
    assert _names(documented, "suboptions") == _names({"environments": arguments.environments(), **arguments.places()}, "options")


@pytest.mark.parametrize(
    ("changes", "told"), [({"wrokers": 2}, "wrokers"), ({"workers": "two"}, "workers"), ({"state": "gone"}, "state")]
)
def test_arguments_are_checked(changes: dict[str, Any], told: str) -> None:
    validator = ArgumentSpecValidator({"environments": arguments.environments()})
    assert validator.validate({"environments": [item()]}).error_messages == []
    assert told in str(validator.validate({"environments": [item(**changes)]}).error_messages)


def test_secrets_are_kept_out_of_logs() -> None:
    validator = ArgumentSpecValidator({"environments": arguments.environments()})
    assert {"secret-database", "secret-admin", "secret-master"} <= validator.validate({"environments": [item()]})._no_log_values
