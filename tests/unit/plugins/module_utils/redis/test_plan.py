# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.redis.errors import RedisError
from ansible_collections.tierline.erp.plugins.module_utils.redis.models import AclUser, WantedUser, as_acl_user
from ansible_collections.tierline.erp.plugins.module_utils.redis.plan import Change, as_diff, plan, rules
from hypothesis import given
from hypothesis import strategies as st

ACME = WantedUser("acme", "acme:", "a" * 64)
GLOBEX = WantedUser("globex", "globex:", "b" * 64)
SERVER = {"default": AclUser("default"), "admin": AclUser("admin", True, keys=frozenset("*"))}


def state(*users: WantedUser) -> dict[str, AclUser]:
    return SERVER | {user.name: as_acl_user(user) for user in users}


def test_missing_users_are_set_and_others_left_alone() -> None:
    assert plan([ACME], state(GLOBEX), state(GLOBEX)) == [Change("set", "acme", None, as_acl_user(ACME))]


def test_nothing_to_do() -> None:
    assert plan([ACME, WantedUser("old", present=False)], state(ACME, GLOBEX), state(ACME, GLOBEX)) == []
    assert plan([ACME], state(ACME), None) == []


@pytest.mark.parametrize(
    "drift",
    [
        {"enabled": False},
        {"password_hashes": frozenset({"c" * 64})},
        {"password_hashes": frozenset({"a" * 64, "c" * 64})},
        {"keys": frozenset({"*"})},
        {"channels": frozenset()},
        {"commands": ("+@all",)},
        {"extra": frozenset({"nopass"})},
    ],
)
def test_every_drift_is_mended(drift: dict[str, object]) -> None:
    drifted = replace(as_acl_user(ACME), **drift)  # type: ignore[arg-type]
    assert plan([ACME], SERVER | {"acme": drifted}, None) == [Change("set", "acme", drifted, as_acl_user(ACME))]


def test_only_an_explicit_absence_removes() -> None:
    changes = plan([WantedUser("acme", present=False)], state(ACME, GLOBEX), state(ACME, GLOBEX))
    assert changes == [Change("delete", "acme", as_acl_user(ACME), None)]


def test_what_was_never_saved_is_saved() -> None:
    assert [change.action for change in plan([ACME], state(ACME), state())] == ["save"]
    assert [change.action for change in plan([WantedUser("acme", present=False)], state(), state(ACME))] == ["save"]


@pytest.mark.parametrize(
    ("wanted", "current"),
    [
        ([ACME, WantedUser("acme2", "acme:")], []),
        ([ACME, WantedUser("acme2", "acme:two:")], []),
        ([WantedUser("short", "acm")], [ACME]),
        ([WantedUser("long", "acme:x:")], [ACME]),
    ],
)
def test_prefixes_may_not_overlap(wanted: list[WantedUser], current: list[WantedUser]) -> None:
    with pytest.raises(RedisError, match="overlap"):
        plan(wanted, state(*current), None)


def test_a_removed_user_does_not_overlap() -> None:
    assert plan([WantedUser("acme2", "acme:"), WantedUser("acme", present=False)], state(ACME), None)


@given(
    st.lists(
        st.sampled_from([ACME, GLOBEX, WantedUser("acme", present=False), WantedUser("late", "late:", "d" * 64)]),
        unique_by=lambda u: u.name,
    ),
    st.integers(0, 4),
)
def test_an_interrupted_run_is_completed(wanted: list[WantedUser], cut: int) -> None:
    """Apply any part of a plan, save nothing, plan again and apply all: reality is what was wanted, and a third plan is empty."""
    memory, saved = state(GLOBEX), state(GLOBEX)

    def apply(changes: list[Change]) -> None:
        for change in changes:
            memory.pop(change.name, None)
            if change.after:
                memory[change.name] = change.after

    apply(plan(wanted, memory, saved)[:cut])
    apply(plan(wanted, memory, saved))
    saved = dict(memory)
    assert plan(wanted, memory, saved) == []
    assert memory["globex"] == as_acl_user(GLOBEX)
    assert all((user.name in memory) == user.present for user in wanted)


def test_rules_replace_everything() -> None:
    user = AclUser("acme", True, frozenset({"b", "a"}), frozenset({"k"}), frozenset({"c"}), ("-@all", "+get"))
    assert rules(user) == ["reset", "on", "#a", "#b", "~k", "&c", "-@all", "+get"]
    assert rules(replace(user, enabled=False))[1] == "off"


def test_diffs_tell_that_a_password_changed_and_not_which() -> None:
    old = replace(as_acl_user(ACME), password_hashes=frozenset({"c" * 64}))
    diff = as_diff([Change("set", "acme", old, as_acl_user(ACME)), Change("delete", "globex", as_acl_user(GLOBEX))])
    assert (diff["before"]["acme"]["password"], diff["after"]["acme"]["password"]) == ("old", "new")
    assert diff["after"]["globex"] == {}
    assert not any(character * 64 in json.dumps(diff) for character in "abc")


def test_diffs_tell_that_a_user_was_only_saved() -> None:
    diff = as_diff([Change("save", "acme", as_acl_user(ACME), as_acl_user(ACME))])
    assert (diff["before"]["acme"]["saved"], diff["after"]["acme"]["saved"]) == (False, True)
    assert diff["after"]["acme"]["password"] == "unchanged"
