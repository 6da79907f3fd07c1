# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A connection to one Redis server as its administrator: the only file here that opens sockets and files."""

import contextlib
import socket
import ssl
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import RedisError, RedisUnreachableError
from .members import as_mapping
from .models import AclUser, parse_acl
from .plan import Change, rules

REDIS_IMPORT_ERROR: str | None = None
try:
    import redis
    import redis.backoff
    import redis.retry
except ImportError:
    REDIS_IMPORT_ERROR = traceback.format_exc()


@dataclass(frozen=True)
class Server:
    """Where a server listens: a Unix socket, or else a host with TLS."""

    unix_socket: str | None
    host: str
    port: int
    ca_path: str | None
    # A Sentinel has none.
    transactions: bool = True

    def __str__(self) -> str:
        return self.unix_socket or f"{self.host}:{self.port}"


class RedisStore:
    def __init__(self, server: Server, username: str, password: str, timeout: int, client: Any = None) -> None:
        self._server = server
        self._client = client or _connect(server, username, password, timeout)

    def users(self) -> dict[str, AclUser]:
        return parse_acl(self._ask("ACL LIST"))

    def saved_users(self) -> dict[str, AclUser] | None:
        path = self.settings("aclfile").get("aclfile", "")
        if not path:
            raise RedisError(f"{self._server} keeps its users in redis.conf: set aclfile there, or a restart forgets them")
        return self.users_in(path)

    def users_in(self, path: str) -> dict[str, AclUser] | None:
        try:
            return parse_acl(Path(path).read_text(encoding="utf-8").splitlines())
        except OSError:
            return None

    def settings(self, *names: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in names:
            answer = self._ask("CONFIG GET", name)
            found.update(answer if isinstance(answer, dict) else zip(answer[::2], answer[1::2], strict=True))
        return found

    def information(self) -> dict[str, Any]:
        return self._ask("INFO")

    def watched(self, name: str) -> dict[str, str]:
        """What a Sentinel knows of the primary of that name."""
        return as_mapping(self._ask("SENTINEL MASTER", name))

    def replicas(self, name: str) -> list[dict[str, str]]:
        return [as_mapping(one) for one in self._ask("SENTINEL REPLICAS", name)]

    def fail_over(self, name: str) -> None:
        self._ask("SENTINEL FAILOVER", name)

    def follow(self, address: str, port: str) -> None:
        """For good: written down too."""
        with self._explained("REPLICAOF"), self._client.pipeline(transaction=True) as together:
            together.execute_command("SLAVEOF", address, port)
            together.execute_command("CONFIG REWRITE")
            together.execute()

    def hold_writes(self, milliseconds: int) -> None:
        self._ask("CLIENT PAUSE", str(milliseconds), "WRITE")

    def release_writes(self) -> None:
        """Nobody waits any more where the server has meanwhile become a replica or gone."""
        with contextlib.suppress(RedisUnreachableError):
            self._ask("CLIENT UNPAUSE")

    def apply(self, change: Change) -> None:
        if change.action == "set" and change.after is not None:
            self._set_user(change, change.after)
        elif change.action == "delete":
            self._ask("ACL DELUSER", change.name)

    def _set_user(self, change: Change, user: AclUser) -> None:
        """In one transaction, so that a run that is killed in between leaves nobody connected either."""
        with self._explained("ACL SETUSER"), self._client.pipeline(transaction=self._server.transactions) as together:
            together.execute_command("ACL SETUSER", change.name, *rules(user))
            if change.ends_connections:
                together.execute_command("CLIENT KILL", "USER", change.name)
            together.execute()

    def save(self) -> None:
        self._ask("ACL SAVE")

    def set(self, settings: dict[str, str]) -> None:
        """In one command, so that settings that belong together are never half changed."""
        self._ask("CONFIG SET", *(word for item in settings.items() for word in item))

    def _ask(self, *command: str) -> Any:
        with self._explained(command[0]):
            return self._client.execute_command(*command)

    @contextlib.contextmanager
    def _explained(self, command: str) -> Iterator[None]:
        try:
            yield
        except redis.exceptions.AuthenticationError as error:
            raise RedisError(
                f"{self._server} refused the administrator: {error}; check the password, and that the server was restarted"
            ) from error
        except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError) as error:
            raise RedisUnreachableError(f"{self._server} cannot be reached: {error}; check that redis-server runs") from error
        except redis.exceptions.RedisError as error:
            raise RedisError(f"{self._server} refused {command}: {error}") from error


def certificate_file(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise RedisError(f"cannot read {path}: {error.strerror}; it must lie on this machine") from error


def served_certificate(address: str, port: int, timeout: int) -> bytes:
    """The certificate that is served, in DER. It is only looked at: nothing is said, so nothing needs to be trusted."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address, port), timeout=timeout) as plain,
            context.wrap_socket(plain) as connection,
        ):
            return connection.getpeercert(binary_form=True) or b""
    except OSError as error:
        raise RedisUnreachableError(f"{address}:{port} does not speak TLS: {error}; check that redis-server runs") from error


def _connect(server: Server, username: str, password: str, timeout: int) -> Any:
    common: dict[str, Any] = {
        "username": username,
        "password": password,
        "decode_responses": True,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        # The newer library would try a dead server several times over.
        "retry": redis.retry.Retry(redis.backoff.NoBackoff(), 0),
    }
    if server.unix_socket:
        return redis.Redis(unix_socket_path=server.unix_socket, **common)
    return redis.Redis(
        host=server.host, port=server.port, ssl=True, ssl_ca_certs=server.ca_path, ssl_check_hostname=True, **common
    )
