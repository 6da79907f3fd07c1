# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import engine
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError


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
