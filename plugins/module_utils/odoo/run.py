# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of odoo_release: who makes it, with what patience, and how its work is told and shared out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from . import reconcile
from .models import Environment, Settings
from .plan import Step
from .promotion import Promotion


@dataclass(frozen=True)
class Run:
    """One call: who makes it, with what patience."""

    id: str
    settings: Settings
    wait_timeout: int = 300
    parallel: int = 2
    lease: int = 600
    drain_seconds: int = 60
    drain_timeout: int = 900
    check_mode: bool = False
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    prove: Callable[[Environment, str], None] = field(default=lambda _env, _slot: None)
    # What a user does with the updated database, before any user does.
    business: Callable[[Environment, str], None] = field(default=lambda _env, _slot: None)
    login: Callable[[Environment, str], None] = field(default=lambda _env, _slot: None)
    updater: Any = None
    updates: bool = True
    restore_database: bool = False
    # Whether a rollback may follow a rollback.
    again: bool = False
    # By environment, the name of the moment before its update that backups can bring back.
    recovery_points: Mapping[str, str] = field(default_factory=dict)
    # What another environment has to have run before; why code may go without that, and whose did.
    promotions: Mapping[str, Promotion] = field(default_factory=dict)
    promotion_override: str = ""
    overridden: set[str] = field(default_factory=set)
    # Environments that wait for a run that may update databases, or for another environment.
    waiting: list[str] = field(default_factory=list)
    # Seconds of each part of an update, by environment: what users waited for.
    spent: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def now(self) -> int:
        return int(self.clock())

    @contextmanager
    def timed(self, name: str, part: str) -> Iterator[None]:
        begun = self.clock()
        yield
        self.spent.setdefault(name, {})[part] = round(self.clock() - begun, 1)


def each(names: Iterable[str], work: Callable[[str], None], run: Run) -> None:
    reconcile.in_parallel(names, work, run.parallel)


def step_of(name: str, action: str, slot: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Step:
    return Step(name, action, f"{name}-{slot}", before, after)
