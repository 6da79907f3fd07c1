# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.accounts.errors import AccountsError
from ansible_collections.tierline.erp.plugins.module_utils.accounts.plan import Account, Person, Step, group_of, parse, plan

DUTIES = ["dba", "break_glass"]
GROUPS = ["duty-dba", "duty-break-glass", "people"]
KEY = "ssh-ed25519 AAAAC3 ann"
HASH = "$y$j9T$salt$hash"
ANN = Person("ann", frozenset(["duty-dba", "people"]), (KEY,), HASH)


def written(**more: Any) -> dict[str, Any]:
    return {"name": "ann", "duties": ["dba"], "keys": [KEY], "password_hash": HASH, "state": "present"} | more


def seen(**more: Any) -> dict[str, Account]:
    return {
        "ann": Account(**({"name": "ann", "uid": 1000, "groups": ANN.groups, "keys": ANN.keys, "password_hash": HASH} | more))
    }


def words(people: list[Person], accounts: dict[str, Account], have: list[str] = GROUPS) -> list[str]:
    return [str(step) for step in plan(people, GROUPS, have, accounts)]


def test_who_is_wanted() -> None:
    assert parse([written()], DUTIES, DUTIES, "people") == [ANN]
    assert parse([written(duties=[], password_hash=None)], DUTIES, DUTIES, "people")[0].groups == {"people"}
    assert parse([written(state="left", duties=[])], DUTIES, DUTIES, "people") == [Person("ann", left=True)]
    assert group_of("break_glass") == "duty-break-glass"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"name": "Ann"}, "can't be an account"),
        ({"name": "ann;id"}, "can't be an account"),
        ({"duties": ["king"]}, "unknown duty king"),
        ({"keys": []}, "no key"),
        ({"keys": ["AAAA"]}, "isn't one"),
        ({"keys": [f"{KEY}\nssh-rsa x"]}, "isn't one"),
        ({"password_hash": "secret"}, "is no hash"),
        ({"password_hash": "$6$a:b$c"}, "is no hash"),
        ({"password_hash": None}, "no password_hash"),
        ({"state": "left"}, "has left and can't"),
    ],
)
def test_refused(more: dict[str, Any], why: str) -> None:
    with pytest.raises(AccountsError, match=why):
        parse([written(**more)], DUTIES, DUTIES, "people")


def test_everything_wrong_is_named_at_once_and_no_hash() -> None:
    with pytest.raises(AccountsError, match=r"no key.*is no hash.*listed twice") as refused:
        parse([written(keys=[], password_hash="secret"), written()], DUTIES, DUTIES, "people")
    assert "secret" not in str(refused.value)


def test_a_new_person() -> None:
    assert words([ANN], {}, ["duty-dba"]) == [
        "create_group duty-break-glass",
        "create_group people",
        "create ann",
        "password ann",
        "join ann duty-dba",
        "join ann people",
        "keys ann 1",
    ]


def test_what_is_so_already() -> None:
    assert words([ANN], seen()) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"groups": frozenset(["duty-break-glass", "people"])}, ["join ann duty-dba", "leave ann duty-break-glass"]),
        ({"keys": (KEY, "ssh-rsa more")}, ["keys ann 1"]),
        ({"password_hash": "!" + HASH}, ["password ann"]),
        ({"expired": True, "password_hash": "!" + HASH}, ["readmit ann", "password ann"]),
    ],
)
def test_what_differs(more: dict[str, Any], expected: list[str]) -> None:
    assert words([ANN], seen(**more)) == expected


def test_without_a_hash_the_password_stays() -> None:
    assert words([Person("ann", ANN.groups, ANN.keys)], seen()) == []


def test_who_left() -> None:
    gone = [Person("ann", left=True)]
    assert words(gone, {}) == []
    assert words(gone, seen()) == ["leave ann duty-dba", "leave ann people", "keys ann 0", "expire ann"]
    assert words(gone, seen(groups=frozenset(), keys=(), expired=True)) == []


def test_who_isnt_named_has_no_duty() -> None:
    assert words([], seen()) == ["leave ann duty-dba", "leave ann people"]


@pytest.mark.parametrize("uid", [0, 104, 999, 65534])
def test_system_accounts_are_nobody(uid: int) -> None:
    with pytest.raises(AccountsError, match="system account"):
        plan([ANN], GROUPS, GROUPS, seen(uid=uid))


def test_secrets_are_in_no_report() -> None:
    step = Step("password", "ann", secret=HASH)
    assert HASH not in str(step) + repr(step)
