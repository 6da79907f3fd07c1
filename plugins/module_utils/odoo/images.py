# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An image from a base, custom modules and Python packages: what it is made of, and what speaks against it. Pure."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import OdooError, refuse
from .modules import series_of

# Another recipe makes another image of the same inputs.
_RECIPE = "1"
_DIGEST = re.compile(r"([^@\s]+@)?sha256:[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(\[[^\]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_PYTHON_HOME = "/usr/local/share/tierline/python"

LABEL_INPUTS = "tierline.inputs"
LABEL_ADDONS = "tierline.addons"
_OCI = "org.opencontainers.image."

# Runs in a container of the base, without network.
PROBE = """\
import importlib.util, json, os, sys
from odoo import release
from odoo.modules.module import Manifest, get_modules, initialize_sys_path
initialize_sys_path()
print(json.dumps({
    "series": release.major_version,
    "available": get_modules(),
    "home": os.path.dirname(Manifest.for_addon("web").path),
    "pip": importlib.util.find_spec("pip") is not None,
    "python": "%d.%d" % sys.version_info[:2],
}))
"""

# Runs in a container of the image that was built, without network.
CONTENTS = """\
import importlib.metadata, json, subprocess, sys
from odoo.modules.module import Manifest, initialize_sys_path
initialize_sys_path()
lacks = {}
for name in json.loads(sys.argv[1]):
    manifest = Manifest.for_addon(name)
    try:
        if manifest is None:
            raise ValueError("it is not found")
        manifest.check_manifest_dependencies()
    except Exception as error:
        lacks[name] = str(error)
form = "${db:Status-Abbrev}\\t${binary:Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\\n"
told = subprocess.run(["dpkg-query", "--show", "--showformat=" + form], capture_output=True, text=True, check=True).stdout
debian = [line.split("\\t")[1:] for line in told.splitlines() if line.startswith("ii")]
python = {}
for found in importlib.metadata.distributions():
    # Debian's own are among Debian's packages.
    if not str(found._path).startswith("/usr/lib/python3"):
        python.setdefault(found.metadata["Name"], found.version)
os_release = dict(line.rstrip().replace('"', "").split("=", 1) for line in open("/etc/os-release") if "=" in line)
print(json.dumps({"lacks": lacks, "debian": debian, "python": sorted(python.items()),
                  "distribution": [os_release.get("ID", "linux"), os_release.get("VERSION_CODENAME", "")]}))
"""


@dataclass(frozen=True)
class Addon:
    """An archive of custom modules, and where it comes from."""

    sha256: str
    source: str
    revision: str


@dataclass(frozen=True)
class Recipe:
    name: str
    base: str
    addons: tuple[Addon, ...]
    modules: tuple[str, ...]
    requirements: str
    source: str
    revision: str

    @property
    def inputs(self) -> str:
        parts = [_RECIPE, self.base, [[item.sha256, item.source, item.revision] for item in self.addons],
                 sorted(self.modules), self.requirements, self.source, self.revision]  # fmt: skip
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def wheels(self) -> str:
        """Directory of its wheels."""
        return hashlib.sha256(self.requirements.encode()).hexdigest()

    @property
    def tag(self) -> str:
        """What is made of the same inputs has the same tag."""
        return self.inputs[:32]


@dataclass(frozen=True)
class Found:
    """A custom module as its manifest tells it."""

    name: str
    version: str
    depends: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class Base:
    series: str
    available: frozenset[str]
    home: str
    pip: bool
    python: str


def recipe(item: Mapping[str, Any]) -> Recipe:
    """Refuses all that is wrong with one image at once."""
    name, base, problems = str(item["name"]), str(item["base"]), []
    if not _NAME.fullmatch(name):
        problems.append(f"{name!r} is no name of an image: give repository or host[:port]/repository, without a tag")
    if not _DIGEST.fullmatch(base):
        problems.append(f"base {base!r} is not pinned: name it by its digest (name@sha256:...), or by its ID (sha256:...)")
    addons = [
        Addon(str(entry["sha256"]), entry.get("source") or "", entry.get("revision") or "") for entry in item["addons"] or ()
    ]
    problems += [
        f"addon {entry.sha256!r}: sha256 is 64 hexadecimal digits" for entry in addons if not _SHA256.fullmatch(entry.sha256)
    ]
    problems += _unpinned(item.get("requirements") or "")
    refuse([f"{name}: {text}" for text in problems])
    return Recipe(
        name, base, tuple(addons), tuple(item.get("modules") or ()), item.get("requirements") or "",
        item.get("source") or "", item.get("revision") or "",
    )  # fmt: skip


def pins(requirements: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and hashes of each package that a file of requirements names."""
    found = {}
    for line in _lines(requirements):
        match = _PIN.match(line)
        if match:
            found[normal(match.group(1))] = (match.group(3), frozenset(_HASH.findall(line)))
    return found


def _unpinned(requirements: str) -> list[str]:
    return [
        f"requirement {line.split()[0]!r} is not pinned: it needs ==version and --hash=sha256:... (pip-compile --generate-hashes)"
        for line in _lines(requirements)
        if not (_PIN.match(line) and _HASH.search(line))
    ]


def _lines(requirements: str) -> list[str]:
    joined = re.sub(r"\\\s*\n", " ", requirements)
    return [line for text in joined.splitlines() if (line := re.sub(r"(^|\s)#.*", "", text).strip())]


def normal(name: str) -> str:
    """Name of a Python package, as PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wheel_problems(requirements: str, wheels: Mapping[str, str]) -> list[str]:
    """Wheels by file name with their SHA-256, against what is declared: one of each, and nothing else."""
    wanted, have, problems = pins(requirements), {}, []
    for file, sha256 in sorted(wheels.items()):
        package = normal(file.split("-")[0])
        if package not in wanted:
            problems.append(f"wheel {file} is of a package that the requirements don't name")
        elif sha256 not in wanted[package][1]:
            problems.append(f"wheel {file} has the SHA-256 {sha256}, which the requirements don't name: it was changed")
        have[package] = file
    return problems + [f"no wheel of {name} {wanted[name][0]} is there" for name in sorted(wanted) if name not in have]


def base(image: str, text: str) -> Base:
    try:
        told = json.loads(text.strip().splitlines()[-1])
        return Base(told["series"], frozenset(told["available"]), told["home"], told["pip"], told["python"])
    except (ValueError, KeyError, IndexError) as error:
        raise OdooError(f"base {image} doesn't tell its Odoo: {text.strip()[-300:] or 'no output'}") from error


def found(sha256: str, name: str, manifest: str) -> Found:
    try:
        said = ast.literal_eval(manifest)
        return Found(name, str(said.get("version", "")), tuple(said.get("depends", ())), sha256)
    except (ValueError, SyntaxError, AttributeError) as error:
        raise OdooError(f"module {name} of archive {sha256[:12]}: its manifest is no dictionary: {error}") from error


def problems(want: Recipe, on: Base, have: Iterable[Found]) -> list[str]:
    """Why this can't be an image, known before one is built."""
    have = list(have)
    told = [f"module {name} is wanted, and neither the base nor the addons have it"
            for name in sorted({*want.modules} - on.available - {item.name for item in have})]  # fmt: skip
    names = {*on.available, *(item.name for item in have)}
    seen: dict[str, Found] = {}
    for item in have:
        series = series_of(item.version)
        if series and series != on.series:
            told.append(f"module {item.name} {item.version} is for Odoo {series}, the base has Odoo {on.series}")
        told += [f"module {item.name} depends on {other}, which neither the base nor the addons have"
                 for other in item.depends if other not in names]  # fmt: skip
        if item.name in on.available:
            told.append(f"module {item.name} of archive {item.sha256[:12]} is in the base already")
        if item.name in seen:
            told.append(f"module {item.name} is in two archives: {seen[item.name].sha256[:12]} and {item.sha256[:12]}")
        seen[item.name] = item
    if want.requirements and not on.pip and "pip" not in pins(want.requirements):
        told.append("the base has no pip, which Python packages are installed with: name pip among the requirements")
    return [f"{want.name}: {text}" for text in told]


def labels(want: Recipe, have: Iterable[Found]) -> dict[str, str]:
    rows = [
        {"name": item.name, "version": item.version, "archive": item.sha256} for item in sorted(have, key=lambda item: item.name)
    ]
    told = {
        f"{_OCI}title": want.name.rpartition("/")[2],
        f"{_OCI}source": want.source,
        f"{_OCI}revision": want.revision,
        f"{_OCI}base.name": want.base.partition("@")[0] if "@" in want.base else "",
        f"{_OCI}base.digest": want.base.rpartition("@")[2],
        LABEL_ADDONS: json.dumps(rows, sort_keys=True),
        LABEL_INPUTS: want.inputs,
    }
    return {name: value for name, value in told.items() if value}


def dockerfile(want: Recipe, on: Base, have: Iterable[Found], user: str) -> str:
    """Nothing of it reaches a network; wheels stay in a stage that is thrown away."""
    lines = []
    if want.requirements:
        install = f"install --no-index --no-deps --require-hashes --no-compile --find-links=/wheels --target={_PYTHON_HOME}"
        lines += [
            f"FROM {want.base} AS python",
            "USER 0",
            "COPY wheels /wheels",
            "COPY requirements.txt /wheels/",
            f"RUN PYTHONPATH=$(ls /wheels/pip-*.whl 2>/dev/null || true) python3 -m pip {install} -r /wheels/requirements.txt",
        ]
    lines.append(f"FROM {want.base}")
    if user:
        lines.append("USER 0")
    if want.requirements:
        lines += [f"COPY --from=python {_PYTHON_HOME} {_PYTHON_HOME}", f"ENV PYTHONPATH={_PYTHON_HOME}"]
    if list(have):
        lines.append(f"COPY addons {on.home}")
    lines += [
        f"LABEL {name}={json.dumps(value).replace('$', chr(92) + '$')}" for name, value in sorted(labels(want, have).items())
    ]
    if user:
        lines.append(f"USER {user}")
    return "\n".join(lines) + "\n"
