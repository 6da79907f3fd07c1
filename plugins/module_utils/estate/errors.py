# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an estate: every problem, each with its place and its cure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

Locator = Callable[["Problem"], str]


@dataclass(frozen=True)
class Problem:
    """One reason to refuse an estate. ``kind`` is environment, machine, cell, tier or source."""

    kind: str
    name: str
    key: str
    what: str
    seen: str = ""
    allowed: str = ""
    nearest: str = ""
    cure: str = ""
    file: str = ""

    def render(self) -> str:
        """Lay the problem out as a headline and one indented line for each detail that is known."""
        place = f"{self.file}: " if self.file else ""
        lines = [f"{place}{self.kind} {self.name}: {self.key}: {self.what}"]
        for label in ("seen", "allowed", "nearest", "cure"):
            if text := getattr(self, label):
                lines.append(f"    {label + ':':<9}{text}")
        return "\n".join(lines)


class EstateError(Exception):
    """The estate is refused. Carries all problems, never only the first."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = sorted(set(problems), key=lambda p: (p.kind, p.name, p.key, p.what))
        super().__init__(self.render())

    def located(self, locate: Locator) -> EstateError:
        """Return the same error with the file of each problem filled in by ``locate``."""
        return EstateError(p if p.file else replace(p, file=locate(p)) for p in self.problems)

    def render(self) -> str:
        """The complete list, ready to be printed."""
        count = len(self.problems)
        title = f"The estate is refused: {count} problem{'s' if count != 1 else ''}. Nothing was touched."
        return "\n\n".join([title, *(p.render() for p in self.problems)])


def nearest(word: object, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known word that looks most like ``word``, or nothing."""
    matches = difflib.get_close_matches(str(word), sorted(known), n=1, cutoff=cutoff)
    return matches[0] if matches else ""


def shown(value: object) -> str:
    """A value as a person would have written it, short enough for one line."""
    text = {True: "true", False: "false", None: "null"}.get(value) if value is None or isinstance(value, bool) else None
    text = text or (f'"{value}"' if isinstance(value, str) else str(value))
    return text if len(text) <= 120 else text[:117] + "..."


def listed(words: Iterable[object]) -> str:
    """Words in a stable order, for the *allowed* line."""
    return ", ".join(sorted(str(word) for word in words)) or "(none is declared)"


def unknown_option(key: str, known: Iterable[str], file: str) -> Problem:
    """The problem for a key of the estate's own source file that means nothing."""
    closest = nearest(key, known)
    cure = f"write {closest}" if closest else "remove it"
    return Problem("source", "estate", str(key), "unknown key", str(key), listed(known), closest, cure, file)
