# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Two values are valid while applications move, and one of them at any other time."""

import copy

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.secrets import rotation
from ansible_collections.tierline.erp.plugins.module_utils.secrets.generated import SecretsError
from hypothesis import given
from hypothesis import strategies as st

DATABASE, REDIS = "environments/acme/database", "environments/acme/redis"
USERS = {DATABASE: ["acme", "acme_second"]}
STEPS = (rotation.promote, rotation.retire, rotation.forget)


def tree() -> dict:
    return {"environments": {"acme": {"database": "d" * 32, "redis": "r" * 32, "admin": "a"}, "globex": {"redis": "g"}}}


def begun(before: dict, names: tuple[str, ...] = (DATABASE, REDIS)) -> dict:
    return rotation.begin(before, names, USERS, 32)[0]


def own(after: dict) -> dict:
    return after["environments"]["acme"]


def test_a_whole_rotation() -> None:
    first = begun(tree())
    assert rotation.accepted(own(first), "redis") == ["r" * 32, own(first)["next"]["redis"]]
    assert rotation.logins(own(first), "database", USERS[DATABASE]) == {
        "acme": "d" * 32,
        "acme_second": own(first)["next"]["database"],
    }
    assert rotation.user(own(first), "database", "acme") == "acme"
    used, moved = rotation.promote(first, [DATABASE, REDIS])
    assert moved == [DATABASE, REDIS]
    assert rotation.user(own(used), "database", "acme") == "acme_second"
    assert rotation.accepted(own(used), "redis") == [own(first)["next"]["redis"], "r" * 32]
    assert rotation.logins(own(used), "database", USERS[DATABASE]) == rotation.logins(own(first), "database", USERS[DATABASE])
    alone, _moved = rotation.retire(used, [DATABASE, REDIS])
    assert rotation.accepted(own(alone), "redis") == [own(first)["next"]["redis"]]
    assert rotation.retired(own(alone), "redis") == "r" * 32
    assert rotation.logins(own(alone), "database", USERS[DATABASE])["acme"] is None
    done, _moved = rotation.forget(alone, [DATABASE, REDIS])
    assert set(own(done)) == {"database", "database_user", "redis", "admin"}
    assert done["environments"]["globex"] == {"redis": "g"}


def test_users_take_turns() -> None:
    after = tree()
    for expected in ("acme_second", "acme"):
        after = begun(after, (DATABASE,))
        for step in STEPS:
            after, _moved = step(after, [DATABASE])
        assert own(after)["database_user"] == expected
        passwords = rotation.logins(own(after), "database", USERS[DATABASE])
        assert [user for user, password in passwords.items() if password] == [expected]


def test_before_its_first_rotation_an_owner_is_alone() -> None:
    assert rotation.logins(own(tree()), "database", USERS[DATABASE]) == {"acme": "d" * 32}


@given(killed_after=st.integers(0, 3))
def test_what_was_cut_off_is_finished_first(killed_after: int) -> None:
    after = begun(tree())
    for step in STEPS[:killed_after]:
        after, _moved = step(after, [DATABASE, REDIS])
    again, moved = rotation.begin(after, [DATABASE, REDIS], USERS, 32)
    if killed_after < len(STEPS):
        assert (again, moved) == (after, [])
        assert set(rotation.under_way(after, [DATABASE, REDIS]).values()) == {rotation.STAGES[killed_after]}
    else:
        assert moved == [DATABASE, REDIS]


@given(steps=st.lists(st.sampled_from([*STEPS, rotation.begin]), max_size=12))
def test_in_any_order_what_is_in_use_stays_valid(steps: list) -> None:
    after, names = tree(), [DATABASE, REDIS]
    for step in steps:
        before = copy.deepcopy(after)
        in_use = own(after)["redis"]
        after, _moved = step(after, names, USERS, 32) if step is rotation.begin else step(after, names)
        assert in_use in rotation.accepted(own(after), "redis") or step is rotation.retire
        assert own(after)["redis"] in rotation.accepted(own(before), "redis")
        assert len(rotation.accepted(own(after), "redis")) <= 2
        user = rotation.user(own(after), "database", "acme")
        assert rotation.logins(own(after), "database", USERS[DATABASE])[user] == own(after)["database"]


def test_the_given_tree_is_left_as_it_is() -> None:
    before = tree()
    begun(before)
    assert before == tree()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("environments/acme/master", "is missing: there is nothing to rotate"),
        ("admin", "a name has an owner"),
        ("environments/acme/next", "can't be rotated"),
    ],
)
def test_what_cannot_be_rotated_is_refused(name: str, message: str) -> None:
    with pytest.raises(SecretsError, match=message):
        rotation.begin(tree(), [name], {}, 32)
