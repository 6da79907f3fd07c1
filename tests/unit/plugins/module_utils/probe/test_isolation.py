# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.probe import isolation
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import Place, Tenant


def tenant(name: str, **changes: Any) -> Tenant:
    base: dict[str, Any] = {
        "environment": name,
        "database": {"name": name, "user": name, "host": "db1,db2", "port": 6432},
        "redis": {"host": "db1", "port": 6379, "user": name, "key_prefix": f"{name}:"},
        "ports": {"http": 10008, "websocket": 10009},
        "redis_password": f"secret of {name}",
        "place": Place(f"{name}-blue", ("192.0.2.2",), ("192.0.2.1",), (f"/data/{name}",)),
    }
    return Tenant(**(base | changes))


ACME, BETA, GAMMA = tenant("acme"), tenant("beta"), tenant("gamma")


def test_everybody_tries_everybody_else() -> None:
    assert len(list(isolation.pairs([ACME, BETA, GAMMA], None))) == 6


def test_subjects_limit_the_pairs_to_those_they_take_part_in() -> None:
    found = {(a.environment, b.environment) for a, b in isolation.pairs([ACME, BETA, GAMMA], ["acme"])}
    assert found == {("acme", "beta"), ("beta", "acme"), ("acme", "gamma"), ("gamma", "acme")}


def test_the_attempts_cover_every_door() -> None:
    names = [attempt["id"] for attempt in isolation.attacks(ACME, BETA, 5432, ["198.51.100.7"])]
    assert names == [
        "beta database at db1:6432",
        "beta database at db1:6432 as beta",
        "beta database at db1:5432",
        "beta database at db2:6432",
        "beta database at db2:6432 as beta",
        "beta database at db2:5432",
        "beta redis read",
        "beta redis write",
        "beta container at 192.0.2.2:8069",
        "beta container at 192.0.2.2:8072",
        "beta container at 192.0.2.2:8080",
        "beta published port at 192.0.2.1:10008",
        "beta published port at 192.0.2.1:10009",
        "beta published port at 198.51.100.7:10008",
        "beta published port at 198.51.100.7:10009",
    ]


MEMBERS = {"sentinels": ["db1", "db2"], "sentinel_port": 26379, "primary": "shared", "port": 6379}


def test_every_member_of_redis_is_tried_and_every_sentinel() -> None:
    acme, beta = (tenant(name, redis={**MEMBERS, "user": name, "key_prefix": f"{name}:"}) for name in ("acme", "beta"))
    own = {attempt["id"]: attempt for attempt in isolation.control(acme) if attempt["kind"] == "redis"}
    assert list(own) == [
        "own redis at db1:6379",
        "own redis at db2:6379",
        "own sentinel at db1:26379",
        "own sentinel at db2:26379",
    ]
    assert own["own sentinel at db2:26379"]["command"] == ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "shared"]
    found = {attempt["id"]: attempt for attempt in isolation.attacks(acme, beta, 5432) if attempt["kind"] == "redis"}
    assert list(found) == [
        "beta redis at db1:6379 read",
        "beta redis at db1:6379 write",
        "beta redis at db2:6379 read",
        "beta redis at db2:6379 write",
        "beta sentinel at db1:26379 as beta",
        "beta sentinel at db2:26379 as beta",
    ]
    stranger = found["beta sentinel at db1:26379 as beta"]
    assert (stranger["user"], stranger["password"], stranger.get("command")) == ("beta", "secret of acme", None)


def test_without_a_redis_password_redis_is_left_out_and_said_so() -> None:
    quiet = tenant("acme", redis_password="")
    assert [attempt["id"] for attempt in isolation.control(quiet)] == ["own database"]
    assert [attempt["id"] for attempt in isolation.control(ACME)] == ["own database", "own redis"]
    assert not [attempt for attempt in isolation.attacks(quiet, BETA, 5432) if attempt["kind"] == "redis"]
    assert isolation.without_redis(quiet).status == "skipped"
    assert "secret" not in repr(ACME)


@pytest.mark.parametrize(
    ("outcome", "wanted", "ok"),
    [
        ("refused", False, True),
        ("unreachable", False, True),
        ("reached", False, False),
        ("error", False, False),
        ("reached", True, True),
        ("refused", True, False),
        ("error", True, False),
    ],
)
def test_what_is_not_proven_is_not_isolated(outcome: str, wanted: bool, ok: bool) -> None:
    attempt = {"id": "x", "kind": "port"}
    (found,) = isolation.judge(ACME, [attempt], [{"id": "x", "outcome": outcome, "detail": "d"}], wanted)
    assert found.ok is ok
    assert found.layer == "network"


def test_an_attempt_without_outcome_failed() -> None:
    (found,) = isolation.judge(ACME, [{"id": "x", "kind": "redis"}], [], wanted=False)
    assert not found.ok


def test_a_shared_directory_is_found() -> None:
    assert isolation.storage(ACME, BETA).ok
    shared = tenant("beta", place=Place("beta-blue", writable=("/data/acme",)))
    assert isolation.storage(ACME, shared).status == "failed"
    assert isolation.storage(ACME, tenant("beta", place=None)).ok


@pytest.mark.parametrize(
    ("log", "layer"),
    [
        ("", "app"),
        ("Traceback\nKeyError", "app"),
        ('x\npsycopg2.OperationalError: connection to server at "db1" failed', "database"),
    ],
)
def test_last_words_tell_whose_fault_it_is(log: str, layer: str) -> None:
    found = isolation.not_running(ACME, log)
    assert not found.ok
    assert found.layer == layer
