# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which copies and rights are refused, and what the module tells."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres import duplicate
from ansible_collections.tierline.erp.plugins.module_utils.postgres.duplicate import Copy, Seen
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.modules import postgres_copies


class Server:
    def __init__(self, databases: dict[str, str | None], roles: dict[str, bool]) -> None:
        self.seen = Seen(databases, roles)
        self.done: list[Any] = []

    def see(self, _copies: Any, _roles: Any) -> Seen:
        return self.seen

    def let(self, rights: dict[str, bool]) -> None:
        self.done.append(rights)

    def copy(self, copy: Copy) -> float:
        self.done.append(copy)
        return 1.5


def run(server: Server, check_mode: bool = False, **params: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"copies": [], "rehearsals": {}, "creators": [], "creators_state": "present"}
    return postgres_copies.run(server, {**base, **params}, check_mode)


def test_a_rehearsal_gets_a_copy_and_its_role_a_right() -> None:
    server = Server({"acme_prod": None, "acme_prod_rehearsal": "tierline: a copy of acme_prod"}, {"acme": False})
    dry = run(server, True, rehearsals={"acme_prod": "acme"}, creators=["acme"])
    assert (dry["changed"], server.done) == (True, [])
    real = run(server, rehearsals={"acme_prod": "acme"}, creators=["acme"])
    assert real["copied"] == {"acme_prod_rehearsal": 1.5}
    assert real["diff"] == dry["diff"]
    assert server.done == [{"acme": True}, Copy("acme_prod", "acme_prod_rehearsal", "acme")]


def test_a_right_that_is_as_wanted_is_no_change() -> None:
    server = Server({}, {"acme": False})
    assert not run(server, creators=["acme"], creators_state="absent")["changed"]
    assert run(Server({}, {"acme": True}), creators=["acme"], creators_state="absent")["changed"]


@pytest.mark.parametrize(
    ("databases", "roles", "said"),
    [
        ({}, {"acme": False}, "database 'acme_prod' doesn't exist"),
        ({"acme_prod": None, "copy": None}, {"acme": False}, "'copy' exists and is no copy"),
        ({"acme_prod": None}, {}, "role 'acme' doesn't exist, or is a superuser"),
    ],
)
def test_what_could_do_harm_is_refused(databases: dict[str, str | None], roles: dict[str, bool], said: str) -> None:
    with pytest.raises(PostgresError, match=said):
        run(Server(databases, roles), copies=[{"source": "acme_prod", "target": "copy", "owner": "acme"}])


def test_names_stay_within_what_postgresql_keeps() -> None:
    assert len(duplicate.rehearsal("x" * 60, "acme").target) <= 63


@pytest.mark.parametrize(
    ("sizes", "free", "refused"),
    [
        ({"acme_prod": 100_000_000}, 199_000_000, True),
        ({"acme_prod": 100_000_000}, 200_000_000, False),
        ({"acme_prod": 100_000_000, "copy": 50_000_000}, 150_000_000, False),
        ({"acme_prod": 100_000_000}, None, False),
    ],
)
def test_a_copy_that_the_disk_has_no_room_for_is_refused(sizes: dict[str, int], free: int | None, refused: bool) -> None:
    seen = Seen({"acme_prod": None}, {"acme": False}, sizes, free)
    found = duplicate.refusals([Copy("acme_prod", "copy", "acme")], {}, seen)
    assert bool(found) is refused
    if refused:
        assert found == [
            "copying acme_prod may take 200 MB of the server's disk (the copy, and its share of the log), "
            "but only 199 MB are free"
        ]
