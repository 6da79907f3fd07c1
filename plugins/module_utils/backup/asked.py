# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The store, asked with keys that are given rather than those that the host has; nothing is written."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import info
from .errors import BackupError
from .host import STORE_IO_SECONDS, STORE_SECONDS, Runner, last_line, run, variable
from .models import Repository


def repository(stanza: str, settings: Mapping[str, Any], store_time: str = "", runner: Runner = run) -> Repository:
    """What the store has, or had at ``store_time``; one that can't be read is not reachable."""
    as_of = ["--repo=1", f"--repo-target-time={store_time}"] if store_time else []
    command = [
        "pgbackrest", "--no-config", f"--stanza={stanza}", *as_of, "--log-level-file=off", "--log-level-console=warn",
        f"--io-timeout={STORE_IO_SECONDS}", "--output=json", "info",
    ]  # fmt: skip
    try:
        # Keys are in no command line.
        done = runner(command, STORE_SECONDS, {variable(name): str(value) for name, value in settings.items()})
        if done.returncode:
            return Repository(99, f"the store can't be asked for backups: {last_line(done)}", reachable=False)
        return info.parse_repository(done.stdout, stanza)
    except BackupError as error:
        return Repository(99, str(error), reachable=False)


def free_bytes(path: str) -> int:
    """Of the file system on which a path is, or would be."""
    place = Path(path)
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free
