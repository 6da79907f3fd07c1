# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out the steps of releases: the other slot is started and proven, later the old one is drained and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from . import modules, promotion, reconcile, records, release, setup, slots
from .errors import OdooError, refuse
from .going_back import go_back, recover, rollback
from .models import SLOTS, Environment
from .modules import Update
from .plan import Desired, Step
from .release import Record
from .run import Run, each, step_of


def carry_out(engine: Any, action: str, environments: list[Environment], run: Run) -> tuple[list[Record], list[Step]]:
    """One action on all environments, each under its lock; refuses before any is touched."""
    present = [env for env in environments if env.present]
    work = {"recover": recover, "release": _release, "rollback": rollback, "finish": _finish}[action]
    with ExitStack() as locks:
        if not run.check_mode:
            reconcile.collect(present, lambda env: locks.enter_context(records.locked(run.settings, env.name)))
        found = {env.name: records.read(run.settings, env.name) for env in present}
        refuse([f"{name}: {why}" for name, why in records.held(run.settings, found).items()])
        refuse([f"{name}: {why}" for name, record in found.items() if (why := release.in_the_way(record, run.id, run.now))])
        steps = work(engine, present, found, run)
    return [records.read(run.settings, env.name) for env in present], steps


# --- release: the declared state into the other slot ---


def _release(engine: Any, environments: list[Environment], found: Mapping[str, Record], run: Run) -> list[Step]:
    """One that an earlier run left half done is ended first: the declared state is for the next run then."""
    taken_up = recover(engine, environments, found, run)
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
    moving = _without(moving, _unproven(engine, moving, active, run), run)
    updates = _assess(engine, moving, active, run)
    if not run.updates:
        moving, updates = _without(moving, updates, run), {}
    targets = {env.name: release.other(active[env.name]) for env in moving}
    into, new = reconcile.steps(engine, moving, run.settings, run.check_mode, targets) if moving else ([], [])
    images = {want.env.name: want.env.image for want in wanted}
    unknown = [step_of(want.env.name, "record", want.slot, {}, _code(want.env)) for want in wanted
               if want.env.name not in changed and not _recorded(want, found[want.env.name])]  # fmt: skip
    steps = taken_up + stay + unknown + [_moved(found[name], targets[name], images[name]) for name in targets] + new
    steps += [step_of(name, "update", targets[name], {}, {"modules": update.told}) for name, update in updates.items()]
    if not run.check_mode:
        _stay(engine, wanted, stay, changed, run)
        found = _rehearse(moving, updates, found, run)
        _start(engine, into, new, found, run, updates)
    return steps


def _unproven(engine: Any, environments: list[Environment], active: Mapping[str, str], run: Run) -> dict[str, str]:
    """Those that wait since their code has yet to be run elsewhere. Who may update is told; who has a reason goes on."""
    found = {}
    for env in environments:
        rule = run.promotions.get(env.name)
        runs = promotion.running(engine.inspect(f"{env.name}-{active[env.name]}"))
        why = rule.refusal(promotion.Code(env.image, env.addons), runs) if rule else None
        if why:
            found[env.name] = why
    if run.promotion_override:
        run.overridden.update(found)
        return {}
    if run.updates:
        refuse(list(found.values()))
    return found


def _without(environments: list[Environment], waiting: Mapping[str, Any], run: Run) -> list[Environment]:
    """They stay as they are until a run that may do more."""
    run.waiting.extend(sorted(waiting))
    return [env for env in environments if env.name not in waiting]


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
            known[name] = replace(known[name], last_update={**told, "recovery_point": run.recovery_points.get(name)})
            records.write(run.settings, known[name])

    each(updates, work, run)
    return known


def _moved(record: Record, target: str, image: str) -> Step:
    before = {"slot": record.active, "image": (record.released.get(record.active) or {}).get("image")}
    return step_of(record.environment, "release", target, before, {"slot": target, "image": image})


def _stay(engine: Any, wanted: list[Desired], todo: list[Step], changed: set[str], run: Run) -> None:
    """Environments that run as declared, or don't run at all yet: nothing can be dropped there."""
    staying = [want for want in wanted if want.env.name not in changed]
    reconcile.apply(engine, staying, todo, run.settings, run.wait_timeout, run.parallel)
    for want in staying:
        record = records.read(run.settings, want.env.name)
        if not _recorded(want, record):
            serves = {**_code(want.env), "at": run.now}
            known = replace(record, released={**record.released, want.slot: serves})
            records.write(run.settings, promotion.noted(known, serves))


def _recorded(want: Desired, record: Record) -> bool:
    """Whether it is known what runs: what others are given, and what a recovery point says."""
    have, code = record.released.get(want.slot, {}), _code(want.env)
    return {name: have.get(name) for name in code} == code


def _code(env: Environment) -> dict[str, Any]:
    """What a slot is made of, as the record keeps it."""
    return {"image": env.image, "addons": list(env.addons)}


