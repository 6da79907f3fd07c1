# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A PostgreSQL cluster of this host, asked as its superuser through its socket."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import figures
from .errors import ProofError
from .figures import Figures

if TYPE_CHECKING:
    import subprocess

# Where it is, by one line: version, timeline, identifier.
STATE = (
    "SELECT current_setting('server_version'), (SELECT timeline_id FROM pg_control_checkpoint()), "
    "(SELECT system_identifier FROM pg_control_system())"
)


@dataclass(frozen=True)
class Moment:
    """A named moment in the write-ahead log, and whether nothing was committed since ``before``."""

    lsn: str
    segment: str
    time: str
    exact: bool


class ProofCluster:
    def __init__(self, socket_dir: str, port: int, runner: Callable[[Sequence[str]], subprocess.CompletedProcess[str]]) -> None:
        self._socket_dir, self._port, self._run = socket_dir, port, runner

    def ask(self, statement: str, database: str = "postgres") -> list[str]:
        """The columns of the only row."""
        return self._output(statement, database).split("\t")

    def lines(self, statement: str) -> list[str]:
        """A text of several lines, which is the only column of the only row."""
        return self._output(statement, "postgres").split("\n")

    def _output(self, statement: str, database: str) -> str:
        done = self._run(
            [
                "psql", "--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--field-separator=\t",
                "--set=ON_ERROR_STOP=1", f"--host={self._socket_dir}", f"--port={self._port}", "--username=postgres",
                f"--dbname={database}", f"--command={statement}",
            ]
        )  # fmt: skip
        if done.returncode:
            raise ProofError(f"PostgreSQL in {self._socket_dir} refused a question about {database}: {done.stderr.strip()}")
        return done.stdout.rstrip("\n")

    def figures(self, database: str) -> Figures:
        return figures.parse(self.ask(figures.QUERY, database)[0])

    def state(self) -> dict[str, str]:
        version, timeline, identifier = self.ask(STATE)
        return {"postgres_version": version, "timeline": timeline, "system_identifier": identifier}

    def snapshot(self) -> str:
        return self.ask("SELECT pg_current_snapshot()")[0]

    def mark(self, name: str, before: str) -> Moment:
        """Name this moment, and begin another segment so that it is archived at once."""
        lsn, stamp = self.ask(
            f"SELECT pg_create_restore_point('{name}'), to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        )
        after = self.snapshot()
        (segment,) = self.ask(f"SELECT pg_walfile_name('{lsn}')")
        self.ask("SELECT pg_switch_wal()")
        low, high, _running = after.split(":")
        return Moment(lsn, segment, stamp, exact=before == after and low == high)

    def await_archived(self, segment: str, timeout: int) -> None:
        """Until the store has a segment: before that, nothing in it can be restored."""
        deadline = time.monotonic() + timeout
        while True:
            (archived,) = self.ask("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")
            if archived[:24] >= segment:
                return
            if time.monotonic() > deadline:
                raise ProofError(
                    f"segment {segment} has not been archived in {timeout} s (the last is {archived or 'none'}): "
                    "the moment can't be restored yet; look at the store and at backup_info, and run this again"
                )
            time.sleep(0.5)
