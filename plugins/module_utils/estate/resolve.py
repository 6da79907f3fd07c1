# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one entry point: intent in, resolution out, or every problem at once."""

from __future__ import annotations

from . import backups, conflicts, consistency, edges, placement, promises, promotion, sessions
from .compile import compile_estate
from .errors import EstateError, Problem
from .models import Intent, Resolution
from .read import read


def resolve(intent: Intent) -> Resolution:
    """Resolve the estate that ``intent`` describes. Pure: the same intent gives the same result."""
    problems: list[Problem] = []
    estate = read(intent, problems)
    for part in (consistency, promises, sessions, backups, conflicts, placement, promotion, edges):
        problems += part.check(estate)
    if problems:
        raise EstateError(problems)
    return compile_estate(estate, intent)
