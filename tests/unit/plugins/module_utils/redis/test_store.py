# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import redis
from ansible_collections.tierline.erp.plugins.module_utils.redis.arguments import open_store
from ansible_collections.tierline.erp.plugins.module_utils.redis.errors import RedisError, RedisUnreachableError
from ansible_collections.tierline.erp.plugins.module_utils.redis.models import AclUser
from ansible_collections.tierline.erp.plugins.module_utils.redis.plan import Change
from ansible_collections.tierline.erp.plugins.module_utils.redis.store import RedisStore, Server

SERVER = Server("/run/redis.sock", "localhost", 6379, None)


class Client:
    """Answers like Redis does, or raises."""

    def __init__(self, **answers: Any) -> None:
        self.answers, self.seen = answers, []  # type: ignore[var-annotated]

    def execute_command(self, *command: str) -> Any:
        self.seen.append(command)
        answer = self.answers.get(command[0].replace(" ", "_"), "OK")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def pipeline(self, transaction: bool) -> Pipeline:
        assert transaction
        return Pipeline(self)


class Pipeline:
    """Commands that Redis executes as a whole."""

    def __init__(self, client: Client) -> None:
        self.client, self.commands = client, []  # type: ignore[var-annotated]

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *error: object) -> None:
        self.commands = []

    def execute_command(self, *command: str) -> None:
        self.commands.append(command)

    def execute(self) -> None:
        for command in self.commands:
            self.client.execute_command(*command)


def store(**answers: Any) -> tuple[RedisStore, Client]:
    client = Client(**answers)
    return RedisStore(SERVER, "admin", "secret", 1, client), client


@pytest.mark.parametrize("answer", [{"aclfile": "{path}"}, ["aclfile", "{path}"]], ids=["resp3", "resp2"])
def test_users_in_memory_and_in_the_file(tmp_path: Path, answer: Any) -> None:
    path = tmp_path / "users.acl"
    path.write_text("user saved on nopass\n")
    filled = {"aclfile": str(path)} if isinstance(answer, dict) else ["aclfile", str(path)]
    redis_store, _client = store(ACL_LIST=["user acme off"], CONFIG_GET=filled)
    assert list(redis_store.users()) == ["acme"]
    assert list(redis_store.saved_users() or {}) == ["saved"]
    path.unlink()
    assert redis_store.saved_users() is None


def test_a_server_without_acl_file_is_refused() -> None:
    with pytest.raises(RedisError, match="set aclfile"):
        store(CONFIG_GET={"aclfile": ""})[0].saved_users()


def test_changes_become_commands() -> None:
    redis_store, client = store(INFO={"redis_version": "8"})
    user = AclUser("acme", True, commands=("-@all",))
    redis_store.apply(Change("set", "acme", None, user))
    redis_store.apply(Change("delete", "old", user))
    redis_store.apply(Change("save", "acme", user, user))
    redis_store.save()
    assert client.seen == [("ACL SETUSER", "acme", "reset", "on", "-@all"), ("ACL DELUSER", "old"), ("ACL SAVE",)]
    assert redis_store.information() == {"redis_version": "8"}


def test_who_came_in_with_an_old_password_is_thrown_out() -> None:
    redis_store, client = store()
    one, both, other = (AclUser("acme", True, frozenset(hashes)) for hashes in ("a", "ab", "b"))
    redis_store.apply(Change("set", "acme", one, both))
    assert len(client.seen) == 1
    redis_store.apply(Change("set", "acme", both, other))
    assert client.seen[1:] == [("ACL SETUSER", "acme", "reset", "on", "#b"), ("CLIENT KILL", "USER", "acme")]


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (redis.exceptions.AuthenticationError("WRONGPASS"), RedisError, "refused the administrator"),
        (redis.exceptions.ConnectionError("no such file"), RedisUnreachableError, "cannot be reached"),
        (redis.exceptions.TimeoutError("slow"), RedisUnreachableError, "cannot be reached"),
        (redis.exceptions.ResponseError("disk full"), RedisError, "refused ACL SAVE: disk full"),
    ],
)
def test_errors_say_what_to_mend(error: Exception, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        store(ACL_SAVE=error)[0].save()


@pytest.mark.parametrize("socket", ["missing.sock", None])
def test_connections_are_made_and_nobody_answers(tmp_path: Path, socket: str | None) -> None:
    params = {
        "unix_socket": str(tmp_path / socket) if socket else None,
        "host": "127.0.0.1",
        "port": 1,
        "ca_path": None,
        "login_user": "admin",
        "login_password": "secret",
        "timeout": 1,
    }
    with pytest.raises(RedisUnreachableError, match=r"missing.sock|127.0.0.1:1"):
        open_store(params).users()
