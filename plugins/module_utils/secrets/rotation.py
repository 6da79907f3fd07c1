# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""How a secret is replaced while it is in use. Pure.

Beside the secrets of one owner lie up to three mappings with the same names: `next` (already valid, not yet used), `previous`
(still valid, not used any more) and `retired` (not valid any more, kept to prove just that). A secret is in one of them at most.
Whatever lies there says by itself what is valid: a run may be killed anywhere, and the next of any playbook goes on from there.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .generated import SecretsError, generate

NEXT, PREVIOUS, RETIRED = "next", "previous", "retired"
STAGES = (NEXT, PREVIOUS, RETIRED)
# Servers accept these; the last one only has to be known to be refused.
VALID = (NEXT, PREVIOUS)
# Where two logins take turns, a secret says beside it whose it is.
USER = "_user"


def accepted(own: Mapping[str, Any], name: str) -> list[str]:
    """Every value of a secret that is valid now; the one in use comes first."""
    values = [own.get(name), *((own.get(stage) or {}).get(name) for stage in VALID)]
    return [value for value in values if value]


def retired(own: Mapping[str, Any], name: str) -> str | None:
    return (own.get(RETIRED) or {}).get(name)


def user(own: Mapping[str, Any], name: str, default: str) -> str:
    """Whose secret it is that is in use."""
    return own.get(name + USER) or default


def logins(own: Mapping[str, Any], name: str, users: Iterable[str]) -> dict[str, str | None]:
    """The password of each of the users that take turns, None for one who may not log in.

    As long as nothing was ever rotated only the first exists.
    """
    first, *others = users
    if not own.get(name + USER):
        return {first: own.get(name)}
    found: dict[str, str | None] = dict.fromkeys([first, *others])
    for holder in (own, *(own.get(stage) or {} for stage in VALID)):
        if holder.get(name):
            found[holder[name + USER]] = holder[name]
    return found


def under_way(tree: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """The stage of each of the secrets whose rotation has begun."""
    found = {}
    for name in names:
        path, last = _split(name)
        own = _node(tree, path)
        stages = [stage for stage in STAGES if (own.get(stage) or {}).get(last)]
        found.update({name: stages[0]} if stages else {})
    return found


def begin(
    tree: Mapping[str, Any], names: Iterable[str], users: Mapping[str, list[str]], length: int
) -> tuple[dict[str, Any], list[str]]:
    """A new value for each of the names, and whose it will be; nothing where a rotation is to be finished first."""
    names = list(names)
    result = copy.deepcopy(dict(tree))
    if under_way(tree, names):
        return result, []
    for name in names:
        path, last = _split(name)
        own = _node(result, path)
        if not own.get(last):
            raise SecretsError(f"secret {name} is missing: there is nothing to rotate")
        coming = own.setdefault(NEXT, {})
        coming[last] = generate(length)
        if name in users:
            active = own.setdefault(last + USER, users[name][0])
            coming[last + USER] = next(other for other in users[name] if other != active)
    return result, names


def promote(tree: Mapping[str, Any], names: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """What was next is in use; what was in use is still valid."""

    def move(own: dict[str, Any], key: str) -> None:
        own.setdefault(PREVIOUS, {})[key] = own[key]
        own[key] = own[NEXT].pop(key)

    return _advance(tree, names, NEXT, move)


def retire(tree: Mapping[str, Any], names: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """What is not in use any more is not valid any more."""

    def move(own: dict[str, Any], key: str) -> None:
        own.setdefault(RETIRED, {})[key] = own[PREVIOUS].pop(key)

    return _advance(tree, names, PREVIOUS, move)


def forget(tree: Mapping[str, Any], names: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """What was proven to be refused."""
    return _advance(tree, names, RETIRED, lambda own, key: own[RETIRED].pop(key))


def _advance(
    tree: Mapping[str, Any], names: Iterable[str], stage: str, move: Callable[[dict[str, Any], str], Any]
) -> tuple[dict[str, Any], list[str]]:
    result = copy.deepcopy(dict(tree))
    moved = [name for name, seen in under_way(tree, names).items() if seen == stage]
    for name in moved:
        path, last = _split(name)
        own = _node(result, path)
        for key in (last, last + USER):
            if key in own[stage]:
                move(own, key)
        if not own[stage]:
            del own[stage]
    return result, moved


def _split(name: str) -> tuple[list[str], str]:
    *path, last = name.split("/")
    if not path or last in STAGES:
        raise SecretsError(f"secret {name!r} can't be rotated: a name has an owner, for example environments/acme_prod/database")
    return path, last


def _node(tree: Mapping[str, Any], path: Iterable[str]) -> Any:
    node: Any = tree
    for part in path:
        node = (node.get(part) if isinstance(node, Mapping) else None) or {}
    return node
