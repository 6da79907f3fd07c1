# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every file of the checkout."""

from __future__ import annotations

import ipaddress
import pathlib
import re
import subprocess
from collections.abc import Iterable

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
HEADER = (
    "Copyright (c) 2026, the tierline.erp contributors",
    "GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "SPDX-License-Identifier: GPL-3.0-or-later",
)
WITH_HEADER = {".py", ".yml", ".yaml", ".sh", ".cfg", ".toml", ".Dockerfile", ".in"}
# Written by antsibull-changelog, which would drop a comment.
WITHOUT_HEADER = re.compile(r"changelogs/(changelog\.yaml|fragments/.*)")
# These patterns are put together so that this file does not hold what it looks for.
PRIVATE = [ipaddress.ip_network(net) for net in ((10 << 24, 8), (172 << 24 | 16 << 16, 12), (192 << 24 | 168 << 16, 16))]
ADDRESS = re.compile(r"(?<![\w.:-])(\d{1,3}(?:\.\d{1,3}){3})(?![\w.-]*\d)")
FORBIDDEN = {
    "a machine's path": re.compile("|".join(("/wo" + r"rk/(main|shared|scratch)\b", "/opt/wh" + "eels", "/ro" + r"ot/\.pyenv"))),
    "a package server": re.compile(
        "|".join(("pypi" + r"\.org", "files\\.python" + "hosted", "galaxy\\.ansible" + r"\.com", "ghcr" + r"\.io"))
    ),
    "a credential in a URL": re.compile(r"[a-z]://[^/\s:@\"'{}<>]+:[^/\s:@\"'{}<>]+@(?!example)[\w.]"),
    "a private key": re.compile("-----BEGIN [A-Z ]*PRIV" + "ATE KEY-----\n[A-Za-z0-9+/]"),
}


