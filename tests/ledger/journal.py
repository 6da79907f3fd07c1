# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of what was sent and acknowledged, outside the database: one append-only file for each writer and round.

A line is `<seconds since 1970> <what> <writer> <number> <token>`, flushed before the writer goes on. `sent` is noted before the
statement leaves, `acknowledged` when the server has said that it is committed, `unknown` when the answer was lost, and `found`
when the writer then looked and saw the entry, which from there on is as good as acknowledged.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .verdict import Entry

SENT, ACKNOWLEDGED, FOUND, UNKNOWN = "sent", "acknowledged", "found", "unknown"


class Journal:
    """One writer's file of one round."""

    def __init__(self, folder: Path, writer: int):
        folder.mkdir(parents=True, exist_ok=True)
        self.file = (folder / f"writer-{writer}.log").open("a", encoding="ascii")

    def note(self, what: str, entry: Entry) -> None:
        self.file.write(f"{time.time():.6f} {what} {entry.writer} {entry.number} {entry.token}\n")
        self.file.flush()

    def close(self) -> None:
        self.file.close()


@dataclass
class Books:
    """What all writers recorded in a round."""

    sent: set[Entry] = field(default_factory=set)
    acknowledged: set[Entry] = field(default_factory=set)
    when: dict[Entry, float] = field(default_factory=dict)
    unknown: int = 0

    def add(self, what: str, entry: Entry, when: float) -> None:
        if what == SENT:
            self.sent.add(entry)
        elif what == UNKNOWN:
            self.unknown += 1
        elif what in (ACKNOWLEDGED, FOUND):
            self.acknowledged.add(entry)
            self.when[entry] = when
        else:
            raise ValueError(f"the journal says {what!r} of entry {entry}, which means nothing")

    def window(self, entries: Collection[Entry]) -> float:
        """Seconds from the first to the last acknowledgement of these entries."""
        times = [self.when[entry] for entry in entries]
        return max(times) - min(times) if times else 0.0


def _lines(folder: Path) -> Iterator[tuple[float, str, Entry]]:
    for path in sorted(folder.glob("writer-*.log")):
        for line in path.read_text(encoding="ascii").splitlines():
            when, what, writer, number, token = line.split(" ")
            yield float(when), what, Entry(int(writer), int(number), int(token))


def read(folder: Path) -> Books:
    """The books of one round, from its files."""
    books = Books()
    for when, what, entry in _lines(folder):
        books.add(what, entry, when)
    return books
