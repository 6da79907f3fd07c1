# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Odoo's filestore: each file is named after the SHA-1 of its content, in a directory named after its first two letters."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import BackupError

_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{40}")


@dataclass(frozen=True)
class Seen:
    files: int
    bytes: int
    damaged: tuple[str, ...]
    missing: tuple[str, ...]


def look(path: str, wanted: Sequence[str], sample: int) -> Seen:
    """``wanted`` must be there; so many are read and compared with their names, all of them if ``sample`` is 0."""
    root = Path(path)
    if not root.is_dir():
        raise BackupError(f"{path} is no directory: it should be the filestore of one database")
    found = {name: (root / name).stat().st_size for name in _names(root)}
    missing = sorted(set(wanted) - set(found))
    read = sorted(set(wanted) & set(found) if wanted else found)
    damaged = [name for name in (_spread(read, sample) if sample else read) if _digest(root / name) != name[3:]]
    return Seen(len(found), sum(found.values()), tuple(damaged), tuple(missing))


def _names(root: Path) -> Iterable[str]:
    names = (path.relative_to(root).as_posix() for path in root.glob("*/*") if path.is_file())
    return (name for name in names if _NAME.fullmatch(name))


def _spread(names: Sequence[str], count: int) -> Sequence[str]:
    """Evenly: names are hashes, so that this is as good as chance, and the same each time."""
    step = max(len(names) // count, 1)
    return names[::step][:count]


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        # A name, not a protection.
        return hashlib.file_digest(stream, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
