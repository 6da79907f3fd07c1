# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import database, engine, files, firewall, nft, report, setup
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import parse
from ansible_collections.tierline.erp.plugins.module_utils.odoo.plan import File

from .helpers import Engine, item


def _own(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid


def test_files_are_replaced_with_their_mode(tmp_path: Path) -> None:
    uid, gid = _own(tmp_path)
    want = File(str(tmp_path / "a"), 0o640, uid, gid, "secret\n")
    (tmp_path / "a.new").write_text("left by an interrupted run")
    files.apply(want)
    assert files.read([want.path]) == {want.path: want}
    assert not (tmp_path / "a.new").exists()


def test_directories_are_made_and_read(tmp_path: Path) -> None:
    uid, gid = _own(tmp_path)
    want = File(str(tmp_path / "a" / "b"), 0o750, uid, gid)
    files.apply(want)
    assert files.read([want.path, str(tmp_path / "none")]) == {want.path: want}
    files.remove_tree(want.path)
    assert files.read([want.path]) == {}


def test_a_missing_text_says_what_it_is_for(tmp_path: Path) -> None:
    with pytest.raises(OdooError, match="must hold the authority"):
        files.text(str(tmp_path / "ca.crt"), "the authority")


def test_the_key_is_kept_once_and_only_when_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.os, "chown", lambda *_: None)
    monkeypatch.setattr(files.os, "fchown", lambda *_: None)
    key = files.machine_key(str(tmp_path))
    assert len(key) == 32
    assert not (tmp_path / ".key").exists()
    files.keep_key(str(tmp_path), key)
    files.keep_key(str(tmp_path), b"never written")
    assert files.machine_key(str(tmp_path)) == key
    assert stat.S_IMODE((tmp_path / ".key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("found", "address"),
    [(["192.0.2.9", "192.0.2.1"], "192.0.2.1"), (["2001:db8::1", "192.0.2.1"], "192.0.2.1"), (["127.0.1.1"], "host-gateway")],
)
def test_names_become_addresses_that_a_container_can_use(found: list[str], address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (text, 0)) for text in found])
    assert files.container_address("db1") == address


def test_an_address_needs_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.socket, "getaddrinfo", None)
    assert files.container_address("192.0.2.1") is None


def test_an_unknown_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(files.socket, "getaddrinfo", fail)
    with pytest.raises(OdooError, match="'nobody' is not resolved"):
        files.addresses("nobody")


class Api:
    """The SDK's client as far as it is used, with states that come one after another."""

    def __init__(self, *states: dict[str, Any]) -> None:
        self.states = list(states)
        self.done: list[str] = []

    def inspect_container(self, _name: str) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"State": state}

    def logs(self, _name: str, **_: Any) -> bytes:
        return b"the last words\n"

    def wait(self, _name: str, **_: Any) -> dict[str, int]:
        return {"StatusCode": self.states[0]["ExitCode"]}

    def remove_container(self, name: str, **_: Any) -> None:
        self.done.append(f"remove {name}")


def _engine(api: Api) -> engine.Engine:
    made = engine.Engine.__new__(engine.Engine)
    made._api = api
    return made


HEALTHY = {"Running": True, "Health": {"Status": "healthy"}}
STARTING = {"Running": True, "Health": {"Status": "starting"}}


def test_waiting_ends_with_health(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.time, "sleep", lambda _: None)
    _engine(Api(STARTING, STARTING, HEALTHY)).wait_healthy("a-blue", 60)


@pytest.mark.parametrize(
    ("state", "timeout", "told"),
    [
        ({"Running": False, "ExitCode": 3}, 60, "exited with code 3"),
        ({"Running": True, "Health": {"Status": "unhealthy"}}, 60, "its health is 'unhealthy'"),
        (STARTING, 0, "its health is 'starting'"),
    ],
)
def test_waiting_in_vain_shows_the_log(state: dict[str, Any], timeout: int, told: str) -> None:
    with pytest.raises(OdooError) as caught:
        _engine(Api(state)).wait_healthy("a-blue", timeout)
    assert told in str(caught.value)
    assert "the last words" in str(caught.value)


