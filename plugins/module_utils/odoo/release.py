# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release is, and what the next run has to do about one that was cut off. Pure.

Invariant: at every moment the record names one slot that routes may lead to and that has been proven, and that slot is not
stopped before the record names another one. So whatever is killed, whenever, the next run finds a slot that serves, and knows
which one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .errors import OdooError
from .models import SLOTS

STARTED, PROVEN, SWITCHED = "started", "proven", "switched"
_PHASES = (STARTED, PROVEN, SWITCHED)


@dataclass(frozen=True)
class Operation:
    """A release under way from one slot to the other.

    Until `lease` nobody else touches the environment: that is the time between two calls, in which edges are changed. While a
    call runs a lock does the same, and ends with it.
    """

    id: str
    source: str
    target: str
    phase: str
    since: int
    lease: int


@dataclass(frozen=True)
class Record:
    """What the machine remembers of an environment."""

    environment: str
    active: str = SLOTS[0]
    previous: str | None = None
    operation: Operation | None = None
    released: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def route(self) -> str:
        """The slot that routes lead to: the new one as soon as it has been proven."""
        operation = self.operation
        return operation.target if operation and operation.phase != STARTED else self.active


def other(slot: str) -> str:
    return SLOTS[1] if slot == SLOTS[0] else SLOTS[0]


def dump(record: Record) -> str:
    return json.dumps(asdict(record), indent=2, sort_keys=True) + "\n"


def parse(environment: str, text: str) -> Record:
    try:
        found = json.loads(text)
        operation = Operation(**found["operation"]) if found["operation"] else None
        record = Record(found["environment"], found["active"], found["previous"], operation, found["released"])
    except (ValueError, KeyError, TypeError) as error:
        raise OdooError(f"the record of releases of {environment} can't be read: {error!r}") from error
    slots = {record.active, *((operation.source, operation.target) if operation else ())}
    if record.environment != environment or not slots <= set(SLOTS) or (operation and operation.phase not in _PHASES):
        raise OdooError(f"the record of releases of {environment} makes no sense: {text}")
    return record


def begin(record: Record, release: str, target: str, now: int) -> Record:
    """Nothing leads to the target yet."""
    return replace(record, operation=Operation(release, record.active, target, STARTED, now, now))


def proven(record: Record, now: int, lease: int) -> Record:
    return replace(record, operation=replace(_running(record), phase=PROVEN, lease=now + lease))


def switched(record: Record, now: int) -> Record:
    """All routes lead to the target: from here on it is what serves."""
    operation = replace(_running(record), phase=SWITCHED, lease=now)
    image = record.released.get(operation.target, {})
    released = {**record.released, operation.target: {**image, "at": now}}
    return replace(record, operation=operation, active=operation.target, previous=operation.source, released=released)


def ended(record: Record) -> Record:
    return replace(record, operation=None)


def turned_back(record: Record, now: int, lease: int) -> Record:
    """The target turned out to be no good: routes lead back, and it is the target that will be stopped."""
    operation = _running(record)
    back = Operation(operation.id, operation.target, operation.source, PROVEN, operation.since, now + lease)
    return replace(record, operation=back)


def taken_over(record: Record, release: str, now: int, lease: int) -> Record:
    return replace(record, operation=replace(_running(record), id=release, lease=now + lease))


def in_the_way(record: Record, release: str, now: int) -> str | None:
    """Why another run must not go on; None where it may."""
    operation = record.operation
    if operation is None or operation.id == release or operation.lease <= now:
        return None
    return (
        f"release {operation.id} from {operation.source} to {operation.target} is under way ({operation.phase}); "
        f"should it have been killed, the next run completes it or takes it back, from {operation.lease - now} s on"
    )


def _running(record: Record) -> Operation:
    if record.operation is None:
        raise OdooError(f"{record.environment}: no release is under way")
    return record.operation


def report(record: Record) -> dict[str, Any]:
    """A record as modules return it."""
    return {**asdict(record), "slot": record.route}
