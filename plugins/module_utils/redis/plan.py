# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What has to change about Redis users. Pure.

Invariant: users that are not listed stay as they are, and no two users that this collection made can reach one key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .errors import RedisError
from .models import RESERVED, AclUser, WantedUser, as_acl_user


@dataclass(frozen=True)
class Change:
    """`action` is one of set, delete, save. A save alone means that a user is in memory but would not survive a restart."""

    action: str
    name: str
    before: AclUser | None = None
    after: AclUser | None = None

    @property
    def ends_connections(self) -> bool:
        """Redis doesn't ask again: who came in with a password that is no longer valid would stay."""
        return bool(self.before and self.after and self.before.password_hashes - self.after.password_hashes)


def plan(
    wanted: list[WantedUser],
    current: Mapping[str, AclUser],
    saved: Mapping[str, AclUser] | None,
    granted: Callable[[WantedUser], AclUser] = as_acl_user,
) -> list[Change]:
    """`saved` are the users in the server's ACL file, None where it cannot be read from here."""
    _refuse_overlaps(wanted, current)
    changes: list[Change] = []
    for user in wanted:
        before = current.get(user.name)
        after = granted(user) if user.present else None
        if before != after:
            changes.append(Change("set" if after else "delete", user.name, before, after))
        elif saved is not None and saved.get(user.name) != after:
            changes.append(Change("save", user.name, before, after))
    return changes


def _refuse_overlaps(wanted: list[WantedUser], current: Mapping[str, AclUser]) -> None:
    listed = {user.name for user in wanted}
    others = {(name, key) for name, user in current.items() if name not in listed and name not in RESERVED for key in user.keys}
    patterns = {(user.name, f"{user.key_prefix}*") for user in wanted if user.present} | others
    ordered = sorted((key.rstrip("*"), name) for name, key in patterns if key.endswith("*"))
    clashes = [
        f"{name!r} ({prefix!r}) and {later!r} ({longer!r})"
        for (prefix, name), (longer, later) in pairwise(ordered)
        if longer.startswith(prefix) and name != later and (name in listed or later in listed)
    ]
    if clashes:
        raise RedisError(f"the key prefixes of these users overlap, so one could read the other's keys: {', '.join(clashes)}")


def rules(user: AclUser) -> list[str]:
    """The arguments of one ACL SETUSER, which Redis applies as a whole or not at all."""
    return [
        "reset",
        "on" if user.enabled else "off",
        *(f"#{digest}" for digest in sorted(user.password_hashes)),
        *(f"~{key}" for key in sorted(user.keys)),
        *(f"&{channel}" for channel in sorted(user.channels)),
        *user.commands,
    ]


def as_diff(changes: list[Change]) -> dict[str, Any]:
    return {
        "before": {change.name: _described(change.before, change, "old") for change in changes},
        "after": {change.name: _described(change.after, change, "new") for change in changes},
    }


def _described(user: AclUser | None, change: Change, age: str) -> dict[str, Any]:
    if user is None:
        return {}
    same = (
        change.before is not None and change.after is not None and change.before.password_hashes == change.after.password_hashes
    )
    return {
        "enabled": user.enabled,
        "keys": sorted(user.keys),
        "channels": sorted(user.channels),
        "commands": " ".join(user.commands),
        "extra": sorted(user.extra),
        "password": "unchanged" if same else age,
        "saved": change.action != "save" or age == "new",
    }
