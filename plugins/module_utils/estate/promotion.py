# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which environment has to have run the code that another one is given."""

from __future__ import annotations

from collections.abc import Iterator

from .errors import Problem, listed, nearest, shown
from .models import Environment, Estate, Machine, Settings
from .placement import app_machine

KEY = "promoted_from"
# Under this policy nobody asks.
FREE = "free"


def check(estate: Estate) -> Iterator[Problem]:
    """Sources that nobody can promote from."""
    for environment in estate.environments.values():
        name = environment.words[KEY]
        if name is not None:
            yield from _source(environment, name, estate)


def _source(environment: Environment, name: str, estate: Estate) -> Iterator[Problem]:
    fit = [other.name for other in estate.environments.values() if _fits(environment, other)]
    source = estate.environments.get(name)
    if source and _fits(environment, source):
        return
    # One that is refused itself has been told of already.
    if source is None and name in estate.words:
        return
    what = "an environment that nobody promotes from" if source else "unknown environment"
    closest = nearest(name, fit)
    cure = f"write {closest}" if closest else "name one of them, or leave it out"
    allowed = f"another environment of tenant {environment.tenant}, not in production: {listed(fit)}"
    yield Problem("environment", environment.name, KEY, what, shown(name), allowed, closest, cure)


def _fits(environment: Environment, source: Environment) -> bool:
    return source.name != environment.name and source.tenant == environment.tenant and source.stage != "production"


def application(machine: Machine, estate: Estate) -> Settings:
    """Variables of an application machine: whose code comes from where, and who knows what ran there."""
    found = []
    for environment in estate.cells[machine.cell].environments:
        name = environment.words[KEY]
        if name and environment.settings["change.policy"] != FREE and _machine(environment, estate) == machine.name:
            found.append(
                {"environment": environment.name, "source": name, "machine": _machine(estate.environments[name], estate)}
            )
    return {"estate_promotions": found}


def _machine(environment: Environment, estate: Estate) -> str:
    found = app_machine(environment, estate.cells[environment.cell])
    return found.name if found else ""
