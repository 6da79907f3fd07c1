# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Boots Odoo on a restored database, in a container that reaches nothing but that, and tells what a user would see."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import config, fence, files, inside_boot, spec
from .engine import reported
from .errors import OdooError
from .models import Environment, Settings
from .plan import configuration

# As a restore certificate names them.
LOGIN, INVOICE = "Odoo boots from the recorded image and lets a user in", "a posted invoice can be read in Odoo"
# For the container itself, beside what Odoo may take.
_MARGIN = 60
_NOTHING = {"version": "", "seconds": 0.0, "invoice": [False, "not tried: Odoo did not boot"]}


@dataclass(frozen=True)
class Booter:
    connect: Callable[[], Any]
    settings: Settings
    timeout: int = 180
    open_door: Callable[..., Any] = fence.opened

    def boot(self, env: Environment) -> dict[str, Any]:
        """Nothing of it is left. What doesn't boot is a finding, which is told like any other."""
        try:
            self._check_addons(env)
            with reported():
                seen = json.loads(self._run(env, self.connect()))
        except (OdooError, OSError, ValueError) as error:
            seen = {**_NOTHING, "login": [False, str(error)]}
        checks = [_check(LOGIN, *seen["login"]), _check(INVOICE, *seen["invoice"])]
        return {"checks": checks, "seconds": seen["seconds"], "version": seen["version"]}

    def _check_addons(self, env: Environment) -> None:
        missing = [sha256 for sha256 in env.addons if not os.path.isdir(f"{self.settings.custom_dir}/{sha256}")]
        if missing:
            raise OdooError(f"archives of custom modules that it ran with aren't on this machine: {', '.join(missing)}")

    def _run(self, env: Environment, engine: Any) -> str:
        root = f"{self.settings.runtime_dir}/.restored"
        data, door = f"{self.settings.data_dir}/.{env.name}.restored", f"{self.settings.runtime_dir}/.restored-door-{env.name}"
        home = f"{root}/{env.name}"
        for directory in (os.path.dirname(self.settings.runtime_dir), self.settings.runtime_dir, root):
            files.make_parent(directory)
        try:
            # No attachment is there: they are compared with the store by checks of their own, and what serves stays untouched.
            for directory in (data, door):
                files.remove_tree(directory)
                files.apply(files.File(directory, 0o700, env.uid, env.uid))
            for file in configuration(root, env, self._texts(env)):
                files.apply(file)
            # Odoo asks the database postgres whether its own exists.
            leads_to = fence.Door(env.database, self.settings.ca_file, (env.database.name, "postgres"))
            with self.open_door(leads_to, door, env.uid):
                wanted = spec.fenced(env, self.settings, home, data, door, [f"{config.CONFIG_DIR}/boot.py", str(self.timeout)])
                wanted["Entrypoint"] = ["python3"]
                return str(engine.run_once(f"{env.name}-restored", wanted, self.timeout + _MARGIN))
        finally:
            for place in (home, data, door):
                files.remove_tree(place)

    def _texts(self, env: Environment) -> dict[str, str]:
        return {
            "odoo.conf": config.render(config.fenced_settings(env, env.database.name, fence.SOCKET_DIR)),
            "ca.crt": "none is needed: there is no network\n",
            "boot.py": inside_boot.__loader__.get_source(inside_boot.__name__),  # type: ignore[union-attr]
        }


def secrets_of(password: str) -> dict[str, str]:
    """The restored database's own login; the manager's password is needed by the configuration and told to nobody."""
    return {"database": password, "master": secrets.token_urlsafe(32), "admin": ""}


def _check(name: str, passed: bool | None, detail: str) -> dict[str, Any]:
    return {"name": name, "passed": passed, "detail": detail if passed is not None else f"not asked for: {detail}"}
