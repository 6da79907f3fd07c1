# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml
from ansible_collections.tierline.erp.plugins.module_utils.accounts.plan import Account, Step
from ansible_collections.tierline.erp.plugins.module_utils.accounts.store import _ACTIONS
from ansible_collections.tierline.erp.plugins.modules import people

HASH = "$6$salt$hash"
PARAMS: dict[str, Any] = {
    "people": [
        {"name": "ann", "duties": ["dba"], "keys": ["ssh-rsa AAAA"], "password_hash": HASH, "state": "present"},
        {"name": "bob", "duties": [], "keys": [], "password_hash": None, "state": "left"},
    ],
    "duties": ["dba"],
    "duties_with_password": ["dba"],
    "login_group": "people",
}


class Store:
    def __init__(self) -> None:
        self.applied: list[Step] = []
        self.asked: tuple[list[str], list[str]] = ([], [])

    def groups(self) -> list[str]:
        return ["people"]

    def accounts(self, names: Iterable[str], groups: Iterable[str]) -> dict[str, Account]:
        self.asked = (list(names), list(groups))
        return {"bob": Account("bob", 1001, keys=("ssh-rsa BBBB",))}

    def apply(self, steps: Iterable[Step]) -> None:
        self.applied += steps


def test_a_dry_run_says_what_the_real_one_does() -> None:
    dry, real = Store(), Store()
    foreseen = people.run(PARAMS, dry, True)  # type: ignore[arg-type]
    done = people.run(PARAMS, real, False)  # type: ignore[arg-type]
    assert foreseen == done
    assert (foreseen["changed"], dry.applied) == (True, [])
    assert [str(step) for step in real.applied] == done["changes"]
    assert "create_group duty-dba" in done["changes"]
    assert real.asked == (["ann", "bob"], ["duty-dba", "people"])
    assert HASH not in str(done)


def test_every_step_has_a_command() -> None:
    store = Store()
    readmitted = {"bob": Account("bob", 1001, groups=frozenset(["duty-dba"]), expired=True)}
    store.accounts = lambda _names, _groups: readmitted  # type: ignore[method-assign]
    again = {"people": [PARAMS["people"][0] | {"name": "bob", "duties": []}]}
    people.run(PARAMS | again, store, False)  # type: ignore[arg-type]
    people.run(PARAMS, store, False)  # type: ignore[arg-type]
    fresh = Store()
    people.run(PARAMS, fresh, False)  # type: ignore[arg-type]
    assert {step.action for step in store.applied + fresh.applied} == set(_ACTIONS)


def test_documentation_agrees() -> None:
    options = yaml.safe_load(people.DOCUMENTATION)["options"]
    assert set(options["people"]["suboptions"]) == set(people.PERSON)
