# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odoo's processes, where a tier leaves their number to what an environment may use. docs/sizing.md has the rules."""

from __future__ import annotations

from ..odoo.errors import OdooError
from ..odoo.sizing import Limits, as_options, size
from .errors import Problem, shown
from .models import Settings

WORKERS = "sizing.workers"
# A tier's way to say so.
COMPUTED = 0
# PgBouncer's connections to the server for an environment, as postgres_ha computes them: 36 of all members, 20 of one at most.
POOL_OF_ALL, POOL_OF_ONE = 36, 20


def computed(name: str, settings: Settings, problems: list[Problem]) -> tuple[Settings, Settings]:
    """The settings with a number of workers, and what belongs to it in Odoo's configuration."""
    if settings[WORKERS] != COMPUTED:
        return settings, {}
    pool = min(POOL_OF_ONE, POOL_OF_ALL // settings["availability.database_members"], settings["sizing.connection_limit"])
    limits = Limits(
        cpus=settings["sizing.cpus"],
        memory_mb=settings["sizing.memory_mb"],
        cron_threads=settings["sizing.cron_threads"],
        pool=pool,
    )
    try:
        sizes = size(limits)
    except OdooError as error:
        cure = "raise what it names, or write the number of workers"
        problems.append(Problem("environment", name, WORKERS, f"can't be computed: {error}", shown(COMPUTED), cure=cure))
        return settings, {}
    return {**settings, WORKERS: sizes.workers}, as_options(sizes)
