# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""One database takes the name of another, in one transaction, while nobody is connected. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from .errors import BackupError

NAMES = "SELECT coalesce(string_agg(datname, E'\\n'), '') FROM pg_database"


@dataclass(frozen=True)
class Swap:
    database: str
    replacement: str
    # The name that the present database gets.
    previous: str

    def steps(self, present: Collection[str]) -> list[str]:
        """Statements, each a transaction of its own; none where there is nothing to put in its place."""
        if self.replacement not in present:
            if self.database not in present:
                raise BackupError(f"there is neither a database {self.database} nor {self.replacement} to take its name")
            return []
        if self.database not in present:
            return [self._rename(self.replacement, self.database)]
        if self.previous in present:
            raise BackupError(
                f"{self.database} can't become {self.previous}, which exists: choose another name, or drop it if nobody needs it"
            )
        return [
            f"ALTER DATABASE {quoted(self.database)} ALLOW_CONNECTIONS false",
            f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = {literal(self.database)}",
            # Several statements in one message are one transaction. PostgreSQL waits 5 seconds for who is still leaving.
            f"{self._rename(self.database, self.previous)}; {self._rename(self.replacement, self.database)}",
        ]

    def undo(self) -> str:
        """Where the last step failed, the database serves as before."""
        return f"ALTER DATABASE {quoted(self.database)} ALLOW_CONNECTIONS true"

    @staticmethod
    def _rename(old: str, new: str) -> str:
        return f"ALTER DATABASE {quoted(old)} RENAME TO {quoted(new)}"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
