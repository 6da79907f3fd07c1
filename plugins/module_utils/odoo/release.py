# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release is, and what the next run has to do about one that was cut off. Pure.

Invariant: at every moment the record names one slot that routes may lead to and that has been proven, and that slot is not
stopped before the record names another one. So whatever is killed, whenever, the next run finds a slot that serves, and knows
which one.

A release that changes the database can't keep the old slot running. From `frozen` on the record therefore names the copy that
holds the database as it was: where that copy exists the next run puts it back, and starts the old slot again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .errors import OdooError
from .models import SLOTS

STARTED, FROZEN, PROVEN, SWITCHED = "started", "frozen", "proven", "switched"
_PHASES = (STARTED, FROZEN, PROVEN, SWITCHED)
# PostgreSQL cuts names after 63 bytes, which would make two of them one.
_LONGEST_PREFIX = 46


@dataclass(frozen=True)
class Operation:
    """A release under way from one slot to the other.

    Until `lease` nobody else touches the environment: that is the time between two calls, in which edges are changed. While a
    call runs a lock does the same, and ends with it.

    One that changes the database names in `back` the copy that is the database to go back to, and in `keep` the name under which
    the changed one is kept then; without such a name it is dropped.
    """

    id: str
    source: str
    target: str
    phase: str
    since: int
    lease: int
    back: str = ""
    keep: str = ""
    frozen: int = 0
    # Whether what serves then is older than what it replaces.
    rolled_back: bool = False


@dataclass(frozen=True)
class Record:
    """What the machine remembers of an environment."""

    environment: str
    active: str = SLOTS[0]
    previous: str | None = None
    operation: Operation | None = None
    released: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # The copy of the database that belongs to the previous slot, and what is known of the last update.
    safety: Mapping[str, Any] | None = None
    last_update: Mapping[str, Any] | None = None
    # Whether what serves is older than the other slot, so that a rollback would bring back what somebody went away from.
    rolled_back: bool = False
    # Code that served and wasn't rolled back, the last one last: what other environments may be given.
    ran: tuple[Mapping[str, Any], ...] = ()

    @property
    def route(self) -> str:
        """The slot that routes lead to: the new one as soon as it has been proven."""
        operation = self.operation
        return operation.target if operation and operation.phase in (PROVEN, SWITCHED) else self.active


def other(slot: str) -> str:
    return SLOTS[1] if slot == SLOTS[0] else SLOTS[0]


def dump(record: Record) -> str:
    return json.dumps(asdict(record), indent=2, sort_keys=True) + "\n"


def parse(environment: str, text: str) -> Record:
    try:
        found = json.loads(text)
        operation = Operation(**found["operation"]) if found["operation"] else None
        known = {name: found.get(name) for name in ("safety", "last_update")}
        known["rolled_back"] = bool(found.get("rolled_back"))
        known["ran"] = tuple(found.get("ran") or ())
        record = Record(found["environment"], found["active"], found["previous"], operation, found["released"], **known)
    except (ValueError, KeyError, TypeError) as error:
        raise OdooError(f"the record of releases of {environment} can't be read: {error!r}") from error
    slots = {record.active, *((operation.source, operation.target) if operation else ())}
    if record.environment != environment or not slots <= set(SLOTS) or (operation and operation.phase not in _PHASES):
        raise OdooError(f"the record of releases of {environment} makes no sense: {text}")
    return record


def begin(record: Record, release: str, target: str, now: int, rolled_back: bool = False) -> Record:
    """Nothing leads to the target yet."""
    return replace(record, operation=Operation(release, record.active, target, STARTED, now, now, rolled_back=rolled_back))


def proven(record: Record, now: int, lease: int) -> Record:
    return replace(record, operation=replace(_running(record), phase=PROVEN, lease=now + lease))


def frozen(record: Record, back: str, now: int, keep: str = "") -> Record:
    """Nobody writes to the database any more."""
    return replace(record, operation=replace(_running(record), phase=FROZEN, back=back, keep=keep, frozen=now))


def switched(record: Record, now: int) -> Record:
    """All routes lead to the target: from here on it is what serves. One that is switched already only goes on."""
    before = _running(record)
    operation = replace(before, phase=SWITCHED, lease=now)
    if before.phase == SWITCHED:
        return replace(record, operation=operation)
    image = record.released.get(operation.target, {})
    released = {**record.released, operation.target: {**image, "at": now}}
    safety = {"slot": operation.source, "database": operation.back, "at": now} if operation.back else None
    known = dict(record.last_update or {})
    last_update = {**known, "freeze_seconds": now - operation.frozen} if operation.back else record.last_update
    changed = replace(record, operation=operation, active=operation.target, previous=operation.source, released=released)
    return replace(changed, safety=safety, last_update=last_update, rolled_back=operation.rolled_back)


def ended(record: Record) -> Record:
    return replace(record, operation=None)


def turned_back(record: Record, now: int, lease: int) -> Record:
    """The target turned out to be no good: routes lead back, and it is the target that will be stopped."""
    operation = _running(record)
    older = not operation.rolled_back
    back = Operation(operation.id, operation.target, operation.source, PROVEN, operation.since, now + lease, rolled_back=older)
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


def copy_prefix(database: str) -> str:
    return f"{database[:_LONGEST_PREFIX]}_before_"


def copy_name(database: str, release: str) -> str:
    """The copy that a release makes of a database before it changes it."""
    return copy_prefix(database) + release


def failed_name(database: str, release: str) -> str:
    """What an update left of a database, for the moment until it is dropped."""
    return f"{database[:_LONGEST_PREFIX]}_failed_{release}"


def rehearsal_name(database: str) -> str:
    return f"{database[:_LONGEST_PREFIX]}_rehearsal"


def _running(record: Record) -> Operation:
    if record.operation is None:
        raise OdooError(f"{record.environment}: no release is under way")
    return record.operation


def report(record: Record) -> dict[str, Any]:
    """A record as modules return it."""
    return {**asdict(record), "slot": record.route}
