# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The receiver's directory: a directory for each sender, with one file that grows and others that are closed."""

from collections.abc import Iterable
from pathlib import Path

from .errors import JournalError
from .models import File


class Store:
    def __init__(self, directory: str) -> None:
        self._root = Path(directory)

    def files(self) -> list[File]:
        try:
            return [
                File(home.name, path.name, (seen := path.stat()).st_mtime, seen.st_blocks * 512)
                for home in sorted(self._root.iterdir())
                if home.is_dir()
                # A file that wasn't closed properly has a tilde at the end.
                for path in sorted(home.glob("*.journal*"))
            ]
        except OSError as error:
            text = f"the journals in {self._root} can't be read: {error.strerror}; does this host receive any?"
            raise JournalError(text) from error

    def remove(self, files: Iterable[File]) -> None:
        for file in files:
            (self._root / file.sender / file.name).unlink(missing_ok=True)