def checkout() -> list[str]:
    """The files that git has, or would take; those removed but not yet committed are left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted({name for name in names if name and (ROOT / name).is_file()})


FILES = checkout()
ROLES = sorted(path.parent.parent.name for path in ROOT.glob("roles/*/tasks/main.yml"))


def text(name: str) -> str:
    try:
        return (ROOT / name).read_text()
    except UnicodeDecodeError:
        return ""  # a picture or an archive


def needs_header(name: str) -> bool:
    path = pathlib.PurePath(name)
    executable = text(name).startswith("#!")
    mute = WITHOUT_HEADER.fullmatch(name) or not text(name)  # ansible-test wants __init__.py to be empty
    return (path.suffix in WITH_HEADER or path.name == "Makefile" or executable) and not mute


def private_addresses(content: str) -> list[str]:
    found = []
    for word in ADDRESS.findall(content):
        try:
            address = ipaddress.ip_address(word)
        except ValueError:
            continue
        if any(address in network for network in PRIVATE):
            found.append(word)
    return found


def assert_none(found: Iterable[object], what: str) -> None:
    """Fail with one line for each thing that was found."""
    lines = sorted(map(str, found))
    assert not lines, "\n  ".join([f"{what}:", *lines])


def test_there_is_something_to_look_at():
    assert len(FILES) > 50
    assert {"README.md", "galaxy.yml"} <= set(FILES)
    assert {"pki", "postgres_ha", "redis", "traefik", "odoo_container"} <= set(ROLES)


def test_licence_headers():
    missing = [name for name in FILES if needs_header(name) and not all(line in text(name)[:600] for line in HEADER)]
    assert_none(missing, "files without the licence header")


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_of_somebody_s_machine(what):
    hits = [
        f"{name}:{content.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for name in FILES
        for content in [text(name)]
        for match in FORBIDDEN[what].finditer(content)
    ]
    assert_none(hits, what)


def test_no_private_addresses():
    assert_none((f"{name}: {found}" for name in FILES for found in private_addresses(text(name))), "private addresses")


def test_private_addresses_are_found():
    first = "10" + ".1.2.3"
    assert private_addresses(f"host: {first}\nversion 1.10.1.2.3.4\n192.0.2.1 198.18.0.1 127.0.0.1 {first}/8") == [first, first]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_s_variables_are_the_same_everywhere(role):
    """defaults/main.yml, the argument specs of all entries, and the tables of the README."""
    folder = ROOT / "roles" / role
    defaults = yaml.safe_load(text(f"roles/{role}/defaults/main.yml")) or {} if (folder / "defaults/main.yml").exists() else {}
    entries = yaml.safe_load(text(f"roles/{role}/meta/argument_specs.yml"))["argument_specs"]
    options = {name: option for entry in entries.values() for name, option in (entry.get("options") or {}).items()}
    computed = {name for name, value in defaults.items() if "{{" in str(value)}  # their documented default is the usual outcome
    documented = {name: option["default"] for name, option in options.items() if "default" in option and name not in computed}
    assert_none((name for name in {*defaults, *options} if not name.startswith(f"{role}_")), "not prefixed with the role's name")
    assert_none(set(defaults) - set(options), "defaults that no argument spec has")
    assert_none(
        (
            f"{name}: {defaults.get(name, '(none)')!r} in defaults, {documented.get(name, '(none)')!r} in the argument spec"
            for name in {*defaults, *documented} - computed
            if defaults.get(name, "(none)") != documented.get(name, "(none)")
        ),
        "defaults differ",
    )
    assert_none(
        (name for name, option in options.items() if option.get("no_log") and defaults.get(name)), "secrets with a default"
    )

    assert (folder / "README.md").exists(), f"role {role} has no README.md"
    readme = text(f"roles/{role}/README.md")
    variable = re.compile(rf"`({role}_\w+)`")
    assert_none(set(options) - set(variable.findall(readme)), "options that the README does not name")
    rows = [line.split("|")[1] for line in readme.splitlines() if line.startswith("| `")]
    assert_none({name for row in rows for name in variable.findall(row)} - set(options), "in the README, but in no argument spec")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_a_scenario(role):
    uses = re.compile(rf"\btierline\.erp\.{role}\b")
    assert any(uses.search(text(name)) for name in FILES if name.startswith("molecule/")), f"no molecule scenario uses {role}"


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("inventories/*")))
def test_an_inventory_explains_itself(name):
    assert (ROOT / "inventories" / name / "README.md").exists()
    assert name == "lab" or (ROOT / "inventories" / name / "tierline.estate.yml").exists()


def test_an_execution_environment_gets_what_the_controller_has():
    """meta/ee-requirements.txt is requirements.in without Ansible itself."""

    def names(file: str) -> set[str]:
        lines = (line.partition("#")[0].strip() for line in text(file).splitlines())
        return {re.split(r"[<>=]", line)[0] for line in lines if line}

    assert names("meta/ee-requirements.txt") == names("requirements.in") - {"ansible", "ansible-core"}


def test_the_locks_are_complete():
    for file in ("requirements", "requirements-dev"):
        locked = set(re.findall(r"^([a-z0-9.-]+)==", text(f"{file}.txt"), re.MULTILINE))
        asked = {re.split(r"[<>=]", line)[0] for line in text(f"{file}.in").splitlines() if re.match(r"[a-z]", line)}
        assert_none(asked - locked, f"not locked in {file}.txt; run tools/lock.sh")
        blocks = re.split(r"^(?=[a-z0-9.-]+==)", text(f"{file}.txt"), flags=re.MULTILINE)[1:]
        assert_none((block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block), "without a hash")
        told = set(re.findall(r"[a-z0-9-]+", text("docs/dependencies.md")))
        assert_none(asked - told, "docs/dependencies.md does not say why")


def test_the_collections_that_are_used_are_named():
    """With ansible-core alone, Galaxy installs what galaxy.yml names and nothing else."""
    named = yaml.safe_load(text("galaxy.yml"))["dependencies"]
    shipped = [name for name in FILES if re.match(r"(roles|playbooks|plugins|inventories)/.*\.(yml|py|j2)$", name)]
    used = {match for name in shipped for match in re.findall(r"\b(community\.[a-z]+|ansible\.posix)\.[a-z]", text(name))}
    assert_none(used ^ set(named), "collections that are used and not named in galaxy.yml, or named and not used")


def test_links_between_pages():
    """Relative links of README, CONTRIBUTING and the docs lead to files. (Those within docs/ are checked by Sphinx too.)"""
    broken = []
    for name in FILES:
        if not name.endswith(".md"):
            continue
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text(name)):
            if "reference/" not in target and not (ROOT / name).parent.joinpath(target).exists():
                broken.append(f"{name}: {target}")
    assert_none(broken, "broken links")
