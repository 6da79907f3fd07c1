# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import ObjectStoreError
from ansible_collections.tierline.erp.plugins.module_utils.object_store.identities import configuration

ADMIN = {"access_key": "admin", "secret_key": "a" * 24}
WRITER = {"name": "w", "kind": "writer", "buckets": ["one"], "access_key": "w", "secret_key": "w" * 24}
RESTORER = {"name": "r", "kind": "restorer", "buckets": ["one"], "access_key": "r", "secret_key": "r" * 24}


def actions(kind: dict[str, object]) -> set[str]:
    policy = json.loads(configuration(ADMIN, [kind])["policies"][0]["content"])
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_a_writer_can_neither_remove_a_version_nor_change_what_protects_it() -> None:
    forbidden = ("Version", "Retention", "Lock", "Lifecycle", "Policy", "Bypass", "CreateBucket", "DeleteBucket", "*")
    assert not [action for action in actions(WRITER) if any(word in action for word in forbidden)]


def test_a_restorer_changes_nothing() -> None:
    assert all(action.startswith(("s3:Get", "s3:List")) for action in actions(RESTORER))


def test_rights_end_at_the_bucket() -> None:
    content = configuration(ADMIN, [WRITER, RESTORER])["policies"][0]["content"]
    resources = {name for statement in json.loads(content)["Statement"] for name in statement["Resource"]}
    assert resources == {"arn:aws:s3:::one", "arn:aws:s3:::one/*"}


def test_the_order_of_the_list_makes_no_difference() -> None:
    assert configuration(ADMIN, [WRITER, RESTORER]) == configuration(ADMIN, [RESTORER, WRITER])


def test_two_keys_of_an_identity_are_valid_while_they_are_rotated() -> None:
    other = {"access_key": "w-second", "secret_key": "x" * 24}
    found = configuration({**ADMIN, "other_keys": [{**other, "access_key": "admin-second"}]}, [{**WRITER, "other_keys": [other]}])
    assert [[key["accessKey"] for key in one["credentials"]] for one in found["identities"]] == [
        ["admin", "admin-second"],
        ["w", "w-second"],
    ]


@pytest.mark.parametrize(
    ("identities", "needle"),
    [
        ([{**WRITER, "other_keys": [{"access_key": "admin", "secret_key": "x" * 24}]}], "access_key that no other has"),
        ([{**WRITER, "other_keys": [{"access_key": "x", "secret_key": "short"}]}], "24 characters"),
        ([WRITER, {**RESTORER, "name": "w"}], "there twice"),
        ([{**WRITER, "name": "admin"}], "there twice"),
        ([{**WRITER, "access_key": "admin"}], "access_key that no other has"),
        ([{**WRITER, "secret_key": "short"}], "24 characters"),
        ([{**WRITER, "kind": "owner"}], "unknown kind"),
        ([{**WRITER, "buckets": []}], "may do nothing"),
        ([{**WRITER, "name": "a b"}], "impossible name"),
    ],
)
def test_refuses_identities_that_could_not_work(identities: list[dict[str, object]], needle: str) -> None:
    with pytest.raises(ObjectStoreError, match=needle):
        configuration(ADMIN, identities)
