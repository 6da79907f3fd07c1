# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Logins of a cluster take turns, and whoever asks is told the same by the playbook and by the role."""

import pathlib

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.filter.postgres_logins import postgres_logins
from ansible_collections.tierline.erp.plugins.module_utils.postgres.logins import API, TURNS
from ansible_collections.tierline.erp.plugins.module_utils.secrets import cells, rotation

NAMES = ["postgres_replication", "patroni_api", "pgbouncer", "pgbouncer_admin"]
PATHS = [f"cells/shared/{name}" for name in NAMES]
PAIRS = {f"cells/shared/{secret}": list(TURNS[kind]) for kind, secret in cells.SECRETS.items()}
STEPS = pathlib.Path(__file__).parents[5] / "playbooks/_rotate_cells.yml"


@pytest.fixture
def tree() -> dict:
    return {"cells": {"shared": {name: f"{name} of before".replace(" ", "-") for name in NAMES}}}


def own(tree: dict) -> dict:
    return tree["cells"]["shared"]


def begun(tree: dict) -> dict:
    return rotation.begin(tree, PATHS, PAIRS, 32)[0]


def test_before_any_rotation_there_is_nothing_to_say(tree):
    assert postgres_logins(own(tree)) == {}
    assert postgres_logins(own(tree), "retired") == []


def test_both_come_in_until_one_is_retired(tree):
    first = begun(tree)
    assert [login["name"] for login in cells.logins(own(first))["pgbouncer"]] == ["pgbouncer", "pgbouncer_second"]
    assert all(login["password"] for logins in cells.logins(own(first)).values() for login in logins)
    used = rotation.promote(first, PATHS)[0]
    replication = cells.logins(own(used))["replication"]
    assert [login["name"] for login in replication] == ["replicator_second", "replicator"]
    assert [login["password"] for login in replication] == [own(used)["postgres_replication"], "postgres_replication-of-before"]
    gone = rotation.retire(used, PATHS)[0]
    assert cells.logins(own(gone))["replication"][1] == {"name": "replicator", "password": None}


def test_what_is_retired_is_proven_with_what_is_in_its_place(tree):
    gone = rotation.retire(rotation.promote(begun(tree), PATHS)[0], PATHS)[0]
    assert {(login["kind"], login["name"]) for login in postgres_logins(own(gone), "retired")} == {
        ("replication", "replicator"),
        ("pgbouncer", "pgbouncer"),
        ("pgbouncer_admin", "pgbouncer_admin"),
        (API, "patroni"),
    }
    assert {(login["kind"], login["name"]) for login in postgres_logins(own(gone), "in_use")} == {
        ("replication", "replicator_second"),
        ("pgbouncer", "pgbouncer_second"),
        ("pgbouncer_admin", "pgbouncer_admin_second"),
        (API, "patroni"),
    }
    done = rotation.forget(gone, PATHS)[0]
    assert postgres_logins(own(done), "retired") == []
    back = rotation.promote(begun(done), PATHS)[0]
    assert cells.logins(own(back))["pgbouncer"][0]["name"] == "pgbouncer", "the first one's turn comes again"


def test_the_playbook_knows_the_same_names():
    tasks = yaml.safe_load(STEPS.read_text())[0]["tasks"]
    turns = next(task["vars"]["__turns"] for task in tasks if "__turns" in task.get("vars", {}))
    assert turns == {secret: list(TURNS[kind]) for kind, secret in cells.SECRETS.items()}


@pytest.mark.parametrize(("own_secrets", "which"), [([], "all"), ({}, "dead")])
def test_nonsense_is_refused(own_secrets, which):
    with pytest.raises(AnsibleFilterError, match="postgres_logins"):
        postgres_logins(own_secrets, which)
