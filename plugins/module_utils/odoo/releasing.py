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

from . import reconcile, records, release
from .errors import OdooError, refuse
from .models import SLOTS, Environment, Settings
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
    if not run.check_mode:
        _each(pending, lambda name: _recover_one(engine, pending[name], run), run)
    return steps


def _recover_one(engine: Any, record: Record, run: Run) -> None:
    operation = record.operation
    if operation is None:
        return
    if operation.phase == release.STARTED:
        _drop(engine, record, f"{record.environment}-{operation.target}")
        records.write(run.settings, release.ended(record))
        return
    taken = release.taken_over(record, run.id, run.now, run.lease)
    try:
        _wake(engine, record.environment, operation.target, run)
    except OdooError:
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
    targets = {env.name: release.other(active[env.name]) for env in moving}
    into, new = reconcile.steps(engine, moving, run.settings, run.check_mode, targets) if moving else ([], [])
    images = {want.env.name: want.env.image for want in wanted}
    steps = taken_up + stay + [_moved(found[name], targets[name], images[name]) for name in targets] + new
    if not run.check_mode:
        _stay(engine, wanted, stay, changed, run)
        _start(engine, into, new, found, run)
    return steps


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


def _start(engine: Any, into: list[Desired], todo: list[Step], found: Mapping[str, Record], run: Run) -> None:
    """All slots of this call are proven before one of them is named in a record: a wave goes as a whole, or not at all."""
    by_name = {want.env.name: want for want in into}
    for name, want in by_name.items():
        record = found[name]
        image = {**record.released, want.slot: {"image": want.env.image}}
        begun = release.begin(replace(record, released=image, previous=None), run.id, want.slot, run.now)
        records.write(run.settings, begun)
    try:
        reconcile.apply(engine, into, todo, run.settings, run.wait_timeout, run.parallel)
        _each(by_name, lambda name: run.prove(by_name[name].env, by_name[name].slot), run)
    except OdooError:
        for name, want in by_name.items():
            engine.remove(want.container_name)
            records.write(run.settings, replace(found[name], previous=None))
        raise
    for name in by_name:
        records.write(run.settings, release.proven(records.read(run.settings, name), run.now, run.lease))


# --- rollback: the slot that served before, as it was ---


def _rollback(engine: Any, environments: list[Environment], found: Mapping[str, Record], run: Run) -> list[Step]:
    _refuse_pending(found)
    refuse([f"{name}: there is no previous release to go back to" for name, record in found.items()
            if not record.previous or engine.inspect(f"{name}-{record.previous}") is None])  # fmt: skip
    by_name = {env.name: env for env in environments}
    steps = [_step(name, "rollback", str(record.previous), {"slot": record.active}, {"slot": record.previous})
             for name, record in found.items()]  # fmt: skip

    def work(name: str) -> None:
        record, target = found[name], str(found[name].previous)
        records.write(run.settings, release.begin(record, run.id, target, run.now))
        try:
            _wake(engine, name, target, run)
            run.prove(by_name[name], target)
        except OdooError:
            engine.stop(f"{name}-{target}")
            records.write(run.settings, record)
            raise
        records.write(run.settings, release.proven(records.read(run.settings, name), run.now, run.lease))

    if not run.check_mode:
        _each(found, work, run)
    return steps


# --- finish: routes lead to the new slot; what the old one has begun it may end ---


def _finish(engine: Any, _environments: list[Environment], found: Mapping[str, Record], run: Run) -> list[Step]:
    ready = {name: record for name, record in found.items() if record.operation and record.operation.phase != release.STARTED}
    steps = [_step(name, "stop", record.operation.source, {"state": "running"}, {"state": "stopped"})
             for name, record in ready.items() if record.operation]  # fmt: skip
    if not run.check_mode:
        for record in ready.values():
            records.write(run.settings, release.switched(record, run.now))
        _each(ready, lambda name: _retire(engine, name, run), run)
    return steps


def _retire(engine: Any, name: str, run: Run) -> None:
    record = records.read(run.settings, name)
    if record.operation is None:
        return
    old = f"{name}-{record.operation.source}"
    _drain(engine, old, run)
    engine.stop(old)
    records.write(run.settings, release.ended(record))


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
