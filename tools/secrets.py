#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let detect-secrets look for secrets where none belongs, and say where they are without saying what they are.

    tools/secrets.py                              every version of every file in the history of git
    tools/secrets.py --lab demo                   journals, /var/log and containers' output of a lab; its own secrets, too
    tools/secrets.py --lab demo FOLDER FILE       the logs of runs, too

Exit status: 0 nothing was found, 1 something was, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator

import yaml
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings, get_settings, transient_settings

# What guesses by randomness or finds addresses, and by names (`password = …`): code is full of those, so they are for logs only.
GUESSES = {"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector"}
NAMES = "KeywordDetector"
# Files of this project that hold what looks like a secret, and why it is none.
_UNIT = "tests/unit/plugins/module_utils"
KNOWN = {
    (
        f"{_UNIT}/object_store/test_signature.py",
        "AWS Access Key",
    ): "the key that Amazon's documentation of signatures has as its example",
    (f"{_UNIT}/pki/test_x509.py", "Private Key"): "seven letters between the marks of a key, which a test shall see refused",
    (
        f"{_UNIT}/odoo/test_neutral.py",
        "Basic Auth Credentials",
    ): "a mail server that there isn't, whose password a test shall see gone",
}
SHORTEST = 8
LOGS = """
mkdir -p /run/tierline-secrets 2>/dev/null && cd /run/tierline-secrets || exit 1
journalctl --no-pager --output=short-iso > journal 2>/dev/null
for one in $(docker ps --all --quiet 2>/dev/null); do docker logs "$one" > "container-$one" 2>&1; done
tar --create --file=- --ignore-failed-read --exclude=/var/log/journal . /var/log 2>/dev/null
rm -rf /run/tierline-secrets
"""


def history(folder: pathlib.Path) -> Iterator[tuple[str, pathlib.Path]]:
    listed = _run("git", "rev-list", "--objects", "--all").decode().splitlines()
    names = {key: name for key, _space, name in (line.partition(" ") for line in listed) if name}
    with subprocess.Popen(["git", "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as git:
        assert git.stdin
        assert git.stdout
        for key, name in names.items():
            git.stdin.write(f"{key}\n".encode())
            git.stdin.flush()
            _key, kind, size = git.stdout.readline().split()
            content = git.stdout.read(int(size))
            git.stdout.read(1)
            if kind == b"blob":
                path = folder / key
                path.write_bytes(content)
                yield f"{name} ({key[:10]})", path
        git.stdin.close()


def machines(lab: str, folder: pathlib.Path) -> Iterator[tuple[str, pathlib.Path]]:
    labels = "--filter", f"label=tierline.lab={lab}", "--filter", "label=tierline.lab.host"
    listed = _run("docker", "ps", *labels, "--format", "{{.Names}}").decode().split()
    for name in listed:
        place = folder / name
        place.mkdir()
        archive = _run("docker", "exec", name, "sh", "-c", LOGS, check=False)
        subprocess.run(["tar", "--extract", "--directory", str(place)], input=archive, check=False, capture_output=True)
        if not (place / "journal").exists():
            raise SystemExit(f"{name} gave no journal, so nothing can be said of it: does it run?")
        yield from files(place, folder)


def files(place: pathlib.Path, within: pathlib.Path | None = None) -> Iterator[tuple[str, pathlib.Path]]:
    for path in [place] if place.is_file() else sorted(place.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(within) if within else path), path


def words(lab: str) -> list[str]:
    """The lab's own secrets, which no log may hold."""
    path = pathlib.Path(".cache/lab") / lab / "secrets.yml"
    return sorted({word for word in _leaves(yaml.safe_load(path.read_text(encoding="utf-8"))) if len(word) >= SHORTEST})


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        # Names of users are kept beside their passwords, since they change with them; logs may name them.
        value = [item for key, item in value.items() if not str(key).endswith("_user")]
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str):
        yield from (line.strip() for line in value.splitlines() if "PRIVATE KEY-----" not in line)


def found(sources: Iterable[tuple[str, pathlib.Path]], known: list[str], names: bool) -> Iterator[str]:
    with default_settings():
        plugins = get_settings().json()["plugins_used"]
    kept = [plugin for plugin in plugins if plugin["name"] not in GUESSES and (names or plugin["name"] != NAMES)]
    scanned = 0
    with transient_settings({"plugins_used": kept, "filters_used": []}):
        for name, path in sources:
            content = path.read_bytes()
            if b"\0" in content[:8192]:
                continue
            scanned += 1
            yield from (f"{name}: one of the lab's secrets" for word in known if word.encode() in content)
            for secret in scan_file(str(path)):
                if (name.partition(" (")[0], secret.type) not in KNOWN:
                    yield f"{name}:{secret.line_number}: {secret.type}"
    print(f"{scanned} files looked at, {len(kept)} kinds of secrets, {len(known)} known ones")
    if not scanned:
        yield "nothing was looked at"


def _run(*argv: str, check: bool = True) -> bytes:
    return subprocess.run(argv, check=check, stdout=subprocess.PIPE).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lab", help="name of a lab that runs")
    parser.add_argument("--json", type=pathlib.Path, help="file for what was found")
    parser.add_argument("places", nargs="*", type=pathlib.Path, help="folders and files with logs")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tierline-secrets-") as scratch:
        folder = pathlib.Path(scratch)
        sources = [source for place in asked.places for source in files(place)]
        if asked.lab:
            sources += machines(asked.lab, folder)
        logs = bool(asked.lab or asked.places)
        said = list(found(sources if logs else history(folder), words(asked.lab) if asked.lab else [], logs))
    for line in said:
        print(line)
    if asked.json:
        asked.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    print(f"{len(said)} secrets found")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
