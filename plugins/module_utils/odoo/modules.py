# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which modules of a database an image and its addons would change, and what speaks against that. Pure.

What a database has is told by hashes that the last update left in it. They are compared with what a container of the new image
would load: Odoo's own modules and custom ones alike, whether they lie in the image or in archives beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .errors import OdooError
from .models import Environment

RECORD = "tierline.modules"

# Runs in a container without network or configuration. Pages read `static` from disk, and tests aren't run: neither is a reason
# to update a database.
SCRIPT = """\
import ast, hashlib, json, os, sys
from odoo.tools import config
paths, wanted = json.loads(sys.argv[1])
config.parse_config(["--addons-path=" + ",".join(paths)] if paths else [])
from odoo import release
from odoo.modules.module import Manifest, get_modules, initialize_sys_path
initialize_sys_path()

def digest(top):
    total = hashlib.sha256()
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(set(folders) - {"__pycache__", "static", "tests"})
        for name in sorted(names):
            if not name.endswith((".pyc", ".pyo")):
                with open(os.path.join(folder, name), "rb") as stream:
                    content = stream.read()
                total.update(b"%s\\0%d\\0" % (os.path.relpath(os.path.join(folder, name), top).encode(), len(content)) + content)
    return total.hexdigest()

def look(name):
    manifest = Manifest.for_addon(name, display_warning=False)
    custom = os.path.dirname(manifest.path) in paths
    found = {"hash": digest(manifest.path), "custom": custom}
    if custom:
        with open(os.path.join(manifest.path, "__manifest__.py"), encoding="utf-8") as stream:
            said = ast.literal_eval(stream.read())
        found.update(version=str(said.get("version", "")), depends=list(said.get("depends", ())))
        try:
            manifest.check_manifest_dependencies()
        except Exception as error:
            found["lacks"] = str(error)
    return found

available = get_modules()
custom = [name for path in paths for name in os.listdir(path) if name in available]
names = sorted(set(available) & {*wanted, *custom})
print(json.dumps({"series": release.major_version, "available": available, "modules": {name: look(name) for name in names}}))
"""


@dataclass(frozen=True)
class Scan:
    """What a container would load."""

    series: str
    available: frozenset[str]
    modules: Mapping[str, Mapping[str, Any]]

    @property
    def hashes(self) -> dict[str, str]:
        return {name: str(found["hash"]) for name, found in self.modules.items()}


@dataclass(frozen=True)
class Contents:
    """A database's modules by name with their states, and the hashes that it remembers; none where no update has left any."""

    states: Mapping[str, str] = field(default_factory=dict)
    recorded: Mapping[str, str] | None = None

    @property
    def installed(self) -> list[str]:
        return sorted(name for name, state in self.states.items() if state in ("installed", "to upgrade"))


@dataclass(frozen=True)
class Update:
    """What Odoo is told to do with a database."""

    modules: tuple[str, ...]
    install: tuple[str, ...]
    hashes: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.modules or self.install)

    @property
    def told(self) -> str:
        parts = (("update", self.modules), ("install", self.install))
        return "; ".join(f"{verb} {', '.join(names)}" for verb, names in parts if names)


def parse_scan(environment: str, text: str) -> Scan:
    try:
        # Odoo may have said something before.
        found = json.loads(text.strip().splitlines()[-1])
        return Scan(str(found["series"]), frozenset(found["available"]), dict(found["modules"]))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise OdooError(f"{environment}: the image doesn't tell its modules: {text.strip()[-300:] or 'no output'}") from error


def plan(env: Environment, have: Contents, recorded: Mapping[str, str], scan: Scan) -> Update:
    """Odoo updates what depends on a module with it, so only those that changed are named."""
    installed = have.installed
    wanted = {"base", *env.modules}
    changed = [name for name in installed if recorded.get(name) != scan.hashes.get(name)]
    left = [name for name, state in have.states.items() if state == "to upgrade"]
    names = sorted({*installed, *wanted})
    return Update(
        tuple(sorted({*changed, *left})),
        tuple(sorted(wanted - set(installed))),
        {name: scan.hashes[name] for name in names if name in scan.hashes},
    )


def problems(env: Environment, have: Contents, scan: Scan) -> list[str]:
    """Why this code can't serve this database."""
    found = []
    for name in have.installed:
        if name not in scan.available:
            found.append(
                f"module {name} is installed in database {env.database.name}, and neither the image nor its addons have it"
            )
    for name in _involved(env, have, scan):
        facts = scan.modules[name]
        found += [
            f"module {name} depends on {other}, which neither the image nor the addons have"
            for other in facts["depends"]
            if other not in scan.available
        ]
        series = series_of(facts["version"])
        if series and series != scan.series:
            found.append(f"module {name} {facts['version']} is for Odoo {series}, the image has Odoo {scan.series}")
        if facts.get("lacks"):
            found.append(f"module {name} can't work in the image: {facts['lacks']}")
    return [f"{env.name}: {text}" for text in found]


def _involved(env: Environment, have: Contents, scan: Scan) -> list[str]:
    """Custom modules that are or will be installed, those that they depend on included."""
    waiting, seen = [*have.installed, *env.modules], set()
    while waiting:
        name = waiting.pop()
        if name not in seen and scan.modules.get(name, {}).get("custom"):
            seen.add(name)
            waiting += scan.modules[name]["depends"]
    return sorted(seen)


def series_of(version: str) -> str | None:
    """A version of five numbers begins with Odoo's; a shorter one says nothing about it."""
    match = re.fullmatch(r"(\d+\.\d+)\.\d+\.\d+\.\d+", version)
    return match.group(1) if match else None


def command(update: Update) -> list[str]:
    words = [f"--update={','.join(update.modules)}"] if update.modules else []
    words += [f"--init={','.join(update.install)}"] if update.install else []
    return [
        "server", "--config=/etc/tierline/odoo/odoo.conf", *words,
        "--without-demo=True", "--stop-after-init", "--no-http",
    ]  # fmt: skip


def unfinished(update: Update, have: Contents) -> list[str]:
    """Odoo only warns of a module that it can't update."""
    names = {*update.modules, *update.install}
    return sorted(
        name
        for name, state in {**dict.fromkeys(names, "missing"), **have.states}.items()
        if (name in names and state != "installed") or state in ("to upgrade", "to install")
    )


def compare_books(before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> list[str]:
    """Accounts whose balance an update changed, which no update may."""
    return [
        f"account {code}: {before.get(code, Decimal(0))} before, {after.get(code, Decimal(0))} after"
        for code in sorted({*before, *after})
        if before.get(code, Decimal(0)) != after.get(code, Decimal(0))
    ]
