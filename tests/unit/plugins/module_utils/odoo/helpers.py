# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.files import read
from ansible_collections.tierline.erp.plugins.module_utils.odoo.setup import DatabaseState

DIGEST = "sha256:" + "5b" * 32
IMAGE = f"registry.example.com/odoo@{DIGEST}"


def item(**changes: Any) -> dict[str, Any]:
    """One environment as a user writes it."""
    base: dict[str, Any] = {
        "environment": "acme_prod",
        "tenant": "acme",
        "image": IMAGE,
        "domains": ["acme.example.com"],
        "modules": ["account"],
        "database": {"name": "acme_prod", "user": "acme_prod", "host": "192.0.2.10", "port": 6432},
        "ports": {"http": 10008, "websocket": 10009},
        "secrets": {"database": "secret-database", "admin": "secret-admin", "master": "secret-master"},
    }
    return {**copy.deepcopy(base), **changes}


REDIS: dict[str, Any] = {
    "redis": {"host": "redis1", "port": 6379, "user": "acme_prod", "key_prefix": "acme_prod:"},
    "secrets": {**item()["secrets"], "redis": "secret-redis"},
}


def other(**changes: Any) -> dict[str, Any]:
    """A second environment that gets along with the first."""
    database = {"name": "globex", "user": "globex", "host": "192.0.2.10", "port": 6432}
    mine = {"environment": "globex", "domains": ["globex.example.com"], "ports": {"http": 10012, "websocket": 10013}}
    return item(**{**mine, "database": database, **changes})


class Engine:
    """A container engine in memory. It gives back what it was asked for, as the real one does."""

    def __init__(self) -> None:
        self.running: dict[str, dict[str, Any]] = {}
        self.nets: dict[str, dict[str, Any]] = {}
        self.images = {IMAGE}
        self.registry: set[str] = set()
        self.unhealthy: set[str] = set()
        self.calls: list[tuple[str, str]] = []
        self.outputs: dict[str, str] = {}
        self.on_run: Any = None
        self.requests: list[int] = []

    def containers(self) -> dict[str, dict[str, Any]]:
        return copy.deepcopy(self.running)

    def networks(self) -> dict[str, dict[str, Any]]:
        return copy.deepcopy(self.nets)

    def has_image(self, reference: str) -> bool:
        return reference in self.images

    def image_problem(self, reference: str) -> str | None:
        return None if reference in self.images | self.registry else f"image {reference} is not to be had"

    def pull(self, reference: str) -> None:
        self.calls.append(("pull", reference))
        self.images.add(reference)

    def create_network(self, network: dict[str, Any]) -> None:
        self.nets[network["name"]] = {"Name": network["name"], "Labels": dict(network["labels"])}

    def remove_network(self, name: str) -> None:
        del self.nets[name]

    def create(self, name: str, config: dict[str, Any]) -> None:
        self.calls.append(("create", name))
        body = copy.deepcopy(config)
        host = body.pop("HostConfig")
        self.running[name] = {"Name": f"/{name}", "Config": body, "HostConfig": host, "State": {"Running": False}}

    def start(self, name: str) -> None:
        self.calls.append(("start", name))
        self.running[name]["State"] = {"Running": True, "Status": "running", "Health": {"Status": "healthy"}}

    def unpause(self, name: str) -> None:
        self.start(name)

    def restart(self, name: str, _timeout: int) -> None:
        self.calls.append(("restart", name))
        self.start(name)

    def stop(self, name: str) -> None:
        self.calls.append(("stop", name))
        self.running[name]["State"] = {"Running": False, "Status": "exited"}

    def remove(self, name: str) -> None:
        self.calls.append(("remove", name))
        self.running.pop(name, None)

    def inspect(self, name: str) -> dict[str, Any] | None:
        return copy.deepcopy(self.running.get(name))

    def wait_running(self, name: str) -> None:
        if not self.running[name]["State"]["Running"]:
            raise OdooError(f"{name} ended")

    def open_requests(self, _name: str, _port: int) -> int:
        return self.requests.pop(0) if self.requests else 0

    def wait_healthy(self, name: str, _timeout: int) -> None:
        if name in self.unhealthy:
            raise OdooError(f"{name} did not become healthy")

    def finish_leftover(self, name: str, _timeout: int) -> bool:
        return self.running.pop(name, None) is not None

    def run_once(self, name: str, config: dict[str, Any], _timeout: int) -> str:
        self.calls.append(("run", name))
        if self.on_run:
            self.on_run(name, config)
        return self.outputs.get(name, "account\nbase\nmail\n")


class Databases:
    """The databases of a cluster in memory; installing is what the engine's one-off containers do."""

    def __init__(self, engine: Engine, **states: DatabaseState) -> None:
        self.states = states
        self.engine = engine
        self.installs: list[str] = []
        self.fail_after_install = False
        engine.on_run = self._run

    def read(self, env: Any, _ca_file: str) -> DatabaseState:
        if env.name not in self.states:
            raise OdooError("can't be reached")
        return self.states[env.name]

    def _run(self, name: str, config: dict[str, Any]) -> None:
        if not name.endswith("-setup"):
            return
        env = name.removesuffix("-setup")
        have = self.states[env]
        init = next((word for word in config["Cmd"] if word.startswith("--init=")), None)
        if init:
            self.installs.append(init)
            names = init.removeprefix("--init=").split(",")
            modules = {**have.modules, **dict.fromkeys(names, "installed")}
            self.states[env] = DatabaseState(80, modules, have.parameters, "19.0.1.3")
            if self.fail_after_install:
                raise OdooError("cut off")
            return
        path = config["HostConfig"]["Binds"][0].partition(":")[0]
        payload = read([f"{path}/setup.json"])[f"{path}/setup.json"]
        parameters = {**have.parameters, **dict(json.loads(payload.content or "")["parameters"])}
        self.states[env] = DatabaseState(have.tables, have.modules, parameters, have.version)
