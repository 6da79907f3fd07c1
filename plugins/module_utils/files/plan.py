# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What must change so that directories and files are as declared. Pure: it is told what lies there."""

import collections
import dataclasses
from collections.abc import Iterable, Mapping

from ansible_collections.tierline.erp.plugins.module_utils.files.errors import FilesError


@dataclasses.dataclass(frozen=True)
class Item:
    """A directory, or with content a file. Owner and group are names, mode is the number.

    An empty name stands for who it belongs to already, and for root where nothing is there.
    """

    path: str
    owner: str
    group: str
    mode: int
    content: bytes | None = None
    secret: bool = False

    @property
    def is_directory(self) -> bool:
        return self.content is None


def item(path: str, owner: str, group: str, mode: str, content: str | None = None, secret: bool = False) -> Item:
    """One item of the arguments; `mode` is octal, as text."""
    if not path.startswith("/") or path.endswith("/"):
        raise FilesError(f"{path}: an absolute path without a slash at its end is needed")
    try:
        number = int(mode, 8)
    except ValueError:
        number = -1
    if not 0 <= number <= 0o7777:
        raise FilesError(f"{path}: mode {mode} isn't an octal number such as '0644'; quote it")
    return Item(path, owner, group, number, None if content is None else content.encode(), secret)


def distinct(items: Iterable[Item]) -> list[Item]:
    """Directories first, each after those above it; nothing is declared twice."""
    ordered = sorted(items, key=lambda each: (not each.is_directory, each.path))
    times = collections.Counter(each.path for each in ordered)
    if twice := sorted(path for path, count in times.items() if count > 1):
        raise FilesError(f"{', '.join(twice)}: declared twice, or as a directory and as a file")
    return ordered


def changes(items: Iterable[Item], seen: Mapping[str, Item]) -> list[Item]:
    """Those that aren't there as declared. A kind is never replaced by the other: what is in the way may hold data."""
    wanted = []
    for declared in items:
        there = seen.get(declared.path)
        each = dataclasses.replace(
            declared,
            owner=declared.owner or (there.owner if there else "root"),
            group=declared.group or (there.group if there else "root"),
        )
        if there is not None and there.is_directory != each.is_directory:
            kinds = ("directory", "file") if there.is_directory else ("file", "directory")
            raise FilesError(f"{each.path} is a {kinds[0]}, and a {kinds[1]} is declared: move it away")
        if there is None or dataclasses.replace(there, secret=each.secret) != each:
            wanted.append(each)
    return wanted


def differences(wanted: Iterable[Item], seen: Mapping[str, Item]) -> list[dict[str, str]]:
    """What Ansible shows with --diff: one entry for each item, without the content of secrets."""
    return [
        {
            "before_header": each.path,
            "after_header": each.path,
            "before": _shown(seen.get(each.path), each),
            "after": _shown(each, each),
        }
        for each in wanted
    ]


def _shown(state: Item | None, declared: Item) -> str:
    if state is None:
        return ""
    head = f"{state.owner}:{state.group} {state.mode:04o}\n"
    if state.content is None:
        return head
    if declared.secret:
        return head + "(its content isn't shown)\n"
    return head + state.content.decode(errors="replace")