def _start(
    engine: Any, into: list[Desired], todo: list[Step], found: Mapping[str, Record], run: Run, updates: Mapping[str, Update]
) -> None:
    """All slots of this call are proven before one of them is named in a record: a wave goes as a whole, or not at all."""
    by_name = {want.env.name: want for want in into}
    for name, want in by_name.items():
        record = found[name]
        why = {"promotion_override": run.promotion_override} if name in run.overridden else {}
        released = {**record.released, want.slot: {**_code(want.env), **why}}
        begun = release.begin(replace(record, released=released, previous=None), run.id, want.slot, run.now)
        records.write(run.settings, begun)
    try:
        each(updates, lambda name: _update(engine, by_name[name].env, updates[name], run), run)
        with run.timed("", "start"):
            reconcile.apply(engine, into, todo, run.settings, run.wait_timeout, run.parallel)
        each(by_name, lambda name: _prove(by_name[name], run), run)
        each(updates, lambda name: _do_business(by_name[name], run), run)
    except OdooError as error:
        _take_back(engine, by_name, found, run, error)
        raise
    for name in by_name:
        proven = release.proven(records.read(run.settings, name), run.now, run.lease)
        records.write(run.settings, _with_parts(proven, run) if name in updates else proven)


def _prove(want: Desired, run: Run) -> None:
    with run.timed(want.env.name, "prove"):
        run.prove(want.env, want.slot)


def _with_parts(record: Record, run: Run) -> Record:
    """Where the time of the freeze went; the start is that of the whole wave."""
    parts = {**run.spent.get(record.environment, {}), **run.spent[""]}
    return replace(record, last_update={**(record.last_update or {}), "parts": parts})


def _take_back(engine: Any, by_name: Mapping[str, Desired], found: Mapping[str, Record], run: Run, why: OdooError) -> None:
    """What was begun is undone in all environments; where that fails too, the next run goes on with it."""

    def work(name: str) -> None:
        record = records.read(run.settings, name)
        if record.operation and record.operation.phase == release.FROZEN:
            go_back(engine, by_name[name].env, record, run)
            return
        slots.remove(engine, by_name[name].container_name)
        records.write(run.settings, replace(found[name], previous=None))

    try:
        each(by_name, work, run)
    except OdooError as error:
        raise OdooError(f"{why}\nGoing back failed too, the next run tries it again: {error}") from why


def _update(engine: Any, env: Environment, update: Update, run: Run) -> None:
    record = records.read(run.settings, env.name)
    frozen = release.frozen(record, release.copy_name(env.database.name, run.id), run.now)
    records.write(run.settings, frozen)
    with run.timed(env.name, "stop"):
        slots.stop(engine, f"{env.name}-{record.active}")
    with run.timed(env.name, "copy"):
        run.updater.copies.copy(env, release.copy_name(env.database.name, run.id))
    with run.timed(env.name, "update"):
        run.updater.update(env, update)


def _do_business(want: Desired, run: Run) -> None:
    """Users have not been here yet, so the books must be those of the copy."""
    with run.timed(want.env.name, "business"):
        before = run.updater.copies.books(want.env)
        run.business(want.env, want.slot)
        changed = modules.compare_books(before, run.updater.copies.books(want.env))
    refuse([f"the trial balance is another one after an invoice was posted and withdrawn: {text}" for text in changed])


# --- finish: routes lead to the new slot; what the old one has begun it may end ---


def _finish(engine: Any, environments: list[Environment], found: Mapping[str, Record], run: Run) -> list[Step]:
    begun = (release.STARTED, release.FROZEN)
    ready = {name: record for name, record in found.items() if record.operation and record.operation.phase not in begun}
    by_name = {env.name: env for env in environments}
    steps = [step_of(name, "stop", record.operation.source, {"state": "running"}, {"state": "stopped"})
             for name, record in ready.items() if record.operation]  # fmt: skip
    if not run.check_mode:
        for record in ready.values():
            switched = _counted(release.switched(record, run.now), record)
            if switched.safety and "admin" not in switched.safety:
                # The copy has the administrator's password of today.
                admin = setup.admin_fingerprint(by_name[record.environment])
                switched = replace(switched, safety={**switched.safety, "admin": admin})
            records.write(run.settings, switched)
        each(ready, lambda name: _retire(engine, by_name[name], ready[name], run), run)
    return steps


def _counted(record: Record, before: Record) -> Record:
    """What serves has shown to work; what was rolled back has not, whoever it was."""
    operation = before.operation
    if operation and operation.rolled_back:
        record = promotion.withdrawn(record, record.released.get(operation.source, {}))
    return promotion.noted(record, record.released.get(record.active, {}))


def _retire(engine: Any, env: Environment, before: Record, run: Run) -> None:
    record = records.read(run.settings, env.name)
    if record.operation is None:
        return
    old = f"{env.name}-{record.operation.source}"
    # An update has stopped it long ago.
    if not record.operation.back:
        _drain(engine, old, run)
    slots.stop(engine, old)
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
        quiet = quiet + 1 if late and not slots.open_requests(engine, container) else 0
