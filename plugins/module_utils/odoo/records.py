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


def read(settings: Settings, environment: str) -> release.Record:
    """The record; that of an environment that was never released says blue."""
    content = _content(settings.record_dir, environment)
    return release.Record(environment) if content is None else release.parse(environment, content)


def write(settings: Settings, record: release.Record) -> None:
    _keep(settings.record_dir, record.environment, release.dump(record))


def names(settings: Settings) -> list[str]:
    return _names(settings.record_dir)


def read_clone(settings: Settings, environment: str) -> clone.Record:
    content = _content(settings.clone_dir, environment)
    return clone.Record(environment) if content is None else clone.parse(environment, content)


def write_clone(settings: Settings, record: clone.Record) -> None:
    _keep(settings.clone_dir, record.environment, clone.dump(record))


def clone_names(settings: Settings) -> list[str]:
    return _names(settings.clone_dir)


def held(settings: Settings, environments: Iterable[str]) -> dict[str, str]:
    """Which of them must not be started now, and why."""
    found = {name: clone.held(read_clone(settings, name)) for name in environments}
    return {name: why for name, why in found.items() if why}


def path(settings: Settings, environment: str) -> str:
    return _path(settings.record_dir, environment)


def clone_path(settings: Settings, environment: str) -> str:
    return _path(settings.clone_dir, environment)


def _path(directory: str, environment: str) -> str:
    return f"{directory}/{environment}.json"


def _content(directory: str, environment: str) -> str | None:
    """None where nothing was kept yet."""
    where = _path(directory, environment)
    found = files.read([where]).get(where)
    return None if found is None else found.content or ""


def _keep(directory: str, environment: str, text: str) -> None:
    files.apply(files.File(directory, 0o755, 0, 0))
    files.apply(files.File(_path(directory, environment), 0o644, 0, 0, text))


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
