# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.redis.errors import RedisError
from ansible_collections.tierline.erp.plugins.module_utils.redis.models import (
    COMMANDS,
    AclUser,
    WantedUser,
    as_acl_user,
    parse_acl,
    parse_users,
)

GOOD: dict[str, Any] = {"name": "acme_prod", "key_prefix": "acme_prod:", "password": "correct horse"}
DIGEST = hashlib.sha256(b"correct horse").hexdigest()
# As Redis 8.0 prints it.
LINE = f"user acme_prod on sanitize-payload #{DIGEST} ~acme_prod:* resetchannels &acme_prod:* {' '.join(COMMANDS)}"


def test_what_redis_prints_is_what_was_wanted() -> None:
    (wanted,) = parse_users([GOOD])
    assert parse_acl([LINE, ""]) == {"acme_prod": as_acl_user(wanted)}


def test_two_passwords_are_valid_during_a_rotation() -> None:
    (wanted,) = parse_users([{**GOOD, "other_passwords": ["battery staple"]}])
    assert as_acl_user(wanted).password_hashes == {DIGEST, hashlib.sha256(b"battery staple").hexdigest()}
    with pytest.raises(RedisError, match="needs a password of 12 characters"):
        parse_users([{**GOOD, "other_passwords": ["short"]}])


@pytest.mark.parametrize("extra", ["nopass", "skip-sanitize-payload", "(~other:*", "%R~other:*", "allkeys"])
def test_what_was_never_granted_is_a_difference(extra: str) -> None:
    seen = parse_acl([f"{LINE} {extra}"])["acme_prod"]
    assert seen != as_acl_user(parse_users([GOOD])[0])
    assert extra in seen.extra


def test_nothing_is_granted_after_it_was_refused() -> None:
    """Redis applies rules in order, so refusals come last. What they refuse on a real server is tested in molecule/redis."""
    refused = COMMANDS.index("-@admin")
    assert all(rule.startswith("-") for rule in COMMANDS[refused:])
    assert {"-@dangerous", "-@scripting", "-scan", "-randomkey", "-dbsize", "-client|tracking"} <= set(COMMANDS[refused:])


def test_users_of_the_server() -> None:
    users = parse_acl(
        ["user default off sanitize-payload resetchannels -@all", f"user admin on sanitize-payload #{DIGEST} ~* &* +@all"]
    )
    assert users["default"] == AclUser("default", commands=("-@all",))
    assert users["admin"].enabled
    assert users["admin"].keys == {"*"}


def test_an_unknown_line_is_refused_without_its_digest() -> None:
    with pytest.raises(RedisError, match="no ACL line") as refused:
        parse_acl([f"role acme on #{DIGEST}"])
    assert DIGEST not in str(refused.value)


def test_absent_users_need_nothing_else() -> None:
    assert parse_users([{"name": "old", "state": "absent"}]) == [WantedUser("old", present=False)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "default"}, "belongs to the server"),
        ({"name": "admin", "state": "absent"}, "belongs to the server"),
        ({"name": "a b"}, "impossible name"),
        ({"name": ""}, "impossible name"),
        ({"key_prefix": ""}, "has key_prefix ''"),
        ({"key_prefix": None}, "has key_prefix ''"),
        ({"key_prefix": "*"}, "no pattern characters"),
        ({"key_prefix": "acme*"}, "no pattern characters"),
        ({"key_prefix": "acme prod"}, "no pattern characters"),
        ({"password": None}, "needs a password"),
        ({"password": "too short"}, "12 characters"),
    ],
)
def test_bad_input_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RedisError, match=message) as refused:
        parse_users([GOOD | change])
    assert "too short" not in str(refused.value)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(RedisError) as refused:
        parse_users([GOOD, GOOD, {"name": "x"}])
    assert "'acme_prod' is listed twice" in str(refused.value)
    assert str(refused.value).count("user 'x'") == 2
