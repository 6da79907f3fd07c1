# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases that are made alike are copied from one: connecting to each for its extensions would take most of the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from .models import Action, Change

# Below this number, making the template costs more than it saves.
MINIMUM = 3


@dataclass(frozen=True)
class Batch:
    """Creations that differ in name and owner only, and the extensions that each of them gets."""

    extensions: tuple[str, ...]
    creations: tuple[Change, ...]


def batches(changes: Sequence[Change]) -> list[Batch]:
    extensions = {change.name: _extensions(change) for change in changes if change.action is Action.CREATE_EXTENSIONS}
    alike: dict[tuple, list[Change]] = {}
    for change in changes:
        if change.action is Action.CREATE_DATABASE and change.name in extensions:
            after = change.after or {}
            key = (extensions[change.name], after["encoding"], after["lc_collate"], after["lc_ctype"])
            alike.setdefault(key, []).append(change)
    return [Batch(key[0], tuple(creations)) for key, creations in alike.items() if len(creations) >= MINIMUM]


def rest(changes: Sequence[Change], done: Sequence[Batch]) -> list[Change]:
    """The changes that are left when the batches have been created, extensions and all."""
    names = {creation.name for batch in done for creation in batch.creations}
    covered = (Action.CREATE_DATABASE, Action.CREATE_EXTENSIONS)
    return [change for change in changes if not (change.action in covered and change.name in names)]


def _extensions(change: Change) -> tuple[str, ...]:
    return tuple(cast(list[str], (change.after or {})["extensions"]))
