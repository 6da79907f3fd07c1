# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which code an environment has run, and which it may run: production takes what another environment has shown to work.

Code is an image by its digest and archives by their hashes. What was rolled back has not shown to work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import spec
from .release import Record

# More than anybody promotes; a record stays a small file.
KEPT = 20


@dataclass(frozen=True)
class Code:
    image: str
    addons: tuple[str, ...] = ()

    def __str__(self) -> str:
        archives = ", ".join(sha256[:12] for sha256 in self.addons)
        return f"image {self.image}" + (f" with addons {archives}" if archives else "")

    @property
    def identity(self) -> tuple[str, tuple[str, ...]]:
        """The same image may come from another registry: its digest says what it is."""
        return self.image.rpartition("@")[2], self.addons


@dataclass(frozen=True)
class Promotion:
    """What `environment` may run: what `source` has."""

    environment: str
    source: str
    ran: tuple[Code, ...]

    def refusal(self, wanted: Code, runs: Code) -> str | None:
        """Why `wanted` must not take the place of `runs`."""
        if wanted.identity in {code.identity for code in (runs, *self.ran)}:
            return None
        last = f"what it ran last is {self.ran[-1]}" if self.ran else "nothing is known of what it ran"
        return (
            f"{self.environment}: it takes only code that {self.source} has run, and {self.source} has not run {wanted}; {last}. "
            f"Release it to {self.source} first (--limit {self.source}), or say why it has to go without: "
            "promotion_override='<reason>'"
        )


def code_of(entry: Mapping[str, Any]) -> Code:
    return Code(str(entry["image"]), tuple(entry.get("addons") or ()))


def running(container: Mapping[str, Any] | None) -> Code:
    """What a container was made of."""
    config = (container or {}).get("Config") or {}
    addons = (config.get("Labels") or {}).get(spec.LABEL_ADDONS, "")
    return Code(str(config.get("Image") or ""), tuple(name for name in addons.split(",") if name))


def read(rules: Iterable[Mapping[str, str]], sources: Iterable[Mapping[str, Any]]) -> dict[str, Promotion]:
    """Rules by environment; `sources` are records as odoo_releases_info returns them."""
    ran = {record["environment"]: tuple(code_of(entry) for entry in record.get("ran") or ()) for record in sources}
    return {rule["environment"]: Promotion(rule["environment"], rule["source"], ran.get(rule["source"], ())) for rule in rules}


def noted(record: Record, entry: Mapping[str, Any]) -> Record:
    """`entry` of `released` serves. Of one that an older version wrote the archives aren't known."""
    if "addons" not in entry:
        return record
    others = withdrawn(record, entry).ran
    told = {name: entry[name] for name in ("image", "addons", "at")}
    return replace(record, ran=(*others, told)[-KEPT:])


def withdrawn(record: Record, entry: Mapping[str, Any]) -> Record:
    """Somebody went away from it."""
    if "addons" not in entry:
        return record
    return replace(record, ran=tuple(known for known in record.ran if code_of(known).identity != code_of(entry).identity))
