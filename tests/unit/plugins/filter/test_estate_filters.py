# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""selected, with_secrets and explain."""

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.filter.explain import FilterModule as Explain
from ansible_collections.tierline.erp.plugins.filter.selected import FilterModule as Selected
from ansible_collections.tierline.erp.plugins.filter.with_secrets import FilterModule as WithSecrets
from ansible_collections.tierline.erp.plugins.module_utils.secrets import rotation

selected = Selected().filters()["selected"]
with_secrets = WithSecrets().filters()["with_secrets"]
explain = Explain().filters()["explain"]
SECRETS = {"cells": {}, "environments": {"acme_prod": {"database": "d", "admin": "a", "empty": ""}}}


def test_selected_keeps_the_environments_of_the_run_and_what_belongs_to_none() -> None:
    items = [{"environment": "a"}, {"environment": "b"}, {"environment": None}, {"name": "x"}]
    assert selected(items, {"selected_environments": ["b"]}) == [{"environment": "b"}, {"environment": None}, {"name": "x"}]
    assert selected(items, {"selected_environments": []}) == [{"environment": None}, {"name": "x"}]
    assert selected(items, {"selected_machines": ["db1"]}) == items


def test_selected_needs_the_scope_of_the_run() -> None:
    with pytest.raises(AnsibleFilterError, match=r"must begin with _scope\.yml"):
        selected([], {})


def test_with_secrets_joins_one_or_several() -> None:
    items = [
        {"environment": "acme_prod", "secret": "database"},
        {"environment": "acme_prod", "secrets": {"master": "admin"}},
        {"environment": "acme_prod"},
    ]
    assert with_secrets(items, SECRETS) == [
        {"environment": "acme_prod", "password": "d"},
        {"environment": "acme_prod", "secrets": {"master": "a"}},
        {"environment": "acme_prod"},
    ]
    assert items[0] == {"environment": "acme_prod", "secret": "database"}


@pytest.mark.parametrize(("environment", "name"), [("acme_prod", "redis"), ("acme_prod", "empty"), ("globex_prod", "database")])
def test_a_missing_secret_is_named_by_its_place(environment: str, name: str) -> None:
    with pytest.raises(AnsibleFilterError, match=rf"estate_secrets\.environments\.{environment}\.{name} is missing"):
        with_secrets([{"environment": environment, "secret": name}], SECRETS)


def test_an_identity_of_a_store_takes_its_secret_from_the_cell() -> None:
    item = {"cell": "shared", "environment": "acme", "name": "shared-writer", "secrets": {"secret_key": "backup_writer"}}
    assert with_secrets([item], {"cells": {"shared": {"backup_writer": "w"}}}) == [{"name": "shared-writer", "secret_key": "w"}]
    for secrets in ({}, {"cells": {"shared": None}}, {"cells": {"shared": {"backup_writer": ""}}}):
        with pytest.raises(AnsibleFilterError, match=r"estate_secrets\.cells\.shared\.backup_writer is missing"):
            with_secrets([item], secrets)


def test_two_access_keys_of_a_store_take_turns() -> None:
    name, logins = "cells/shared/backup_writer", ["writer", "writer-second"]
    item = {"cell": "shared", "access_key": "writer", "logins": logins, "secrets": {"secret_key": "backup_writer"}}
    reader = {key: value for key, value in item.items() if key != "logins"}
    tree: Any = {"cells": {"shared": {"backup_writer": "old"}}}
    seen = []
    for step in (lambda now: rotation.begin(now, [name], {name: logins}, 40), rotation.promote, rotation.retire, rotation.forget):
        tree, _moved = step(tree) if step.__name__ == "<lambda>" else step(tree, [name])
        identity, user = with_secrets([item], tree)[0], with_secrets([reader], tree)[0]
        assert user == {key: identity[key] for key in ("access_key", "secret_key")}, "who uses it knows one"
        seen.append((identity["access_key"], [other["access_key"] for other in identity.get("other_keys", [])]))
    assert seen == [("writer", ["writer-second"]), ("writer-second", ["writer"]), ("writer-second", []), ("writer-second", [])]
    assert identity["secret_key"] not in ("", "old")


def test_no_secrets_at_all() -> None:
    with pytest.raises(AnsibleFilterError, match="is missing"):
        with_secrets([{"environment": "acme_prod", "secret": "database"}], {"environments": None})


@pytest.mark.parametrize("call", [lambda: selected("text", {}), lambda: with_secrets({}, SECRETS), lambda: explain({}, {})])
def test_wrong_input_is_refused(call) -> None:
    with pytest.raises(AnsibleFilterError, match="takes"):
        call()


LOGINS = {"environment": "acme", "owner": "acme", "secret": "database", "logins": ["acme", "acme_second"], "connection_limit": 40}


def test_logins_of_an_environment_whose_password_was_never_rotated() -> None:
    assert with_secrets([LOGINS], {"environments": {"acme": {"database": "one"}}}) == [
        {"environment": "acme", "owner": "acme", "password": "one", "connection_limit": 40}
    ]


def test_both_logins_work_during_a_rotation_and_one_after_it() -> None:
    own = {"database": "two", "database_user": "acme_second", "previous": {"database": "one", "database_user": "acme"}}
    second = {"name": "acme_second", "access": "application", "connection_limit": 40, "password": "two"}
    (during,) = with_secrets([LOGINS], {"environments": {"acme": own}})
    assert (during["password"], during["roles"]) == ("one", [second])
    (after,) = with_secrets([LOGINS], {"environments": {"acme": {**own, "previous": {}, "retired": own["previous"]}}})
    assert (after["login"], after["roles"], "password" in after) == (False, [second], False)


def test_other_passwords_are_valid_during_a_rotation() -> None:
    item = {"environment": "acme", "secret": "redis"}
    own = {"redis": "one", "next": {"redis": "two"}, "retired": {"redis": "zero"}}
    (joined,) = with_secrets([item], {"environments": {"acme": own}})
    assert joined == {"environment": "acme", "password": "one", "other_passwords": ["two"]}


def test_an_application_logs_in_as_whose_turn_it_is() -> None:
    item = {"environment": "acme", "database": {"name": "acme", "user": "acme"}, "secrets": {"database": "database"}}
    own = {"database": "two", "database_user": "acme_second"}
    (joined,) = with_secrets([item], {"environments": {"acme": own}})
    assert joined["database"] == {"name": "acme", "user": "acme_second"}
    assert item["database"]["user"] == "acme"
