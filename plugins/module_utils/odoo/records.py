# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of releases and clones on this machine, and the lock that keeps two runs apart."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from . import clone, files, release
from .errors import OdooError
from .models import Settings


def path(settings: Settings, environment: str) -> str:
    return f"{settings.record_dir}/{environment}.json"


def read(settings: Settings, environment: str) -> release.Record:
    """The record; that of an environment that was never released says blue."""
    where = path(settings, environment)
    found = files.read([where]).get(where)
    return release.parse(environment, found.content or "") if found else release.Record(environment)


def write(settings: Settings, record: release.Record) -> None:
    files.apply(files.File(settings.record_dir, 0o755, 0, 0))
    files.apply(files.File(path(settings, record.environment), 0o644, 0, 0, release.dump(record)))


def clone_path(settings: Settings, environment: str) -> str:
    return f"{settings.clone_dir}/{environment}.json"


def read_clone(settings: Settings, environment: str) -> clone.Record:
    where = clone_path(settings, environment)
    found = files.read([where]).get(where)
    return clone.parse(environment, found.content or "") if found else clone.Record(environment)


def write_clone(settings: Settings, record: clone.Record) -> None:
    files.apply(files.File(settings.clone_dir, 0o755, 0, 0))
    files.apply(files.File(clone_path(settings, record.environment), 0o644, 0, 0, clone.dump(record)))


def names(settings: Settings) -> list[str]:
    return _names(settings.record_dir)


def held(settings: Settings, environments: Iterable[str]) -> dict[str, str]:
    """Which of them must not be started now, and why."""
    found = {name: clone.held(read_clone(settings, name)) for name in environments}
    return {name: why for name, why in found.items() if why}


def clone_names(settings: Settings) -> list[str]:
    return _names(settings.clone_dir)


def _names(directory: str) -> list[str]:
    try:
        found = os.listdir(directory)
    except FileNotFoundError:
        return []
    return sorted(name.removesuffix(".json") for name in found if name.endswith(".json"))


@contextmanager
def locked(settings: Settings, environment: str) -> Iterator[None]:
    """Held as long as this process lives, so a killed one holds nothing."""
    for directory in (os.path.dirname(settings.runtime_dir), settings.runtime_dir):
        files.make_parent(directory)
    with open(f"{settings.runtime_dir}/{environment}.lock", "w", encoding="ascii") as stream:
        # Whoever may open it may hold it, and releases would wait for them.
        os.fchmod(stream.fileno(), 0o600)
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OdooError("another run works on it at this moment: wait until it has ended") from error
        yield
