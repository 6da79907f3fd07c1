# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out the steps of releases: the other slot is started and proven, later the old one is drained and stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from . import modules, reconcile, records, release
from .errors import OdooError, refuse
from .models import SLOTS, Environment, Settings
from .modules import Update
from .plan import Desired, Step
from .release import Record


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
    # Environments that wait for a run that may update databases.
    waiting: list[str] = field(default_factory=list)

    @property
    def now(self) -> int:
        return int(self.clock())


def carry_out(engine: Any, action: str, environments: list[Environment], run: Run) -> tuple[list[Record], list[Step]]:
    """One action on all environments, each under its lock; refuses before any is touched."""
    present = [env for env in environments if env.present]
    work = {"recover": _recover, "release": _release, "rollback": _rollback, "finish": _finish}[action]
    with ExitStack() as locks:
        if not run.check_mode:
            reconcile.collect(present, lambda env: locks.enter_context(records.locked(run.settings, env.name)))
        found = {env.name: records.read(run.settings, env.name) for env in present}
        refuse([f"{name}: {why}" for name, record in found.items() if (why := release.in_the_way(record, run.id, run.now))])
        steps = work(engine, present, found, run)
    return [records.read(run.settings, env.name) for env in present], steps


def _each(names: Iterable[str], work: Callable[[str], None], run: Run) -> None:
    reconcile.in_parallel(names, work, run.parallel)


