# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tierline.erp.plugins.module_utils.redis.errors import RedisError, RedisUnreachableError
from ansible_collections.tierline.erp.plugins.module_utils.redis.rolling import Patience
from ansible_collections.tierline.erp.plugins.modules import redis_members_info, redis_restart


class Store:
    """Member and Sentinel in one, all of whose answers are given."""

    def __init__(self, role: str = "master", problem: Exception | None = None) -> None:
        self.role, self.problem, self.place, self.seen = role, problem, "a", []  # type: ignore[var-annotated]

    def information(self) -> dict[str, Any]:
        if self.problem:
            raise self.problem
        up = {"master_link_status": "up", "master_host": "a"}
        return {"role": self.role, "master_repl_offset": 7, "slave0": {"state": "online", "offset": 7}} | up

    def watched(self, _name: str) -> dict[str, str]:
        return {"ip": self.place, "port": "6379", "flags": "master", "quorum": "2", "num-other-sentinels": "0", "num-slaves": "0"}

    def replicas(self, _name: str) -> list[dict[str, str]]:
        return []

    def hold_writes(self, _milliseconds: int) -> None:
        self.seen.append("hold")

    def release_writes(self) -> None:
        self.seen.append("release")

    def fail_over(self, _name: str) -> None:
        self.seen.append("fail over")
        self.place = "b"

    def follow(self, address: str, port: str) -> None:
        self.seen.append(f"follow {address}:{port}")
        self.role = "slave"


@pytest.fixture
def asked(tmp_path: Path) -> dict[str, Any]:
    socket, configuration = tmp_path / "socket", tmp_path / "redis.conf"
    socket.touch()
    configuration.touch()
    os.utime(socket, (1, 1))
    return {
        "name": "shared",
        "address": "a",
        "unix_socket": str(socket),
        "files": [str(configuration), str(tmp_path / "none")],
        "primary": "hand_over",
        "wait": 5,
    }


def restart(store: Any, asked: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
    def at_once() -> None:
        store.seen.append("restart")
        os.utime(asked["unix_socket"])

    return redis_restart.run(asked, store, store, at_once, check_mode, Patience(lambda: 0.0, lambda _seconds: None))


def test_a_primary_hands_over_before_it_restarts(asked: dict[str, Any]) -> None:
    store = Store()
    assert restart(store, asked | {"primary": "leave"})["changed"] is False
    dry = restart(store, asked, check_mode=True)
    assert store.seen == []
    first = restart(store, asked)
    assert dry == first
    assert (first["newer"], first["handed_over"]) == ([asked["files"][0]], True)
    assert store.seen == ["hold", "fail over", "follow b:6379", "release", "restart"]
    assert restart(store, asked)["changed"] is False


@pytest.mark.parametrize("store", [Store("slave"), Store(problem=RedisUnreachableError("down"))])
def test_a_replica_or_a_dead_member_just_restarts(store: Store, asked: dict[str, Any]) -> None:
    def back() -> None:
        store.seen.append("restart")
        store.problem = None

    redis_restart.run(asked, store, store, back, False, Patience(lambda: 0.0, lambda _seconds: None))  # type: ignore[arg-type]
    assert store.seen == ["restart"]


def test_a_server_without_a_socket_never_read_its_files(asked: dict[str, Any]) -> None:
    os.unlink(asked["unix_socket"])
    assert redis_restart.newer_files(asked["unix_socket"], asked["files"]) == asked["files"][:1]


def test_a_dry_run_may_find_no_user_yet(asked: dict[str, Any]) -> None:
    store = Store(problem=RedisError("refused the administrator"))
    assert restart(store, asked, check_mode=True)["changed"] is True
    with pytest.raises(RedisError):
        restart(store, asked)


def test_members_that_do_not_answer_are_told() -> None:
    def connect(address: str, port: int) -> Any:
        return Store(problem=RedisUnreachableError("gone")) if address == "b" and port == 1 else Store()

    members = [{"name": name, "address": name} for name in "ab"]
    result = redis_members_info.run(connect, {"name": "shared", "members": members, "port": 1, "sentinel_port": 2})
    assert (result["primary"], result["quorum"], result["changed"]) == ("a", 2, False)
    assert "b: Redis doesn't answer: gone" in result["problems"]


@pytest.mark.parametrize(
    ("module", "given"),
    [
        (redis_restart, {"name": "x", "address": "a", "sentinel_socket": "/s", "files": ["/f"], "login_password": "p"}),
        (redis_members_info, {"name": "x", "members": [{"name": "a", "address": "a"}], "login_password": "p"}),
    ],
)
def test_arguments(module: Any, given: dict[str, Any]) -> None:
    assert ArgumentSpecValidator(module.ARGUMENTS).validate(given).error_messages == []
    assert ArgumentSpecValidator(module.ARGUMENTS).validate({}).error_messages
