# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A refusal is tested by bending a valid estate: what is bent, and what the message must say of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.estate.errors import EstateError, Problem
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.estate.estates import Bench

Bend = Callable[[Bench], None]


class Case(NamedTuple):
    bend: Bend
    headline: str
    alone: bool
    details: dict[str, str]


def refused(estate: Bench) -> list[Problem]:
    with pytest.raises(EstateError) as caught:
        resolve(estate.intent())
    return caught.value.problems


class Refusals:
    """The refusals of one test file, by name."""

    def __init__(self) -> None:
        self._cases: dict[str, Case] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._cases)

    def case(self, name: str, headline: str, *, alone: bool = True, **details: str) -> Callable[[Bend], Bend]:
        """Keep a bend; ``alone`` says that this one fault is no more than one problem."""

        def remember(bend: Bend) -> Bend:
            assert name not in self._cases
            self._cases[name] = Case(bend, headline, alone, details)
            return bend

        return remember

    def check(self, name: str) -> None:
        """The bent estate is refused with the case's headline and details; an empty detail must be absent."""
        case, estate = self._cases[name], Bench()
        case.bend(estate)
        problems = refused(estate)
        found = [problem for problem in problems if replace(problem, file="").render().startswith(case.headline)]
        assert len(found) == 1, EstateError(problems)
        assert len(problems) == 1 or not case.alone, EstateError(problems)
        for label, text in case.details.items():
            value = getattr(found[0], label)
            assert text in value if text else value == "", found[0].render()
