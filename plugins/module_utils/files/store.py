# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Directories and files of this host: read, made and replaced whole."""

import contextlib
import grp
import os
import pwd
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.tierline.erp.plugins.module_utils.files.errors import FilesError
from ansible_collections.tierline.erp.plugins.module_utils.files.plan import Item


def read(items: Iterable[Item]) -> dict[str, Item]:
    """What lies at the paths of the items; a path where nothing is has no key."""
    return {each.path: state for each in items if (state := _state(each.path)) is not None}


def check_names(items: Iterable[Item]) -> None:
    """Refuse owners and groups that this host doesn't know, before anything is written."""
    for each in items:
        _ids(each)


def apply(each: Item) -> None:
    """Make a directory (and those above it, 0755), or replace a file in one step: nobody sees half of it."""
    try:
        if each.is_directory:
            os.makedirs(each.path, mode=0o755, exist_ok=True)
            os.chown(each.path, *_ids(each))
            os.chmod(each.path, each.mode)
        else:
            _replace(each)
    except OSError as error:
        raise FilesError(f"{each.path}: {error.strerror or error}") from error


def _state(path: str) -> Item | None:
    try:
        found = os.lstat(path)
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise FilesError(f"{path} is neither a file nor a directory (a link, perhaps): move it away")
        content = None if stat.S_ISDIR(found.st_mode) else Path(path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FilesError(f"{path}: {error.strerror or error}") from error
    return Item(path, _name(pwd.getpwuid, found.st_uid), _name(grp.getgrgid, found.st_gid), stat.S_IMODE(found.st_mode), content)


def _name(lookup, number: int) -> str:  # type: ignore[no-untyped-def]
    try:
        return str(lookup(number)[0])
    except KeyError:
        return str(number)


def _ids(each: Item) -> tuple[int, int]:
    try:
        return (
            int(each.owner) if each.owner.isdecimal() else pwd.getpwnam(each.owner).pw_uid,
            int(each.group) if each.group.isdecimal() else grp.getgrnam(each.group).gr_gid,
        )
    except KeyError as error:
        raise FilesError(
            f"{each.path} is to belong to {each.owner}:{each.group}, and this host has no such user or group"
        ) from error


def _replace(each: Item) -> None:
    folder, name = os.path.split(each.path)
    # mkstemp makes it readable by root alone until its owner and mode are set.
    handle, draft = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(each.content or b"")
            os.fchown(stream.fileno(), *_ids(each))
            os.fchmod(stream.fileno(), each.mode)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, each.path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
        raise
