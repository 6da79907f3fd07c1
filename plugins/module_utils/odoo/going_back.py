# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways back: from a release that an earlier run left half done, from an update that failed, and to the release before."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from . import config, files, reconcile, records, release, setup, slots
from .errors import OdooError, refuse
from .models import Environment
from .plan import Step
from .release import Record
from .run import Run, each, step_of

# Which option of which file holds which secret; a login that takes turns is part of one.
_SECRETS = {
    "odoo.conf": {"db_user": "database login", "db_password": "database", "admin_passwd": "master"},
    "sessions.conf": {"password": "redis"},
}


# --- recover: whatever an earlier run left half done ---


def recover(engine: Any, environments: list[Environment], found: Mapping[str, Record], run: Run) -> list[Step]:
    pending = {env.name: found[env.name] for env in environments if found[env.name].operation}
    steps = [
        step_of(
            name, "recover", record.operation.target, {"phase": record.operation.phase}, {"phase": "completed, or taken back"}
        )
        for name, record in pending.items()
        if record.operation
    ]
    steps += [
        step_of(name, "restore", record.operation.source, {}, {"database": record.operation.back})
        for name, record in pending.items()
        if record.operation and (record.operation.phase == release.FROZEN or (record.operation.back and run.restore_database))
    ]
    by_name = {env.name: env for env in environments}
    if not run.check_mode:
        each(pending, lambda name: _recover_one(engine, by_name[name], pending[name], run), run)
    return steps


def _recover_one(engine: Any, env: Environment, record: Record, run: Run) -> None:
    operation = record.operation
    if operation is None:
        return
    if operation.phase == release.FROZEN:
        go_back(engine, env, record, run)
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
            go_back(engine, env, record, run)
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
            slots.stop(engine, target)
        return
    slots.remove(engine, target)


def _wake(engine: Any, name: str, slot: str, run: Run) -> None:
    """A slot that exists serves; after a crash of the machine it may have to be started."""
    container = f"{name}-{slot}"
    if engine.inspect(container) is None:
        raise OdooError(f"container {container} is gone")
    slots.start(engine, container)
    slots.wait(engine, container, run.wait_timeout)


def go_back(engine: Any, env: Environment, record: Record, run: Run) -> None:
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


def rollback(engine: Any, environments: list[Environment], found: Mapping[str, Record], run: Run) -> list[Step]:
    _refuse_pending(found)
    refuse([f"{name}: there is no previous release to go back to" for name, record in found.items()
            if not record.previous or engine.inspect(f"{name}-{record.previous}") is None])  # fmt: skip
    refuse([why for record in found.values() if (why := _is_back(record, run) or _database_in_the_way(record, run))])
    refuse([f"{env.name}: {why}" for env in environments for why in _secrets_in_the_way(env, found[env.name], run)])
    by_name = {env.name: env for env in environments}
    steps = [step_of(name, "rollback", str(record.previous), {"slot": record.active}, {"slot": record.previous})
             for name, record in found.items()]  # fmt: skip
    steps += [step_of(name, "restore", str(record.previous), {}, {"database": record.safety["database"]})
              for name, record in found.items() if record.safety]  # fmt: skip

    def work(name: str) -> None:
        record, target = found[name], str(found[name].previous)
        records.write(run.settings, release.begin(record, run.id, target, run.now, rolled_back=not record.rolled_back))
        try:
            if record.safety:
                _exchange(engine, by_name[name], record, run)
            _wake(engine, name, target, run)
            run.prove(by_name[name], target)
        except OdooError:
            begun = records.read(run.settings, name)
            if begun.operation and begun.operation.phase == release.FROZEN:
                go_back(engine, by_name[name], begun, run)
            else:
                slots.stop(engine, f"{name}-{target}")
                records.write(run.settings, record)
            raise
        records.write(run.settings, release.proven(records.read(run.settings, name), run.now, run.lease))

    if not run.check_mode:
        each(found, work, run)
    return steps


def _refuse_pending(found: Mapping[str, Record]) -> None:
    refuse([f"{name}: an earlier release is not finished: recover it first" for name in found if found[name].operation])


def _is_back(record: Record, run: Run) -> str | None:
    """Whoever repeats a rollback that was cut off wants to be where it has led to."""
    if not record.rolled_back or run.again:
        return None
    return (
        f"{record.environment}: it is rolled back already, {record.active} serves. Once more would bring back what it was "
        f"rolled back from, {record.previous}: say rollback_again=true if that is wanted, and otherwise leave it out"
    )


def _secrets_in_the_way(env: Environment, record: Record, run: Run) -> Iterable[str]:
    """What a slot or a copy holds is from the time when it was stopped."""
    slot = str(record.previous)
    other = sorted(_other_secrets(env, slot, run))
    if other:
        yield (
            f"slot {slot} was stopped with other secrets than those that are declared ({', '.join(other)}): they were rotated "
            "since, and what it holds is dead. Declare the older image and addons and run release.yml, which gives them the "
            "secrets in use"
        )
    known = (record.safety or {}).get("admin")
    if known and known != setup.admin_fingerprint(env):
        yield (
            "the administrator's secret, or the master secret, was rotated since the database was copied, and the copy has the "
            "one of before, which would be valid again. Declare the older code and bring its data back by a restore"
        )


def _other_secrets(env: Environment, slot: str, run: Run) -> Iterable[str]:
    wanted = reconcile.texts(env, run.settings, "", files.machine_key(run.settings.config_dir), slot)
    for name, options in _SECRETS.items():
        path = f"{run.settings.config_dir}/{env.name}/{slot}/{name}"
        have = files.read([path]).get(path)
        for option, secret in options.items():
            if have and config.read_option(have.content or "", option) != config.read_option(wanted[name], option):
                yield secret


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
    slots.stop(engine, f"{env.name}-{record.active}")
    run.updater.copies.exchange(env, safety, aside)
