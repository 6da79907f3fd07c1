# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who logs in to a machine and to which groups they belong: how it stands, and what would make it so. Pure.

Invariant: after the steps nobody is in a governed group but those who were named with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import AccountsError

_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}\Z")
# As crypt(3) has them; what isn't one of these would be a password in the clear.
_HASH = re.compile(r"\$(y|gy|7|6|5)\$[^:\s]+\Z")
_SYSTEM_UIDS = range(1000)
NOBODY = 65534


@dataclass(frozen=True)
class Person:
    """As wanted. One who left keeps the name, since records speak of it, and can't come in."""

    name: str
    groups: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()
    password_hash: str | None = None
    left: bool = False


@dataclass(frozen=True)
class Account:
    """As seen."""

    name: str
    uid: int
    groups: frozenset[str] = frozenset()
    keys: tuple[str, ...] = ()
    password_hash: str = ""
    expired: bool = False


@dataclass(frozen=True)
class Step:
    """``secret`` is in no report."""

    action: str
    target: str
    value: str = ""
    secret: str = field(default="", repr=False)

    def __str__(self) -> str:
        return " ".join(word for word in (self.action, self.target, self.value) if word)


def group_of(duty: str) -> str:
    return "duty-" + duty.replace("_", "-")


def parse(
    written: Iterable[Mapping[str, Any]], duties: Sequence[str], need_password: Iterable[str], login_group: str
) -> list[Person]:
    """Everybody, or one error that names every problem."""
    listed = list(written)
    problems = [problem for item in listed for problem in _problems(item, duties, set(need_password))]
    names = [item["name"] for item in listed]
    problems += [f"{name} is listed twice: keep one" for name in sorted(set(names)) if names.count(name) > 1]
    if problems:
        raise AccountsError("; ".join(problems))
    return [_person(item, login_group) for item in listed]


def _person(item: Mapping[str, Any], login_group: str) -> Person:
    if item["state"] == "left":
        return Person(item["name"], left=True)
    groups = frozenset([*map(group_of, item["duties"]), login_group])
    return Person(item["name"], groups, tuple(item["keys"]), item["password_hash"])


def _problems(item: Mapping[str, Any], duties: Sequence[str], need_password: set[str]) -> Iterable[str]:
    name = item["name"]
    if not _NAME.match(name):
        yield f"{name!r} can't be an account: small letters, digits, - and _, and a letter first"
    for duty in item["duties"]:
        if duty not in duties:
            yield f"{name} has the unknown duty {duty}: there are {', '.join(duties)}"
    if item["state"] == "left":
        if item["duties"]:
            yield f"{name} has left and can't have the duties {', '.join(item['duties'])}"
        return
    if not item["keys"]:
        yield f"{name} has no key and couldn't log in"
    if any("\n" in key or len(key.split()) < 2 for key in item["keys"]):
        yield f"a key of {name} isn't one: type, key and comment, on one line"
    password = item["password_hash"]
    if password and not _HASH.match(password):
        yield f"password_hash of {name} is no hash, as mkpasswd makes it"
    asked = sorted(need_password & set(item["duties"]))
    if asked and not password:
        yield f"{name} has no password_hash, and sudo asks for a password of who has the duty {', '.join(asked)}"


def plan(people: Sequence[Person], groups: Sequence[str], have: Iterable[str], accounts: Mapping[str, Account]) -> list[Step]:
    existing = set(have)
    steps = [Step("create_group", group) for group in groups if group not in existing]
    for person in people:
        account = accounts.get(person.name)
        if account and (account.uid in _SYSTEM_UIDS or account.uid == NOBODY):
            raise AccountsError(f"{person.name} is a system account ({account.uid}) and no person: choose another name")
        steps += _gone(person, account) if person.left else _present(person, account)
    named = {person.name for person in people}
    for name, account in sorted(accounts.items()):
        if name not in named:
            steps += [Step("leave", name, group) for group in sorted(account.groups)]
    return steps


def _present(person: Person, account: Account | None) -> Iterable[Step]:
    seen = account or Account(person.name, -1)
    if account is None:
        yield Step("create", person.name)
    if seen.expired:
        yield Step("readmit", person.name)
    if person.password_hash and seen.password_hash != person.password_hash:
        yield Step("password", person.name, secret=person.password_hash)
    yield from (Step("join", person.name, group) for group in sorted(person.groups - seen.groups))
    yield from (Step("leave", person.name, group) for group in sorted(seen.groups - person.groups))
    if seen.keys != person.keys:
        yield Step("keys", person.name, f"{len(person.keys)}", secret="".join(f"{key}\n" for key in person.keys))


def _gone(person: Person, account: Account | None) -> Iterable[Step]:
    if account is None:
        return
    yield from (Step("leave", person.name, group) for group in sorted(account.groups))
    if account.keys:
        yield Step("keys", person.name, "0")
    # Last: with it, sessions end.
    if not account.expired:
        yield Step("expire", person.name)