def _step(name: str, action: str, slot: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Step:
    return Step(name, action, f"{name}-{slot}", before, after)


# --- recover: whatever an earlier run left half done ---


def _recover(engine: Any, environments: list[Environment], found: Mapping[str, Record], run: Run) -> list[Step]:
    pending = {env.name: found[env.name] for env in environments if found[env.name].operation}
    steps = [
        _step(name, "recover", record.operation.target, {"phase": record.operation.phase}, {"phase": "completed, or taken back"})
        for name, record in pending.items()
        if record.operation
    ]
    steps += [
        _step(name, "restore", record.operation.source, {}, {"database": record.operation.back})
        for name, record in pending.items()
        if record.operation and (record.operation.phase == release.FROZEN or (record.operation.back and run.restore_database))
    ]
    by_name = {env.name: env for env in environments}
    if not run.check_mode:
        _each(pending, lambda name: _recover_one(engine, by_name[name], pending[name], run), run)
    return steps


def _recover_one(engine: Any, env: Environment, record: Record, run: Run) -> None:
    operation = record.operation
    if operation is None:
        return
    if operation.phase == release.FROZEN:
        _go_back(engine, env, record, run)
        return
    if operation.phase == release.STARTED:
        _drop(engine, record, f"{record.environment}-{operation.target}")
        records.write(run.settings, release.ended(record))
        return
    taken = release.taken_over(record, run.id, run.now, run.lease)
    try:
        _wake(engine, record.environment, operation.target, run)
    except OdooError as error:
        if operation.back and run.restore_database:
            _go_back(engine, env, record, run)
            return
        if operation.back:
            # Users may have written to it since.
            raise OdooError(
                f"{error}\nIts database has been updated, and the old slot doesn't fit it: mend the new one, or roll back with "
                "the database (rollback_database=true), which loses what was written since"
            ) from error
        _wake(engine, record.environment, operation.source, run)
        taken = release.turned_back(taken, run.now, run.lease)
    records.write(run.settings, taken)


def _drop(engine: Any, record: Record, target: str) -> None:
    """Nobody was led to it. What a release had begun goes; what a rollback had woken is still what one can go back to."""
    if record.operation and record.previous == record.operation.target:
        if engine.inspect(target) is not None:
            engine.stop(target)
        return
    engine.remove(target)


def _wake(engine: Any, name: str, slot: str, run: Run) -> None:
    """A slot that exists serves; after a crash of the machine it may have to be started."""
    container = f"{name}-{slot}"
    have = engine.inspect(container)
    if have is None:
        raise OdooError(f"container {container} is gone")
    if not (have.get("State") or {}).get("Running"):
        engine.start(container)
    engine.wait_healthy(container, run.wait_timeout)


# --- release: the declared state into the other slot ---


def _release(engine: Any, environments: list[Environment], found: Mapping[str, Record], run: Run) -> list[Step]:
    """One that an earlier run left half done is ended first: the declared state is for the next run then."""
    taken_up = _recover(engine, environments, found, run)
    environments = [env for env in environments if not found[env.name].operation]
    if not environments:
        return taken_up
    active = {env.name: found[env.name].active for env in environments}
    wanted, todo = reconcile.steps(engine, environments, run.settings, run.check_mode, active)
    changed = {step.environment for step in todo if step.action == "replace"}
    stay = [step for step in todo if step.environment not in changed]
    moving = [env for env in environments if env.name in changed]
    refuse([f"{env.name}: ports.green_http and ports.green_websocket are missing: a release needs both slots" for env in moving
            if not all(env.ports.of(SLOTS[1]))])  # fmt: skip
    updates = _assess(engine, moving, active, run)
    if not run.updates:
        run.waiting.extend(sorted(updates))
        moving = [env for env in moving if env.name not in updates]
        updates = {}
    targets = {env.name: release.other(active[env.name]) for env in moving}
    into, new = reconcile.steps(engine, moving, run.settings, run.check_mode, targets) if moving else ([], [])
    images = {want.env.name: want.env.image for want in wanted}
    steps = taken_up + stay + [_moved(found[name], targets[name], images[name]) for name in targets] + new
    steps += [_step(name, "update", targets[name], {}, {"modules": update.told}) for name, update in updates.items()]
    if not run.check_mode:
        _stay(engine, wanted, stay, changed, run)
        found = _rehearse(moving, updates, found, run)
        _start(engine, into, new, found, run, updates)
    return steps


def _assess(engine: Any, environments: list[Environment], active: Mapping[str, str], run: Run) -> dict[str, Update]:
    """What the declared code asks of databases; nothing is written for the answer."""

    def look(env: Environment) -> Update | None:
        if run.check_mode and reconcile.missing_archives([env], run.settings):
            return Update(("what archives hold that are not on the machine yet",), (), {})
        update: Update | None = run.updater.assess(env, engine.inspect(f"{env.name}-{active[env.name]}"))
        return update

    found = reconcile.collect(environments, look)
    return {name: update for name, update in found.items() if update}


def _rehearse(
    environments: list[Environment], updates: Mapping[str, Update], found: Mapping[str, Record], run: Run
) -> dict[str, Record]:
    """Nobody's update begins before everybody's has worked on a copy. How it went stays in the records."""
    by_name = {env.name: env for env in environments}
    known = dict(found)

    def work(name: str) -> None:
        try:
            # Who can't log in to what serves could not tell later whether the update is to blame.
            run.login(by_name[name], known[name].active)
            told = {**run.updater.rehearse(by_name[name], updates[name]), "outcome": "passed"}
        except OdooError as error:
            told = {"at": run.now, "modules": updates[name].told, "outcome": str(error)[:2000]}
            raise
        finally:
            known[name] = replace(known[name], last_update=told)
            records.write(run.settings, known[name])

    _each(updates, work, run)
    return known


def _refuse_pending(found: Mapping[str, Record]) -> None:
    refuse([f"{name}: an earlier release is not finished: recover it first" for name in found if found[name].operation])


def _moved(record: Record, target: str, image: str) -> Step:
    before = {"slot": record.active, "image": (record.released.get(record.active) or {}).get("image")}
    return _step(record.environment, "release", target, before, {"slot": target, "image": image})


def _stay(engine: Any, wanted: list[Desired], todo: list[Step], changed: set[str], run: Run) -> None:
    """Environments that run as declared, or don't run at all yet: nothing can be dropped there."""
    staying = [want for want in wanted if want.env.name not in changed]
    reconcile.apply(engine, staying, todo, run.settings, run.wait_timeout, run.parallel)
    for want in staying:
        record = records.read(run.settings, want.env.name)
        if record.released.get(want.slot, {}).get("image") != want.env.image:
            known = {**record.released, want.slot: {"image": want.env.image, "at": run.now}}
            records.write(run.settings, replace(record, released=known))


def _start(
    engine: Any, into: list[Desired], todo: list[Step], found: Mapping[str, Record], run: Run, updates: Mapping[str, Update]
) -> None:
    """All slots of this call are proven before one of them is named in a record: a wave goes as a whole, or not at all."""
    by_name = {want.env.name: want for want in into}
    for name, want in by_name.items():
        record = found[name]
        image = {**record.released, want.slot: {"image": want.env.image}}
        begun = release.begin(replace(record, released=image, previous=None), run.id, want.slot, run.now)
        records.write(run.settings, begun)
    try:
        _each(updates, lambda name: _update(engine, by_name[name].env, updates[name], run), run)
        reconcile.apply(engine, into, todo, run.settings, run.wait_timeout, run.parallel)
        _each(by_name, lambda name: run.prove(by_name[name].env, by_name[name].slot), run)
        _each(updates, lambda name: _do_business(by_name[name], run), run)
    except OdooError as error:
        _take_back(engine, by_name, found, run, error)
        raise
    for name in by_name:
        records.write(run.settings, release.proven(records.read(run.settings, name), run.now, run.lease))


def _take_back(engine: Any, by_name: Mapping[str, Desired], found: Mapping[str, Record], run: Run, why: OdooError) -> None:
    """What was begun is undone in all environments; where that fails too, the next run goes on with it."""

    def work(name: str) -> None:
        record = records.read(run.settings, name)
        if record.operation and record.operation.phase == release.FROZEN:
            _go_back(engine, by_name[name].env, record, run)
            return
        engine.remove(by_name[name].container_name)
        records.write(run.settings, replace(found[name], previous=None))

    try:
        _each(by_name, work, run)
    except OdooError as error:
        raise OdooError(f"{why}\nGoing back failed too, the next run tries it again: {error}") from why


def _update(engine: Any, env: Environment, update: Update, run: Run) -> None:
    record = records.read(run.settings, env.name)
    frozen = release.frozen(record, release.copy_name(env.database.name, run.id), run.now)
    records.write(run.settings, frozen)
    engine.stop(f"{env.name}-{record.active}")
    run.updater.copies.copy(env, release.copy_name(env.database.name, run.id))
    run.updater.update(env, update)


def _do_business(want: Desired, run: Run) -> None:
    """Users have not been here yet, so the books must be those of the copy."""
    before = run.updater.copies.books(want.env)
    run.business(want.env, want.slot)
    changed = modules.compare_books(before, run.updater.copies.books(want.env))
    refuse([f"the trial balance is another one after an invoice was posted and withdrawn: {text}" for text in changed])


def _go_back(engine: Any, env: Environment, record: Record, run: Run) -> None:
    """The database as it was, then the old slot. Each step may have been done before."""
    operation = record.operation
    if operation is None:
        return
    copies, target = run.updater.copies, f"{env.name}-{operation.target}"
    for one_off in ("setup", "rehearsal"):
        engine.remove(f"{env.name}-{one_off}")
    _drop(engine, record, target)
    failed = release.failed_name(env.database.name, operation.id)
    if operation.back in copies.names(env):
        copies.exchange(env, operation.back, operation.keep or failed)
    # Without the slot that they belong to nobody can go back to older copies either.
    useless = (failed,) if operation.keep else (failed, release.copy_prefix(env.database.name))
    copies.drop(env, {name for name in copies.names(env) if name.startswith(useless)})
    _wake(engine, env.name, operation.source, run)
    known = replace(release.ended(record), active=operation.source)
    if not operation.keep:
        known = replace(known, previous=None, safety=None)
    records.write(run.settings, known)


# --- rollback: the slot that served before, as it was ---


def _rollback(engine: Any, environments: list[Environment], found: Mapping[str, Record], run: Run) -> list[Step]:
    _refuse_pending(found)
    refuse([f"{name}: there is no previous release to go back to" for name, record in found.items()
            if not record.previous or engine.inspect(f"{name}-{record.previous}") is None])  # fmt: skip
    refuse([why for record in found.values() if (why := _database_in_the_way(record, run))])
    by_name = {env.name: env for env in environments}
    steps = [_step(name, "rollback", str(record.previous), {"slot": record.active}, {"slot": record.previous})
             for name, record in found.items()]  # fmt: skip
    steps += [_step(name, "restore", str(record.previous), {}, {"database": record.safety["database"]})
              for name, record in found.items() if record.safety]  # fmt: skip

    def work(name: str) -> None:
        record, target = found[name], str(found[name].previous)
        records.write(run.settings, release.begin(record, run.id, target, run.now))
        try:
            if record.safety:
                _exchange(engine, by_name[name], record, run)
            _wake(engine, name, target, run)
            run.prove(by_name[name], target)
        except OdooError:
            begun = records.read(run.settings, name)
            if begun.operation and begun.operation.phase == release.FROZEN:
                _go_back(engine, by_name[name], begun, run)
            else:
                engine.stop(f"{name}-{target}")
                records.write(run.settings, record)
            raise
        records.write(run.settings, release.proven(records.read(run.settings, name), run.now, run.lease))

    if not run.check_mode:
        _each(found, work, run)
    return steps


def _database_in_the_way(record: Record, run: Run) -> str | None:
    if not record.safety or run.restore_database:
        return None
    since = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(record.safety["at"]))
    return (
        f"{record.environment}: the last release updated the database, and the one before doesn't fit it. Going back takes the "
        f"database back as well, to how it was before {since}: say rollback_database=true. What was written since is kept aside "
        "until the next release"
    )


