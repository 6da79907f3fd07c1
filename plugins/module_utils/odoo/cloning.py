# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries a clone out on the application's machine: shut off the target, neutralise and search the copy, exchange it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from . import clone, config, egress, fence, files, neutral, nft, reconcile, records, release, setup, slots, spec
from .clone import BEGUN, PASSED, Code, Record
from .errors import OdooError, refuse
from .models import Environment, Settings
from .plan import Step, configuration, owner

NEUTRALISE = ("neutralize", f"--config={config.CONFIG_DIR}/odoo.conf")
# A share of the files that stays free beside the clone.
_RESERVE = 0.1


@dataclass(frozen=True)
class Cloner:
    """One run: who makes it, and what he allows."""

    engine: Any
    settings: Settings
    copies: Any
    cleaner: Any
    id: str
    by: str = ""
    replace: bool = False
    keep_passwords: bool = False
    allowed: tuple[str, ...] = ()
    lease: int = 300
    timeout: int = 1800
    wait_timeout: int = 300
    check_mode: bool = False
    clock: Callable[[], float] = time.time
    prove: Callable[[Environment, str], None] = field(default=lambda _env, _slot: None)
    open_door: Callable[..., Any] = fence.opened
    walls: Any = nft

    @property
    def now(self) -> int:
        return int(self.clock())

    # --- begin: nothing of the target runs, and nothing gets out ---

    def begin(self, source: Environment, target: Environment) -> tuple[Record, list[Step]]:
        """Refuses first. A clone that has passed already only has to take its place: then there is nothing to begin."""
        with self._locked(target):
            record = records.read_clone(self.settings, target.name)
            refuse([why] if (why := clone.in_the_way(record, self.id, self.now)) else [])
            if record.operation and record.operation.phase == PASSED:
                return record, []
            refuse(self._problems(source, target))
            begun = clone.begin(record, self.id, source.name, target.database.name, self.by, self.now, self.lease)
            if not self.check_mode:
                # The record comes first: from here on no other run starts the target.
                records.write_clone(self.settings, begun)
                self._shut_off(target)
                self._sweep(target)
            return begun, [Step(target.name, "shut_off", spec.network_name(target.name), {}, {"reaches": "nothing"})]

    def _problems(self, source: Environment, target: Environment) -> list[str]:
        problems = []
        of_source, of_target = (records.read(self.settings, env.name) for env in (source, target))
        if of_source.operation and of_source.operation.phase == release.FROZEN:
            problems.append(f"an update of {source.name} is under way")
        if of_target.operation:
            problems.append(f"a release of {target.name} is not finished: release.yml takes it up")
        runs = _code(self.engine.inspect(f"{source.name}-{of_source.active}"))
        problems.append(clone.code_problem(source.name, runs, Code(target.image, target.addons)) or "")
        tables, is_clone = self.cleaner.occupied(target)
        if tables and not is_clone and not self.replace:
            problems.append(
                f"database {target.database.name} holds data that is no clone: say clone_replace=true to put the clone in its "
                "place. It will be kept under another name"
            )
        needed = files.tree_size(f"{self.settings.data_dir}/{source.name}/filestore/{source.database.name}")
        free = files.free_space(self.settings.data_dir)
        problems.append(clone.space_problem(f"the filestore of {source.name}", needed, free, _RESERVE) or "")
        return [f"{target.name}: {problem}" for problem in problems if problem]

    def _shut_off(self, target: Environment) -> None:
        """What runs is cut off before it is stopped, and what is started by hand later reaches not even its database."""
        text = egress.render(target.name, ())
        self.walls.close(egress.path(self.settings.config_dir, target.name), text)
        for name, container in self.engine.containers().items():
            if owner(container) == target.name and container["State"].get("Running"):
                self.engine.stop(name)

    # --- finish ---

    def finish(self, source: Environment, target: Environment) -> tuple[Record, list[Step]]:
        with self._locked(target):
            record = records.read_clone(self.settings, target.name)
            steps = [Step(target.name, "clone", target.database.name, {}, {"source": source.name})]
            if self.check_mode:
                return record, steps
            operation = clone.running(record)
            if operation.id != self.id:
                raise OdooError(f"{target.name}: this is clone {self.id}, and it is clone {operation.id} that is under way")
            if operation.phase == BEGUN:
                record = self._pass(source, target, self._at_work(record))
            return self._take_place(target, record), steps

    def abandon(self, target: Environment, why: str) -> tuple[Record, list[Step]]:
        """The target is as it was. What has passed isn't given up: it may have taken its place already."""
        with self._locked(target):
            record = records.read_clone(self.settings, target.name)
            operation = record.operation
            if operation is None or operation.phase == PASSED or operation.id != self.id:
                return record, []
            if not self.check_mode:
                record = self._give_up(target, record, why)
            return record, [Step(target.name, "abandon", target.database.name, {}, {"source": operation.source})]

    def _at_work(self, record: Record) -> Record:
        """From here on the lock keeps others off, and ends with its process: the lease would only make the next run wait."""
        known = clone.working(record, self.now)
        records.write_clone(self.settings, known)
        return known

    def _pass(self, source: Environment, target: Environment, record: Record) -> Record:
        operation = clone.running(record)
        try:
            _tables, was_clone = self.cleaner.occupied(target)
            told = self._neutralise(source, target, operation)
        except OdooError as error:
            self._give_up(target, record, str(error))
            raise OdooError(f"The clone was given up, and {target.name} is as it was. {error}") from error
        known = clone.passed(record, clone.summary(operation, self.now, outcome="passed", **told), was_clone, self.now)
        records.write_clone(self.settings, known)
        return known

    def _give_up(self, target: Environment, record: Record, why: str) -> Record:
        self.copies.drop(target, [clone.running(record).candidate])
        self._sweep(target)
        self._let_out(target)
        container = f"{target.name}-{records.read(self.settings, target.name).active}"
        if self.engine.inspect(container):
            slots.start(self.engine, container)
        known = clone.failed(record, why, self.now)
        records.write_clone(self.settings, known)
        return known

    # --- the copy ---

    def _neutralise(self, source: Environment, target: Environment, operation: clone.Operation) -> dict[str, Any]:
        """In containers that have no network at all; what is not proven to be gone ends it."""
        name = operation.candidate
        if name not in self.copies.names(target):
            raise OdooError(f"there is no copy {name} of the database: it is made on the database's machine first")
        home, data, door = self._places(target)
        self._sweep(target)
        try:
            files.apply(files.File(data, 0o700, target.uid, target.uid))
            store = f"{data}/filestore/{name}"
            for directory in (os.path.dirname(store), store):
                files.apply(files.File(directory, 0o700, target.uid, target.uid))
            files.copy_tree(f"{self.settings.data_dir}/{source.name}/filestore/{source.database.name}", store, target.uid)
            files.apply(files.File(door, 0o700, target.uid, target.uid))
            self._write(target, name, home, self._settings_of_its_own(target, operation))
            with self.open_door(fence.Door(target.database, self.settings.ca_file, (name, "postgres")), door, target.uid):
                self._run(target, home, data, door, list(NEUTRALISE), "odoo")
                rows = self.cleaner.clean(target, name, self.keep_passwords)
                self._run(target, home, data, door, setup.configure_command(), "sh")
            return {**self._proof(target, name, store), "rows": rows}
        finally:
            for place in (home, door):
                files.remove_tree(place)

    def _proof(self, target: Environment, name: str, store: str) -> dict[str, Any]:
        found = self.cleaner.search(target, name, self.keep_passwords)
        left = neutral.left(found, self.allowed)
        if left:
            raise OdooError(
                f"It still has what a clone must not have: {'; '.join(map(str, left))}. Take it out of "
                "production's settings, or allow a place by its name with clone_allow"
            )
        missing = [path for path in sorted(self.cleaner.files(target, name)) if not files.exists(f"{store}/{path}")]
        allowed = [finding.where for finding in found if finding.count]
        return {"searched": len(found), "allowed": sorted(set(allowed)), "missing_files": len(missing)}

    def _settings_of_its_own(self, target: Environment, operation: clone.Operation) -> dict[str, Any]:
        """Its own address, its own administrator, and the mark that tells a clone from work that somebody would miss."""
        mark = json.dumps({"id": operation.id, "source": operation.source, "at": operation.since}, sort_keys=True)
        own = {
            setup.BASE_URL: target.base_url,
            setup.FREEZE: "True",
            setup.ADMIN: setup.admin_fingerprint(target),
            clone.MARK: mark,
            setup.MARKER: "1",
        }
        return setup.payload(target, own)

    def _places(self, target: Environment) -> tuple[str, str, str]:
        """Configuration, files and socket: none of them where containers of the target could see it."""
        return (
            f"{self.settings.runtime_dir}/.clone/{target.name}",
            f"{self.settings.data_dir}/.{target.name}.clone",
            f"{self.settings.runtime_dir}/.door-{target.name}",
        )

    def _write(self, target: Environment, name: str, home: str, payload: Mapping[str, Any]) -> None:
        root = os.path.dirname(home)
        for directory in (os.path.dirname(self.settings.runtime_dir), self.settings.runtime_dir, root):
            files.make_parent(directory)
        texts = {
            "odoo.conf": config.render(config.fenced_settings(target, name, fence.SOCKET_DIR)),
            "ca.crt": "none is needed: there is no network\n",
            "setup.py": setup.CONFIGURE_SCRIPT,
            "setup.json": json.dumps(payload),
        }
        for file in configuration(root, target, texts):
            files.apply(file)

    def _run(self, target: Environment, home: str, data: str, door: str, command: list[str], entry: str) -> None:
        wanted = spec.fenced(target, self.settings, home, data, door, command)
        wanted["Entrypoint"] = [entry]
        self.engine.run_once(f"{target.name}-clone", wanted, self.timeout)

    def _sweep(self, target: Environment) -> None:
        """What a killed run left, its container first."""
        self.engine.remove(f"{target.name}-clone")
        for place in self._places(target):
            files.remove_tree(place)

    # --- its place ---

    def _take_place(self, target: Environment, record: Record) -> Record:
        """Each step is skipped where an earlier run has done it. Only then the target runs, and reaches what it may."""
        operation = clone.running(record)
        if operation.candidate in self.copies.names(target):
            self.copies.exchange(target, operation.candidate, operation.kept)
        self._exchange_files(target, operation)
        before = records.read(self.settings, target.name)
        # Neither the slot of before nor a copy of the database of before fits any more.
        records.write(self.settings, replace(before, previous=None, safety=None))
        self._let_out(target)
        wanted, todo = reconcile.steps(self.engine, [target], self.settings, False)
        reconcile.apply(self.engine, wanted, todo, self.settings, self.wait_timeout, 1)
        self.prove(target, before.active)
        known, old = clone.ended(record)
        self.copies.drop(target, old)
        for name in old:
            files.remove_tree(f"{self._store(target)}/{name}")
        self._sweep(target)
        records.write_clone(self.settings, known)
        return known

    def _exchange_files(self, target: Environment, operation: clone.Operation) -> None:
        _home, data, _door = self._places(target)
        new, store = f"{data}/filestore/{operation.candidate}", self._store(target)
        own, kept = f"{store}/{target.database.name}", f"{store}/{operation.kept}"
        # Sessions of before would be refused, since the secret that they are checked with is a new one.
        files.remove_tree(f"{self.settings.data_dir}/{target.name}/sessions")
        if not files.exists(new):
            return
        for directory in (os.path.dirname(store), store):
            files.apply(files.File(directory, 0o700, target.uid, target.uid))
        if files.exists(own) and not files.exists(kept):
            files.rename(own, kept)
        files.rename(new, own)

    def _store(self, target: Environment) -> str:
        return f"{self.settings.data_dir}/{target.name}/filestore"

    def _let_out(self, target: Environment) -> None:
        """As far as it is declared."""
        where = egress.path(self.settings.config_dir, target.name)
        if target.egress:
            self.walls.open_again(where, egress.table(target.name))
        else:
            self.walls.close(where, egress.render(target.name, reconcile.reachable(target)))

    @contextmanager
    def _locked(self, target: Environment) -> Any:
        with nullcontext() if self.check_mode else records.locked(self.settings, target.name):
            yield


def _code(container: Mapping[str, Any] | None) -> Code | None:
    if container is None or not container["State"].get("Running"):
        return None
    running = container["Config"]
    addons = (running.get("Labels") or {}).get(spec.LABEL_ADDONS, "")
    return Code(running["Image"], tuple(addons.split(",")) if addons else ())
