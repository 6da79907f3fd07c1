# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which controls count: all of a profile's. An exception keeps a control in the list and says why it isn't enforced. Pure.

Invariant: a control of a chosen profile is never dropped silently. It is enforced, or it carries its exemption into the report.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import HardeningError

Words = Mapping[str, Any]

PROFILES = ("cis_level1_server", "cis_level2_server", "anssi_bp28", "lynis")
# Profiles of all controls that have a number there.
_BY_SOURCE = {"anssi_bp28": "anssi", "lynis": "lynis"}
# Longer than this, an exception is a decision about the baseline and belongs there.
LONGEST_EXCEPTION = datetime.timedelta(days=400)
SHORTEST_REASON = 10


def belongs(control: Words, profile: str) -> bool:
    if profile in _BY_SOURCE:
        return bool(control.get(_BY_SOURCE[profile]))
    level = control.get("level")
    return level is not None and (profile == "cis_level2_server" or level == 1)


def select(catalogue: Iterable[Words], profiles: Iterable[str], exceptions: Iterable[Words], today: datetime.date) -> list[Words]:
    """The controls of these profiles, each with its exemption or None, or one error that names every problem."""
    controls = list(catalogue)
    wanted = list(profiles)
    granted = list(exceptions)
    problems = [*_catalogue_problems(controls), *_profile_problems(wanted), *_exception_problems(controls, granted, today)]
    if problems:
        raise HardeningError("; ".join(problems))
    exempt = {item["control"]: {"reason": item["reason"], "expires": str(item["expires"])} for item in granted}
    return [
        dict(control) | {"exemption": exempt.get(control["id"])}
        for control in controls
        if any(belongs(control, profile) for profile in wanted)
    ]


def _catalogue_problems(controls: list[Words]) -> Iterable[str]:
    names = [control["id"] for control in controls]
    for name in sorted(set(names)):
        if names.count(name) > 1:
            yield f"control {name} is in the catalogue {names.count(name)} times: keep one"


def _profile_problems(profiles: list[str]) -> Iterable[str]:
    if not profiles:
        yield f"no profile is chosen: name one or more of {', '.join(PROFILES)}"
    for name in profiles:
        if name not in PROFILES:
            yield f"unknown profile {name!r}{_nearest(name, PROFILES)}: known are {', '.join(PROFILES)}"


def _exception_problems(controls: list[Words], exceptions: list[Words], today: datetime.date) -> Iterable[str]:
    known = {control["id"] for control in controls}
    seen: set[str] = set()
    for item in exceptions:
        name = str(item.get("control") or "")
        if name not in known:
            yield f"exception for unknown control {name!r}{_nearest(name, known)}: see docs/hardening.md for their names"
        if name in seen:
            yield f"exception for {name} is listed twice: keep one"
        seen.add(name)
        yield from unfounded(name, item, today)


def unfounded(name: str, exception: Words, today: datetime.date) -> Iterable[str]:
    """What an exception lacks, whatever it is an exception from."""
    if len(str(exception.get("reason") or "").strip()) < SHORTEST_REASON:
        yield f"exception for {name} has no reason: say in {SHORTEST_REASON} characters or more why this host can't have it"
    yield from _date_problems(name, exception.get("expires"), today)


def _date_problems(name: str, written: Any, today: datetime.date) -> Iterable[str]:
    try:
        expires = written if isinstance(written, datetime.date) else datetime.date.fromisoformat(str(written))
    except ValueError:
        yield f"exception for {name} expires {written!r}: a date such as {today + datetime.timedelta(days=90)} is needed"
        return
    if expires < today:
        yield f"exception for {name} expired on {expires}: meet the control, or decide anew and give another date"
    elif expires - today > LONGEST_EXCEPTION:
        yield f"exception for {name} expires on {expires}: at most {LONGEST_EXCEPTION.days} days from today are allowed"


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
