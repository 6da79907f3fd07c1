# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a clone of an environment is, and what the next run has to do about one that was cut off. Pure.

Invariant: from the moment the copy of the database exists until it has been neutralised and found clean, nothing that knows the
target's password runs, but containers that have no network at all. And until then the target's network lets nothing out, so that
not even a container that somebody starts by hand gets anywhere.

Up to `begun` the copy is worth nothing: the next run makes a new one. From `passed` on it only has to take its place, which
is two renames, and names tell which of them was done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .errors import OdooError

BEGUN, PASSED = "begun", "passed"
# In the database itself: that it is a clone, of what, and made when.
MARK = "tierline.clone"
# PostgreSQL cuts names after 63 bytes, which would make two of them one.
_LONGEST_PREFIX = 46


@dataclass(frozen=True)
class Operation:
    """A clone under way. Until `lease` nobody else begins one: the time between two calls, in which the copy begins."""

    id: str
    source: str
    phase: str
    since: int
    lease: int
    by: str
    # The database that will take the place, and the name under which the one that is there goes on.
    candidate: str
    kept: str


@dataclass(frozen=True)
class Record:
    """What the machine remembers of a target: the clone under way, the last one, and what is kept of before."""

    environment: str
    operation: Operation | None = None
    last: Mapping[str, Any] | None = None
    kept: tuple[Mapping[str, Any], ...] = ()


def candidate_name(database: str) -> str:
    return f"{database[:_LONGEST_PREFIX]}_clone"


def kept_name(database: str, clone: str) -> str:
    return f"{database[:_LONGEST_PREFIX]}_kept_{clone}"


def begin(record: Record, clone: str, source: str, database: str, by: str, now: int, lease: int) -> Record:
    operation = Operation(clone, source, BEGUN, now, now + lease, by, candidate_name(database), kept_name(database, clone))
    return replace(record, operation=operation)


def working(record: Record, now: int) -> Record:
    """The copy is there; who works on it holds the lock."""
    return replace(record, operation=replace(running(record), lease=now))


def passed(record: Record, last: Mapping[str, Any], was_clone: bool, now: int) -> Record:
    """Neutralised and clean: from here on it is the target's data."""
    operation = running(record)
    kept = {"database": operation.kept, "at": now, "clone": was_clone}
    return replace(record, operation=replace(operation, phase=PASSED, lease=now), last=last, kept=(*record.kept, kept))


def failed(record: Record, why: str, now: int) -> Record:
    """Nothing has changed for the target."""
    operation = running(record)
    return replace(record, operation=None, last=summary(operation, now, outcome=why[:2000]))


def ended(record: Record) -> tuple[Record, list[str]]:
    """And the names of what need not be kept any more: clones that came before the one before."""
    newest = record.kept[-1:]
    old = [item for item in record.kept[:-1] if item["clone"]]
    stay = tuple(item for item in record.kept[:-1] if not item["clone"])
    return replace(record, operation=None, kept=stay + newest), [str(item["database"]) for item in old]


def summary(operation: Operation, now: int, **more: Any) -> dict[str, Any]:
    return {
        "id": operation.id,
        "source": operation.source,
        "by": operation.by,
        "at": now,
        "seconds": now - operation.since,
        **more,
    }


def running(record: Record) -> Operation:
    if record.operation is None:
        raise OdooError(f"{record.environment}: no clone is under way")
    return record.operation


def in_the_way(record: Record, clone: str, now: int) -> str | None:
    """Why another run must not go on; None where it may."""
    operation = record.operation
    if operation is None or operation.id == clone or operation.lease <= now:
        return None
    return (
        f"clone {operation.id} of {operation.source} is under way (by {operation.by}); should it have been killed, the next run "
        f"takes it up, from {operation.lease - now} s on"
    )


def held(record: Record) -> str | None:
    """Why the environment must not be started; None where it may."""
    if record.operation is None:
        return None
    return (
        f"a clone of {record.operation.source} into it is not finished ({record.operation.phase}): "
        "it stays stopped and shut off until clone.yml has run to its end"
    )


def dump(record: Record) -> str:
    return json.dumps(asdict(record), indent=2, sort_keys=True) + "\n"


def parse(environment: str, text: str) -> Record:
    try:
        found = json.loads(text)
        operation = Operation(**found["operation"]) if found["operation"] else None
        record = Record(found["environment"], operation, found["last"], tuple(found["kept"]))
    except (ValueError, KeyError, TypeError) as error:
        raise OdooError(f"the record of clones of {environment} can't be read: {error}") from error
    if record.environment != environment or (operation and operation.phase not in (BEGUN, PASSED)):
        raise OdooError(f"the record of clones of {environment} makes no sense: {text}")
    return record


def report(record: Record) -> dict[str, Any]:
    """A record as modules return it."""
    return {**asdict(record), "kept": [dict(item) for item in record.kept]}


# --- refusals ---


def pair_problems(source: str, target: str, tenants: Mapping[str, str]) -> list[str]:
    """Of a machine's environments by name, with the tenant of each."""
    unknown = [name for name in (source, target) if name not in tenants]
    if unknown:
        known = ", ".join(sorted(tenants)) or "none"
        return [f"environment {name!r} is not one of this machine: known are {known}" for name in unknown]
    if source == target:
        return [f"{source} can't be a clone of itself"]
    if tenants[source] != tenants[target]:
        return [f"{source} belongs to {tenants[source]}, {target} to {tenants[target]}: data of a tenant stays with him"]
    return []


@dataclass(frozen=True)
class Code:
    """What a database fits: an image and archives of custom modules."""

    image: str
    addons: tuple[str, ...]


def code_problem(source: str, runs: Code | None, declared: Code) -> str | None:
    """A clone doesn't update: the target begins with the code of its source, and a release brings it what is newer."""
    if runs is None:
        return f"{source} doesn't run on this machine: its image would be the one that the database fits"
    if runs == declared:
        return None
    what = "image" if runs.image != declared.image else "custom modules"
    return (
        f"its declared {what} is not what {source} runs ({runs.image}; {', '.join(runs.addons) or 'no archives'}): "
        "declare the same for the clone, and release what is newer afterwards"
    )


def space_problem(what: str, needed: int, free: int, reserve: float) -> str | None:
    """`reserve` is a share of what is needed that stays free beside."""
    wanted = int(needed * (1 + reserve))
    if free >= wanted:
        return None
    return f"{what} takes {megabytes(needed)}, and {megabytes(wanted)} with a reserve, but only {megabytes(free)} are free"


def megabytes(size: int) -> str:
    return f"{-(-size // 1_000_000)} MB"
