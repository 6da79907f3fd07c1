# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wanted of an environment's database, and the steps to it. Pure.

The order is what makes an interrupted run safe to repeat: Odoo installs (each module in its own transaction, and its own `-i`
takes up what was left half way), then one transaction sets the administrator's password, the base URL and, last, the marker. A
database without the marker is therefore not finished, whatever it contains, and finishing it never removes a row.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import config
from .models import Environment
from .plan import Step

MARKER = "tierline.initialised"
ADMIN = "tierline.admin"
BASE_URL = "web.base.url"
FREEZE = "web.base.url.freeze"
PARAMETERS = (ADMIN, BASE_URL, FREEZE, MARKER)


@dataclass(frozen=True)
class DatabaseState:
    """A database as read: how many tables it has, and Odoo's modules, which are none before Odoo's first commit."""

    tables: int = 0
    modules: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None

    @property
    def complete(self) -> bool:
        return self.parameters.get(MARKER) is not None

    @property
    def interrupted(self) -> list[str]:
        """What a first installation left half way. Later such a state may be someone's intention, so it is left alone."""
        return [] if self.complete else sorted(name for name, state in self.modules.items() if state == "to install")


def admin_fingerprint(env: Environment) -> str:
    """Tells a rotated secret from an old one. Its key is not in the database, so nobody can try guesses against it there."""
    return config.fingerprint(env.secrets["master"].encode(), "admin", env.name, env.secrets["admin"])


def wanted_modules(env: Environment) -> list[str]:
    return sorted({"base", *env.modules})


def missing(env: Environment, have: DatabaseState) -> list[str]:
    return [name for name in wanted_modules(env) if have.modules.get(name) != "installed"]


def _parameters(env: Environment, have: DatabaseState) -> dict[str, str]:
    """Only what differs, the marker last. A password is set when its secret changed, not when a person changed the password."""
    wanted = {BASE_URL: env.base_url, FREEZE: "True", ADMIN: admin_fingerprint(env), MARKER: "1"}
    return {key: value for key, value in wanted.items() if have.parameters.get(key) != value}


def _shown(parameters: Mapping[str, str]) -> dict[str, str]:
    hidden = {ADMIN: "administrator's password"}
    return {hidden.get(key, key): "<hidden>" if key == ADMIN else value for key, value in parameters.items()}


def plan(env: Environment, have: DatabaseState) -> list[Step]:
    steps = []
    names = sorted({*missing(env, have), *have.interrupted})
    if names:
        action = "install" if have.complete else "initialise"
        before = {"interrupted": ", ".join(have.interrupted)} if have.interrupted else {}
        steps.append(Step(env.name, action, env.database.name, before, {"modules": ", ".join(names)}, names))
    changed = _parameters(env, have)
    if changed:
        old = {key: have.parameters[key] for key in changed if key in have.parameters}
        steps.append(Step(env.name, "configure", env.database.name, _shown(old), _shown(changed), changed))
    return steps


def problems(env: Environment, have: DatabaseState) -> list[str]:
    """A database of something else is left alone."""
    if have.tables and not have.modules:
        return [
            f"{env.name}: database {env.database.name} has {have.tables} tables but is not Odoo's: "
            "name an empty database, or one that Odoo initialised"
        ]
    return []


def unknown_modules(env: Environment, names: Iterable[str], available: Iterable[str] | None) -> list[str]:
    """Modules that the image does not have; Odoo itself would ignore them with no more than a warning."""
    if available is None:
        return []
    known = sorted(available)
    found = []
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            found.append(f"{env.name}: module {name!r} is not in image {env.image}{hint}")
    return found


def install_command(names: list[str]) -> list[str]:
    modules = f"--init={','.join(names)}"
    return ["server", "--config=/etc/tierline/odoo/odoo.conf", modules, "--without-demo=True", "--stop-after-init", "--no-http"]


def configure_command() -> list[str]:
    """`odoo shell` reads its script from standard input; secrets come from a file beside it."""
    return ["-c", 'exec odoo shell --config=/etc/tierline/odoo/odoo.conf --no-http < "$0"', "/etc/tierline/odoo/setup.py"]


CONFIGURE_SCRIPT = """\
import json
with open("/etc/tierline/odoo/setup.json", encoding="utf-8") as stream:
    wanted = json.load(stream)
if "admin_password" in wanted:
    env.ref("base.user_admin").write({"password": wanted["admin_password"]})
for name, value in wanted["parameters"]:
    env["ir.config_parameter"].set_param(name, value)
env.cr.commit()
"""

LIST_SCRIPT = """\
import sys
from odoo.tools import config
config.parse_config(["--addons-path=" + ",".join(sys.argv[1:])] if sys.argv[1:] else [])
from odoo.modules.module import get_modules, initialize_sys_path
initialize_sys_path()
print("\\n".join(get_modules()))
"""


def payload(env: Environment, changed: Mapping[str, str]) -> dict[str, Any]:
    password = {"admin_password": env.secrets["admin"]} if ADMIN in changed else {}
    return {**password, "parameters": [[key, changed[key]] for key in changed]}
