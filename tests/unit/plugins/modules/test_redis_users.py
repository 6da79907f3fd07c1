# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tierline.erp.plugins.module_utils.redis.errors import RedisUnreachableError
from ansible_collections.tierline.erp.plugins.module_utils.redis.models import AclUser, parse_users
from ansible_collections.tierline.erp.plugins.modules import redis_users, redis_users_info

USERS: list[dict[str, Any]] = [{"name": "acme", "key_prefix": "acme:", "password": "correct horse"}]


class Store:
    """A Redis in memory."""

    def __init__(self, reachable: bool = True) -> None:
        self.memory: dict[str, AclUser] = {"admin": AclUser("admin", True, frozenset("d"))}
        self.saved = dict(self.memory)
        self.reachable = reachable

    def users(self) -> dict[str, AclUser]:
        if not self.reachable:
            raise RedisUnreachableError("nobody answers")
        return dict(self.memory)

    def saved_users(self) -> dict[str, AclUser]:
        return dict(self.saved)

    def apply(self, change: Any) -> None:
        if change.after:
            self.memory[change.name] = change.after

    def save(self) -> None:
        self.saved = dict(self.memory)

    def information(self) -> dict[str, Any]:
        return {"redis_version": 8.0, "role": "master", "uptime_in_seconds": 1, "used_memory": 2, "evicted_keys": 0}

    def settings(self, *names: str) -> dict[str, str]:
        return dict.fromkeys(names, "1") | {"appendonly": "yes"}


def test_dry_run_run_and_run_again() -> None:
    store: Any = Store()
    wanted = parse_users(USERS)
    dry = redis_users.run(store, wanted, True)
    assert "acme" not in store.memory
    first = redis_users.run(store, wanted, False)
    again = redis_users.run(store, wanted, False)
    assert dry == first
    assert (first["changed"], first["users_changed"]) == (True, {"acme": "set"})
    assert "acme" in store.saved
    assert not again["changed"]


def test_a_server_that_is_not_there_yet() -> None:
    store: Any = Store(reachable=False)
    assert redis_users.run(store, parse_users(USERS), True)["users_changed"] == {"acme": "set"}
    with pytest.raises(RedisUnreachableError):
        redis_users.run(store, parse_users(USERS), False)


def test_the_twin_reads_without_digests() -> None:
    store: Any = Store()
    seen = redis_users_info.run(store)
    assert not seen["changed"]
    assert seen["users"] == [{"name": "admin", "enabled": True, "keys": [], "channels": [], "commands": "", "passwords": 1}]
    assert seen["server"]["append_only"]


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({}, []),
        (
            {"users": [{"name": "acme", "state": "gone"}]},
            ["value of state must be one of: present, absent, got: gone found in users"],
        ),
        ({"login_password": None}, ["missing required arguments: login_password"]),
    ],
)
def test_arguments(change: dict[str, Any], errors: list[str]) -> None:
    given = {"login_password": "secret", "users": USERS} | change
    result = ArgumentSpecValidator(redis_users.ARGUMENTS).validate(
        {key: value for key, value in given.items() if value is not None}
    )
    assert result.error_messages == errors


def test_passwords_are_never_logged() -> None:
    result = ArgumentSpecValidator(redis_users.ARGUMENTS).validate({"login_password": "secret", "users": USERS})
    assert result._no_log_values == {"secret", "correct horse"}