def test_a_leftover_is_waited_for_and_removed() -> None:
    api = Api({"Running": True, "ExitCode": 0})
    assert _engine(api).finish_leftover("a-setup", 5)
    assert api.done == ["remove a-setup"]


def test_a_failed_run_shows_the_log() -> None:
    with pytest.raises(OdooError, match=r"exit code 7(.|\n)*the last words"):
        _engine(Api({"ExitCode": 7}))._finish("a-setup", 5)


def test_check_mode_takes_a_missing_engine_for_an_empty_one() -> None:
    def connect() -> None:
        raise OdooError("no engine here.")

    warnings: list[str] = []
    made = engine.open_engine(connect, True, warnings.append)
    assert (made.containers(), made.networks(), made.has_image("x"), made.image_problem("x")) == ({}, {}, False, None)
    assert warnings == ["no engine here. Assuming that nothing runs here yet."]
    with pytest.raises(OdooError):
        engine.open_engine(connect, False, warnings.append)


def test_the_engines_errors_are_told_and_defects_are_not_hidden() -> None:
    docker_errors = pytest.importorskip("docker.errors")
    with pytest.raises(OdooError, match="the Docker engine refused: full"), engine.reported():
        raise docker_errors.APIError("x", explanation="full")
    with pytest.raises(KeyError), engine.reported():
        raise KeyError("defect")


class Cursor:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def execute(self, *_: Any) -> None:
        self.answer = self.answers.pop(0)

    def fetchone(self) -> Any:
        return self.answer

    def fetchall(self) -> Any:
        return self.answer


def test_databases_are_read_as_far_as_odoo_got() -> None:
    assert database._read(Cursor((0, False, False))) == setup.DatabaseState()
    rows = [("base", "installed", "19.0.1.3"), ("account", "to install", None)]
    state = database._read(Cursor((80, True, True), rows, [("web.base.url", "https://a")]))
    assert state == setup.DatabaseState(
        80, {"base": "installed", "account": "to install"}, {"web.base.url": "https://a"}, "19.0.1.3"
    )
    assert not state.complete


def test_containers_are_reported_by_environment() -> None:
    made = Engine()
    ports = {"8069/tcp": [{"HostIp": "0.0.0.0", "HostPort": "1"}]}
    config = {
        "Image": "i",
        "Labels": {"tierline.environment": "acme_prod", "tierline.slot": "blue"},
        "HostConfig": {"Memory": 2**30, "NanoCpus": 5 * 10**8, "PortBindings": ports},
    }
    made.create("acme_prod-blue", config)
    made.start("acme_prod-blue")
    made.create("someone", {"HostConfig": {}})
    (row,) = report.containers(made.containers())
    assert (row["environment"], row["slot"], row["health"]) == ("acme_prod", "blue", "healthy")
    assert (row["memory_mb"], row["cpus"]) == (1024, 0.5)
    assert row["ports"] == {"8069/tcp": ["0.0.0.0:1"]}
    assert report.containers(made.containers(), ["globex"]) == []


def test_databases_are_reported() -> None:
    env = parse([item()])[0]
    row = report.database(env, setup.DatabaseState(2, {"base": "installed"}, {setup.MARKER: "1"}, "19"))
    assert (row["initialised"], row["missing"], row["modules"], row["base_url"]) == (True, ["account"], ["base"], None)


def test_a_ruleset_that_nft_refuses_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Result:
        returncode, stdout, stderr = 1, "", "syntax error"

    monkeypatch.setattr(nft.subprocess, "run", lambda *_, **__: Result())
    assert nft.loaded() is None
    steps = nft_plan(str(tmp_path / "f"))
    with pytest.raises(OdooError, match="syntax error"):
        nft.apply(steps[:1], str(tmp_path / "f"))
    with pytest.raises(OdooError, match="did not load"):
        nft.apply(steps[1:], str(tmp_path / "f"))
    assert not (tmp_path / "f").exists()


def nft_plan(path: str) -> list[Any]:
    return firewall.plan(path, None, None, firewall.render(["192.0.2.1"], (10000, 32767)))
