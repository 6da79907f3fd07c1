# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Files of the controller that become a bundle, and those that one becomes: the only file here that reads and writes any."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from .errors import SealingError


def read(sources: Iterable[str]) -> dict[str, bytes]:
    """Folders and files, each under its own last name. Hidden ones, such as a repository's, aren't configuration."""
    files: dict[str, bytes] = {}
    for source in map(Path, sources):
        found = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
        for path in found:
            inside = path.relative_to(source.parent)
            if any(part.startswith(".") or part == "__pycache__" for part in inside.parts[1:]):
                continue
            if inside.as_posix() in files:
                raise SealingError(f"two sources are called {source.name}: give them different names, so that both can be sealed")
            files[inside.as_posix()] = _bytes(path)
    return files


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SealingError(f"{path} can't be sealed: {error.strerror}") from error


def missing(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Those that aren't there yet. What is there and says something else is refused: nothing is ever overwritten."""
    other = sorted(path for path, content in files.items() if (folder / path).exists() and _bytes(folder / path) != content)
    if other:
        raise SealingError(
            f"{folder} has other content in {', '.join(other[:5])}{' and more' if len(other) > 5 else ''}: "
            "name an empty folder, or move these away"
        )
    return sorted(path for path in files if not (folder / path).exists())


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """For nobody but their owner."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(part, target)
