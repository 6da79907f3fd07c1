# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Runs inside a container with an environment's limits and takes more than its share, for some seconds and up to some amount.

Self-contained: its source is sent there. `refused` means that a limit held.
"""

import contextlib
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_MIB = 1024 * 1024
_STEP_MIB = 16


def try_processors(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    began, before = time.monotonic(), os.times()
    for child in [_spinning(attempt["seconds"]) for _number in range(attempt["processes"])]:
        os.waitpid(child, 0)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    share = used / (time.monotonic() - began)
    detail = f"{attempt['processes']} busy processes got {share:.2f} of {attempt['limit']:g} processors"
    # A tenth more is what the measuring costs.
    return ("refused" if share <= attempt["limit"] * 1.1 else "reached"), detail


def _spinning(seconds: float) -> int:
    child = os.fork()
    if child == 0:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
        os._exit(0)
    return child


def try_memory(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    """In a process of its own, which is the greediest and so the one that is ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(MemoryError):
            kept: list[bytearray] = []
            while len(kept) * _STEP_MIB < attempt["mebibytes"]:
                kept.append(bytearray(b"x" * (_STEP_MIB * _MIB)))
                os.write(writing, b".")
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        got = len(stream.read()) * _STEP_MIB
    os.waitpid(child, 0)
    return ("refused" if got < attempt["mebibytes"] else "reached"), f"got {got} of {attempt['mebibytes']} MiB"


def try_processes(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    children: list[int] = []
    try:
        while len(children) < attempt["processes"]:
            child = os.fork()
            if child == 0:
                signal.pause()
                os._exit(0)
            children.append(child)
    except OSError as error:
        return "refused", f"{error.strerror} after {len(children)} of {attempt['processes']}"
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
    return "reached", f"{len(children)} processes were started"


def try_space(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    path, written, chunk = f"{attempt['path']}/tierline-probe", 0, b"x" * _MIB
    try:
        with open(path, "wb", buffering=0) as stream:
            while written < attempt["mebibytes"]:
                stream.write(chunk)
                written += 1
    except OSError as error:
        return "refused", f"{error.strerror} after {written} of {attempt['mebibytes']} MiB"
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
    return "reached", f"{written} MiB were written"


def try_connections(attempt: dict[str, Any], own: dict[str, str]) -> tuple[str, str]:
    import psycopg2  # noqa: PLC0415 - the image has it

    kept: list[Any] = []
    failures: list[str] = []

    def one(_number: int) -> None:
        if failures:
            return
        try:
            kept.append(
                psycopg2.connect(
                    host=attempt["host"],
                    port=attempt["port"],
                    dbname=attempt["database"],
                    user=own["db_user"],
                    password=own["db_password"],
                    sslmode=own.get("db_sslmode", "prefer"),
                    connect_timeout=20,
                )
            )
        except psycopg2.Error as error:
            failures.append(str(error).strip().splitlines()[0])

    try:
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(one, range(attempt["connections"])))
        if attempt.get("hold"):
            time.sleep(attempt["hold"])
    finally:
        for connection in kept:
            connection.close()
    detail = f"got {len(kept)} of {attempt['connections']}" + (f"; {failures[0]}" if failures else "")
    return ("refused" if failures else "reached"), detail


TRIES = {
    "processors": try_processors,
    "memory": try_memory,
    "processes": try_processes,
    "space": try_space,
    "connections": try_connections,
}
