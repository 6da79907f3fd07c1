# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Generated secrets in one file. What is there is kept for ever; only what is missing is added."""

import os
import pathlib
import secrets
import stat
import tempfile

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class SecretsError(Exception):
    """A secrets file that cannot be used as it is; the message says what to do."""


def missing(tree: dict, names: list[str]) -> list[str]:
    """Names (paths with slashes) that `tree` has no text for. A name that runs through a text is refused."""
    result = []
    for name in names:
        node: object = tree
        for part in name.split("/"):
            if not isinstance(node, dict):
                raise SecretsError(f"secret {name}: {part} would lie below a value; choose another name")
            node = node.get(part)
            if node is None:
                break
        if node is None:
            result.append(name)
        elif not isinstance(node, str) or not node:
            raise SecretsError(f"secret {name} is not a text; remove it from the file to have it generated")
    return result


def generate(length: int) -> str:
    """A random secret; with 57 letters, 32 of them carry 186 bits."""
    return "".join(secrets.choice(ALPHABET) for position in range(length))


def add(tree: dict, names: list[str], length: int) -> dict:
    """`tree` with a fresh secret at each of `names`."""
    for name in names:
        *path, last = name.split("/")
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = generate(length)
    return tree


def read(path: pathlib.Path) -> dict:
    """The file's secrets; an empty tree where there is no file. A file that others can read is refused."""
    if yaml is None:
        raise SecretsError("the Python package PyYAML is missing on the controller: run make setup")
    if not path.exists():
        return {}
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise SecretsError(
            f"{path} has mode {mode:04o}: secrets need 0600; run chmod 600, and change them if anybody else could read the file"
        )
    try:
        tree = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise SecretsError(f"{path} is not YAML: {str(error).splitlines()[0]}") from error
    if tree is not None and not isinstance(tree, dict):
        raise SecretsError(f"{path} must hold a mapping")
    return tree or {}


def write(path: pathlib.Path, tree: dict) -> None:
    """Replaces the file in one step, mode 0600."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as stream:
        yaml.safe_dump(tree, stream, sort_keys=True)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)
