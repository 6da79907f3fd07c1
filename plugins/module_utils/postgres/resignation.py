# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary that ends on purpose: its PostgreSQL is stopped cleanly, then its leader key is released at once.

Patroni's own switchover waits a second before the release, and the replicas that aren't its candidate wait two seconds
before they follow, in which a commit that needs them waits, too (``ha.py``, ``demote`` and ``process_unhealthy_cluster`` of 4.0).
Here the replicas stand in the election that follows any primary's end. PostgreSQL ends a fast shutdown only when the connected
replicas have all of its WAL, so each of them may win without loss; which one does isn't chosen.

Patroni on this host is killed first, as by a crash: it can't start PostgreSQL as the primary again in between, and those who ask
it for its WAL position are refused at once instead of waiting for the answer of a PostgreSQL that has ended. systemd starts
it a moment later, when there is another primary to follow.

The invariant is that of fencing: the key is released only after the primary has ended, and only for the leadership that was read
before.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ..etcd.errors import EtcdError, EtcdUnavailableError
from .errors import PostgresError
from .fencing import Leadership, parse_leadership, read_request, release_request

_POLL_SECONDS = 0.01
_RELEASE_SECONDS = 5


class Store(Protocol):
    def transact(self, request: dict[str, Any]) -> dict[str, Any]: ...


class Resignation:
    """The means to end the primary on this host. ``prefix`` is where Patroni keeps its keys in etcd, such as /tierline/cell/."""

    def __init__(self, etcd: Store, prefix: str, data_directory: str, end_patroni: Callable[[], None]) -> None:
        self._etcd, self._prefix, self._data = etcd, prefix, Path(data_directory)
        self._end_patroni = end_patroni

    def resign(self, member: str, timeout: float) -> None:
        """End the primary ``member``, which must run here. Whatever fails, Patroni does with it what it does after a crash."""
        leadership = self._leadership()
        if leadership is None or leadership.member != member:
            holder = leadership.member if leadership else "nobody"
            raise PostgresError(f"{member} doesn't hold the leader key in etcd, but {holder}; nothing was changed")
        process = postmaster(self._data)
        self._end_patroni()
        stop(self._data, process, timeout)
        self._release(leadership)

    def _leadership(self) -> Leadership | None:
        try:
            answers = self._etcd.transact(read_request(self._prefix))["responses"]
        except EtcdError as error:
            raise PostgresError(f"nothing was changed, etcd doesn't tell who is the primary: {error}") from error
        return parse_leadership(answers[0]["response_range"].get("kvs", []))

    def _release(self, leadership: Leadership) -> None:
        """A key that is gone or another's by now was released by Patroni itself, which is as good."""
        end = time.monotonic() + _RELEASE_SECONDS
        while True:
            try:
                self._etcd.transact(release_request(self._prefix, leadership))
                return
            except EtcdUnavailableError as error:
                if time.monotonic() > end:
                    raise PostgresError(
                        f"{leadership.member} was stopped, but etcd didn't take the release of its leader key: {error}. "
                        "Patroni elects a primary as soon as it does"
                    ) from error
            except EtcdError as error:
                raise PostgresError(f"{leadership.member} was stopped, but etcd refused the release: {error}") from error
            time.sleep(_POLL_SECONDS)


def kill_patroni() -> None:
    """End Patroni alone, not PostgreSQL, which is in the same unit."""
    command = ["systemctl", "kill", "--kill-whom=main", "--signal=KILL", "patroni.service"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise PostgresError(f"cannot end Patroni, nothing was changed: {ended.stderr.strip()}")


def stop(data: Path, process: int, timeout: float) -> None:
    """A fast shutdown of the PostgreSQL that runs in the directory: it returns when all is written, and sent to the replicas."""
    os.kill(process, signal.SIGINT)
    end = time.monotonic() + timeout
    while _runs(process):
        if time.monotonic() > end:
            raise PostgresError(f"PostgreSQL in {data} didn't stop within {timeout:g} s; Patroni goes on with it")
        time.sleep(_POLL_SECONDS)
    # A crash leaves the file behind.
    if _lock(data).exists():
        raise PostgresError(f"PostgreSQL in {data} didn't end cleanly; Patroni decides what is next")


def postmaster(data: Path) -> int:
    """The process of the PostgreSQL that runs in the directory."""
    lock = _lock(data)
    try:
        process = int(lock.read_text().split()[0])
        here = Path(f"/proc/{process}/cwd").resolve(strict=True)
    except (OSError, ValueError, IndexError) as error:
        raise PostgresError(f"no PostgreSQL runs in {data}: {error}") from error
    if here != data.resolve():
        raise PostgresError(f"process {process}, which {lock} names, isn't a PostgreSQL of that directory")
    return process


def _lock(data: Path) -> Path:
    return data / "postmaster.pid"


def _runs(process: int) -> bool:
    """Until it has ended. Its parent needs a moment to notice, which isn't waited for."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")
