# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The admin consoles of the PgBouncers of all members. https://www.pgbouncer.org/usage.html#admin-console

A PgBouncer that stays paused is an outage, so nothing here leaves one behind: while the pools are paused a guard, a process of
its own, waits for a sign from this one. Should this one die, be killed or hang, the guard lets the applications go on."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .errors import PostgresError

PSYCOPG2_IMPORT_ERROR: str | None = None
try:
    import psycopg2
    import psycopg2.extensions
except ImportError:
    PSYCOPG2_IMPORT_ERROR = traceback.format_exc()

_POLL_SECONDS = 0.01
# Nobody is connected to a PgBouncer that doesn't run, and it isn't paused either.
_REFUSED = "Connection refused"
# How long the guard tries to reach a PgBouncer that doesn't answer it at once.
_GUARD_PATIENCE = 60


class Poolers:
    """One PgBouncer per member."""

    def __init__(self, members: Mapping[str, str], port: int, user: str, password: str, ca_cert: str) -> None:
        self._logins: dict[str, dict[str, Any]] = {
            name: {
                "host": address,
                "port": port,
                "user": user,
                "password": password,
                "dbname": "pgbouncer",
                "sslmode": "verify-full",
                "sslrootcert": ca_cert,
                "connect_timeout": 5,
            }
            for name, address in members.items()
        }
        self._kept: dict[str, Any] = {}
        # Seconds between PAUSE and the last RESUME.
        self.stall = 0.0

    def states(self) -> dict[str, str]:
        """For each member: active, paused, suspended, or why it doesn't say."""
        with ThreadPoolExecutor(len(self._logins)) as pool:
            return dict(zip(self._logins, pool.map(self._state, self._logins), strict=True))

    def resume(self) -> None:
        """Let everybody go on. A PgBouncer that isn't paused is left alone."""
        with ThreadPoolExecutor(len(self._logins)) as pool:
            failures = [failure for failure in pool.map(self._resume, self._logins) if failure]
        if failures:
            raise PostgresError("cannot resume PgBouncer: " + "; ".join(failures))

    @contextlib.contextmanager
    def paused(self, patience: float, interrupt: bool, deadline: float) -> Iterator[None]:
        """Hold new transactions back on every member; whatever happens, they go on ``deadline`` seconds later at most.

        Transactions in progress get ``patience`` seconds to end. Then this gives up, unless it may ``interrupt`` them."""
        consoles = self._consoles()
        try:
            self._kept = {name: self._connect(name) for name in consoles}
            with self._guarded(deadline):
                begin = time.monotonic()
                try:
                    self._pause(consoles, patience, interrupt)
                    yield
                finally:
                    self.resume()
                    self.stall = time.monotonic() - begin
        finally:
            for connection in (*consoles.values(), *self._kept.values()):
                connection.close()
            self._kept = {}

    def _consoles(self) -> dict[str, Any]:
        """Open all before the first is paused: what fails here has stopped nobody."""
        with ThreadPoolExecutor(len(self._logins)) as pool:
            consoles = dict(zip(self._logins, pool.map(self._asynchronous, self._logins), strict=True))
        return {name: console for name, console in consoles.items() if console is not None}

    def _pause(self, consoles: Mapping[str, Any], patience: float, interrupt: bool) -> None:
        answers = []
        for console in consoles.values():
            # PgBouncer holds new transactions back from here on, and answers when the last one has ended. With a session pool
            # that never comes, since it waits for clients to leave: so the pools are watched, too.
            answer = console.cursor()
            answer.execute("PAUSE")
            # psycopg2 forgets a question whose cursor is gone.
            answers.append(answer)
        end = time.monotonic() + patience
        waiting = dict(consoles)
        while waiting:
            for name in list(waiting):
                if waiting[name].poll() == psycopg2.extensions.POLL_OK or not self._busy(name):
                    del waiting[name]
            if waiting and time.monotonic() > end:
                if interrupt:
                    return
                busy = ", ".join(f"{name}: {', '.join(self._busy(name))}" for name in waiting)
                raise PostgresError(
                    f"transactions didn't end within {patience:g} s ({busy}); nothing was changed and all go on. "
                    "Wait for them, or allow to interrupt them"
                )
            time.sleep(_POLL_SECONDS)

    def _busy(self, name: str) -> list[str]:
        """Databases with a transaction in progress, in pools that can become free."""
        return sorted(
            {
                row["database"]
                for row in self._query(name, "SHOW POOLS")
                if row["pool_mode"] != "session" and (row["sv_active"] or row["sv_tested"])
            }
        )

    def _state(self, name: str) -> str:
        try:
            state = {row["key"]: row["value"] for row in self._query(name, "SHOW STATE")}
        except PostgresError as error:
            return str(error)
        return next((word for word in ("paused", "suspended") if state.get(word) == "yes"), "active")

    def _resume(self, name: str) -> str | None:
        try:
            self._query(name, "RESUME")
        except PostgresError as error:
            # Whether it was paused is only known by trying; one that was restarted meanwhile isn't.
            return None if "not paused" in str(error) or _REFUSED in str(error) else str(error)
        return None

    def _query(self, name: str, command: str) -> list[dict[str, Any]]:
        """Over the connection that is kept while the pools are paused, if it stands: making one takes longer than asking."""
        kept = self._kept.get(name)
        try:
            if kept is not None:
                with contextlib.suppress(psycopg2.OperationalError, psycopg2.InterfaceError):
                    return _ask(kept, command)
            with contextlib.closing(self._connect(name)) as connection:
                return _ask(connection, command)
        except psycopg2.Error as error:
            raise PostgresError(f"PgBouncer of {name}: {str(error).strip()}") from error

    def _connect(self, name: str) -> Any:
        connection = psycopg2.connect(**self._logins[name])
        # The console knows no transactions.
        connection.autocommit = True
        return connection

    def _asynchronous(self, name: str) -> Any:
        try:
            connection = psycopg2.connect(**self._logins[name], async_=True)
            _finish(connection, self._logins[name]["connect_timeout"])
        except psycopg2.Error as error:
            if _REFUSED in str(error):
                return None
            raise PostgresError(f"PgBouncer of {name}: {str(error).strip()}") from error
        return connection

    @contextlib.contextmanager
    def _guarded(self, deadline: float) -> Iterator[None]:
        """Fork the guard. It resumes unless it is told in time that all is well; a death closes the pipe, which tells it too."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            self._guard(reading, deadline)
        os.close(reading)
        try:
            yield
            os.write(writing, b"done")
        finally:
            os.close(writing)
            os.waitpid(child, 0)

    def _guard(self, reading: int, deadline: float) -> None:
        """Runs in a process of its own and never returns. It must outlive its parent, its terminal and its connection."""
        try:
            os.setsid()
            # Those belong to the parent, which may be using them.
            self._kept = {}
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            # Whoever started the module waits for the end of its output.
            with open(os.devnull, "r+b") as nothing:
                for descriptor in (0, 1, 2):
                    os.dup2(nothing.fileno(), descriptor)
            ready, _write, _error = select.select([reading], [], [], deadline)
            if not (ready and os.read(reading, 4) == b"done"):
                self._insist()
        finally:
            os._exit(0)

    def _insist(self) -> None:
        end = time.monotonic() + _GUARD_PATIENCE
        while time.monotonic() < end:
            # Not the threads of resume(): a forked process has only the one that forked.
            if not [failure for failure in map(self._resume, self._logins) if failure]:
                return
            time.sleep(1)


def _ask(connection: Any, command: str) -> list[dict[str, Any]]:
    cursor = connection.cursor()
    cursor.execute(command)
    if cursor.description is None:
        return []
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _finish(connection: Any, timeout: float) -> None:
    """Drive an asynchronous connection until it has nothing left to do."""
    end = time.monotonic() + timeout
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        left = max(0.0, end - time.monotonic())
        wanted = [connection.fileno()]
        reading, writing = (wanted, []) if state == psycopg2.extensions.POLL_READ else ([], wanted)
        if not any(select.select(reading, writing, [], left)):
            raise psycopg2.OperationalError(f"no answer within {timeout} s")