def _exchange(engine: Any, env: Environment, record: Record, run: Run) -> None:
    """The database changes places with the copy; the way back is the same again."""
    safety = (record.safety or {})["database"]
    aside = release.copy_name(env.database.name, run.id)
    begun = records.read(run.settings, env.name)
    records.write(run.settings, release.frozen(begun, aside, run.now, keep=safety))
    engine.stop(f"{env.name}-{record.active}")
    run.updater.copies.exchange(env, safety, aside)


# --- finish: routes lead to the new slot; what the old one has begun it may end ---


def _finish(engine: Any, environments: list[Environment], found: Mapping[str, Record], run: Run) -> list[Step]:
    begun = (release.STARTED, release.FROZEN)
    ready = {name: record for name, record in found.items() if record.operation and record.operation.phase not in begun}
    by_name = {env.name: env for env in environments}
    steps = [_step(name, "stop", record.operation.source, {"state": "running"}, {"state": "stopped"})
             for name, record in ready.items() if record.operation]  # fmt: skip
    if not run.check_mode:
        for record in ready.values():
            records.write(run.settings, release.switched(record, run.now))
        _each(ready, lambda name: _retire(engine, by_name[name], ready[name], run), run)
    return steps


def _retire(engine: Any, env: Environment, before: Record, run: Run) -> None:
    record = records.read(run.settings, env.name)
    if record.operation is None:
        return
    old = f"{env.name}-{record.operation.source}"
    # An update has stopped it long ago.
    if not record.operation.back:
        _drain(engine, old, run)
    engine.stop(old)
    records.write(run.settings, release.ended(record))
    if before.safety or record.safety:
        _drop_old_copies(env, record, run)


def _drop_old_copies(env: Environment, record: Record, run: Run) -> None:
    """Those of releases that nobody can go back to any more."""
    kept = (record.safety or {}).get("database")
    prefix = release.copy_prefix(env.database.name)
    copies = run.updater.copies
    copies.drop(env, {name for name in copies.names(env) if name.startswith(prefix) and name != kept})


def _drain(engine: Any, container: str, run: Run) -> None:
    """Until nobody waits for an answer any more.

    An edge reads a request to its end before it passes it on, and a request that it began to read before the switch goes to the
    old slot: so silence counts only after `drain_seconds`.
    """
    begun = run.clock()
    quiet = 0
    while run.clock() - begun < run.drain_timeout and quiet < 2:
        run.sleep(1)
        late = run.clock() - begun >= run.drain_seconds
        quiet = quiet + 1 if late and not engine.open_requests(container) else 0
