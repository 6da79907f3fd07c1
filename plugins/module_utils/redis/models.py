# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Redis users: as wanted (`WantedUser`) and as Redis writes them in an ACL line (`AclUser`). Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import RedisError

ADMIN = "admin"
RESERVED = ("default", ADMIN, "replica", "sentinel")
PASSWORD_MIN = 12

# All data types, transactions and publish/subscribe, on one's own keys and channels. Taken away again: whatever is dangerous for
# the server, scripts and functions (they are shared, and block everybody), and what would tell the names of neighbours' keys,
# which Redis does not filter by key pattern: SCAN, RANDOMKEY, DBSIZE, and CLIENT TRACKING in broadcast mode.
COMMANDS = (
    "-@all",
    "+@read",
    "+@write",
    "+@connection",
    "+@transaction",
    "+subscribe",
    "+unsubscribe",
    "+psubscribe",
    "+punsubscribe",
    "+publish",
    "-@admin",
    "-@dangerous",
    "-@scripting",
    "-scan",
    "-randomkey",
    "-dbsize",
    "-client|tracking",
)

# At a Sentinel: where the primary is, and nothing else.
SENTINEL_COMMANDS = (
    "-@all",
    "+ping",
    "+client|setname",
    "+sentinel|masters",
    "+sentinel|get-master-addr-by-name",
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:{}/-]{0,127}")


@dataclass(frozen=True)
class WantedUser:
    name: str
    key_prefix: str = ""
    password_hash: str = ""
    # While a password is rotated two are valid.
    other_hashes: frozenset[str] = frozenset()
    present: bool = True


@dataclass(frozen=True)
class AclUser:
    """One user as Redis reports it. `extra` holds what this collection never grants: nopass, selectors, unknown flags."""

    name: str
    enabled: bool = False
    password_hashes: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    commands: tuple[str, ...] = ()
    extra: frozenset[str] = frozenset()


def parse_acl(lines: Iterable[str]) -> dict[str, AclUser]:
    """The answer to ACL LIST, or the lines of an ACL file."""
    users = (_parse_line(line) for line in lines if line.strip())
    return {user.name: user for user in users}


def _parse_line(line: str) -> AclUser:
    words = line.split()
    if len(words) < 2 or words[0] != "user":
        raise RedisError(
            f"this is no ACL line: {line.partition('#')[0]!r}; compare the server's version with the supported 7.0 to 8"
        )
    name, rules = words[1], words[2:]
    commands = tuple(rule for rule in rules if rule[0] in "+-")
    known = ("on", "off", "sanitize-payload", "resetchannels", "resetkeys")
    return AclUser(
        name=name,
        enabled="on" in rules,
        password_hashes=frozenset(rule[1:] for rule in rules if rule[0] == "#"),
        keys=frozenset(rule[1:] for rule in rules if rule[0] == "~"),
        channels=frozenset(rule[1:] for rule in rules if rule[0] == "&"),
        commands=commands,
        extra=frozenset(rule for rule in rules if rule[0] not in "+-#~&" and rule not in known),
    )


def as_acl_user(wanted: WantedUser) -> AclUser:
    return AclUser(
        name=wanted.name,
        enabled=True,
        password_hashes=frozenset({wanted.password_hash, *wanted.other_hashes}),
        keys=frozenset({f"{wanted.key_prefix}*"}),
        channels=frozenset({f"{wanted.key_prefix}*"}),
        commands=COMMANDS,
    )


def as_sentinel_user(wanted: WantedUser) -> AclUser:
    return AclUser(
        name=wanted.name,
        enabled=True,
        password_hashes=frozenset({wanted.password_hash, *wanted.other_hashes}),
        commands=SENTINEL_COMMANDS,
    )


def parse_users(items: Iterable[Mapping[str, Any]]) -> list[WantedUser]:
    """All wanted users, or one error that lists every problem of the list. Passwords are kept as the hash that Redis keeps."""
    problems: list[str] = []
    wanted: list[WantedUser] = []
    seen: set[str] = set()
    for item in items:
        name = str(item.get("name") or "")
        present = item.get("state", "present") == "present"
        found = [*_problems(name, item, present), *(["is listed twice"] if name in seen else [])]
        seen.add(name)
        problems += [f"user {name!r} {problem}" for problem in found]
        if not found:
            wanted.append(_wanted(name, item) if present else WantedUser(name, present=False))
    if problems:
        raise RedisError("; ".join(problems))
    return wanted


def _problems(name: str, item: Mapping[str, Any], present: bool) -> Iterable[str]:
    if name in RESERVED:
        yield "belongs to the server: choose another name"
    elif not _NAME.fullmatch(name):
        yield "has an impossible name: allowed are up to 63 letters, digits, '_', '.' and '-'"
    if not present:
        return
    prefix = str(item.get("key_prefix") or "")
    if not _PREFIX.fullmatch(prefix):
        yield f"has key_prefix {prefix!r}: allowed are 1 to 128 letters, digits and '_.:{{}}/-', and no pattern characters"
    if any(len(password) < PASSWORD_MIN for password in _passwords(item)):
        yield f"needs a password of {PASSWORD_MIN} characters or more: Redis keeps an unsalted hash, and a short one is guessed"


def _wanted(name: str, item: Mapping[str, Any]) -> WantedUser:
    first, *others = _passwords(item)
    return WantedUser(name, str(item["key_prefix"]), hash_password(first), frozenset(map(hash_password, others)))


def _passwords(item: Mapping[str, Any]) -> list[str]:
    return [str(password or "") for password in (item.get("password"), *(item.get("other_passwords") or ()))]


def hash_password(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()
