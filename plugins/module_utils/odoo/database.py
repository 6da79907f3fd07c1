# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads databases over psycopg2, and installs into them by one-off Odoo containers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

try:
    import psycopg2
except ImportError:  # reported when a database is read
    psycopg2 = None  # type: ignore[assignment]

from . import config, files, reconcile, setup, spec
from .errors import OdooError, refuse
from .models import Environment, Settings
from .plan import Step, configuration, directories, owner

_CONNECT_TIMEOUT = 10

# Tables of the database's owner, without those that an extension brought.
_TABLES = """
SELECT count(*), to_regclass('public.ir_module_module') IS NOT NULL, to_regclass('public.ir_config_parameter') IS NOT NULL
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace
   AND c.relkind IN ('r', 'p')
   AND NOT EXISTS (
       SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
"""

_Reader = Callable[[Environment, str], setup.DatabaseState]


@contextmanager
def session(env: Environment, ca_file: str, name: str | None = None, verb: str = "read") -> Iterator[Any]:
    """One connection through the same door as Odoo; what happens in it works behind a transaction pooler."""
    if psycopg2 is None:
        raise OdooError("the Python library psycopg2 is missing on this machine: install python3-psycopg2")
    where = f"database {name or env.database.name} on {env.database.host}:{env.database.port} as {env.database.user}"
    try:
        connection = psycopg2.connect(
            dbname=name or env.database.name,
            user=env.database.user,
            password=env.secrets["database"],
            host=",".join(env.database.hosts),
            port=env.database.port,
            sslmode="verify-full",
            sslrootcert=ca_file,
            connect_timeout=_CONNECT_TIMEOUT,
        )
    except psycopg2.Error as error:
        raise OdooError(f"{where} can't be reached: {' '.join(str(error).split())}") from error
    try:
        yield connection
    except psycopg2.Error as error:
        raise OdooError(f"{where} can't be {verb}: {' '.join(str(error).split())}") from error
    finally:
        connection.close()


@contextmanager
def transaction(env: Environment, ca_file: str, name: str | None = None, verb: str = "read") -> Iterator[Any]:
    """A cursor in a session of its own, whose work is kept if nothing goes wrong."""
    with session(env, ca_file, name, verb) as connection:
        yield connection.cursor()
        connection.commit()


def read(env: Environment, ca_file: str) -> setup.DatabaseState:
    """A few reads in one transaction."""
    with transaction(env, ca_file) as cursor:
        return _read(cursor)


def _read(cursor: Any) -> setup.DatabaseState:
    cursor.execute(_TABLES)
    tables, has_modules, has_parameters = cursor.fetchone()
    if not has_modules:
        return setup.DatabaseState(tables=tables)
    cursor.execute("SELECT name, state, CASE WHEN name = 'base' THEN latest_version END FROM ir_module_module")
    rows = cursor.fetchall()
    parameters: dict[str, str] = {}
    if has_parameters:
        cursor.execute("SELECT key, value FROM ir_config_parameter WHERE key = ANY(%s)", (list(setup.PARAMETERS),))
        parameters = dict(cursor.fetchall())
    version = next((row[2] for row in rows if row[0] == "base"), None)
    return setup.DatabaseState(tables, {row[0]: row[1] for row in rows}, parameters, version)


class Installer:
    """Carries out the steps of one environment's database."""

    def __init__(self, engine: Any, settings: Settings, timeout: int, reader: _Reader = read, in_place: bool = True) -> None:
        self._engine = engine
        self._settings = settings
        self._timeout = timeout
        self._reader = reader
        self._in_place = in_place

    def _steps(self, env: Environment, have: setup.DatabaseState) -> list[Step]:
        """Modules that are added to a database in use may wait for a release."""
        return [step for step in setup.plan(env, have) if self._in_place or step.action != "install"]

    def plan(self, environments: list[Environment], check_mode: bool) -> list[Step]:
        """Read every database; refuse all that is wrong at once, before anything is touched."""
        running = self._engine.containers()

        def look(env: Environment) -> setup.DatabaseState:
            try:
                return self._reader(env, self._settings.ca_file)
            except OdooError:
                # A first run in check mode: an earlier role would have made the database. Where a container runs there was one.
                if check_mode and spec.container_name(env) not in running:
                    return setup.DatabaseState()
                raise

        states = reconcile.collect(environments, look)
        todo = {env.name: self._steps(env, states[env.name]) for env in environments}
        problems = [problem for env in environments for problem in setup.problems(env, states[env.name])]
        for env in environments:
            problems += self._image_problems(env, todo[env.name])
        refuse(problems)
        return [step for env in environments for step in todo[env.name]]

    def _image_problems(self, env: Environment, todo: list[Step]) -> list[str]:
        """Is the image there, and has it the modules? Only asked where there is something to install."""
        if not todo:
            return []
        problem = self._engine.image_problem(env.image)
        if problem:
            return [f"{env.name}: {problem}"]
        # An image that is yet to be pulled is asked after that, before a database is touched.
        return self._module_problems(env, todo) if self._engine.has_image(env.image) else []

    def _module_problems(self, env: Environment, todo: list[Step]) -> list[str]:
        if reconcile.missing_archives([env], self._settings):
            # A dry run before an archive is there: its modules can't be known.
            return []
        names = [name for step in todo if step.action != "configure" for name in step.target]
        return setup.unknown_modules(env, names, self._available(env)) if names else []

    def apply(self, environments: list[Environment], steps: list[Step], parallel: int) -> None:
        todo = {step.environment for step in steps}
        chosen = {env.name: env for env in environments if env.name in todo}
        refuse(reconcile.missing_archives(chosen.values(), self._settings))
        addresses = reconcile.collect(chosen.values(), reconcile.resolve)
        refuse([problem for env in chosen.values() for problem in self._fetch(env, steps)])
        reconcile.in_parallel(chosen, lambda name: self._bring(chosen[name], addresses[name]), parallel)

    def _fetch(self, env: Environment, steps: list[Step]) -> list[str]:
        """Pull the image where it is missing, and look into it then."""
        if self._engine.has_image(env.image):
            return []
        self._engine.pull(env.image)
        return self._module_problems(env, [step for step in steps if step.environment == env.name])

    def _available(self, env: Environment) -> list[str] | None:
        """The modules in the image; None where the image can't tell."""
        paths = [config.custom_path(sha256) for sha256 in env.addons]
        command = spec.scan(env.image, env.addons, env, self._settings, ["-c", setup.LIST_SCRIPT, *paths])
        try:
            return self._engine.run_once(f"{env.name}-modules", command, 60).split()
        except OdooError:
            return None

    def _bring(self, env: Environment, addresses: dict[str, str]) -> None:
        """Take the database from whatever state it is in to the one that is wanted."""
        self._engine.finish_leftover(f"{env.name}-setup", self._timeout)
        steps = self._steps(env, self._reader(env, self._settings.ca_file))  # a leftover may have finished the work meanwhile
        if not steps:
            return
        self._prepare(env)
        installing = any(step.action in ("initialise", "install") for step in steps)
        stopped = self._stop_writers(env) if installing else []
        home = f"{self._settings.runtime_dir}/{env.name}"
        try:
            for step in steps:
                self._carry_out(env, step, addresses)
        finally:
            files.remove_tree(home)
            for name in stopped:
                self._engine.start(name)

    def _prepare(self, env: Environment) -> None:
        for directory in directories(env, self._settings):
            files.apply(directory)
        network = spec.network(env)
        if network["name"] not in self._engine.networks():
            self._engine.create_network(network)

    def _stop_writers(self, env: Environment) -> list[str]:
        """Two Odoos must not change the tables of one database at a time."""
        own = {name: item for name, item in self._engine.containers().items() if owner(item) == env.name}
        running = [name for name, item in own.items() if item["State"].get("Running")]
        for name in running:
            self._engine.stop(name)
        return running

    def _carry_out(self, env: Environment, step: Step, addresses: dict[str, str]) -> None:
        texts = {
            "odoo.conf": config.render(config.setup_settings(env)),
            "ca.crt": files.text(self._settings.ca_file, "the certificate authority of the database"),
        }
        if step.action == "configure":
            texts["setup.py"] = setup.CONFIGURE_SCRIPT
            texts["setup.json"] = json.dumps(setup.payload(env, step.target))
            wanted = spec.setup(env, self._settings, addresses, setup.configure_command())
            wanted["Entrypoint"] = ["sh"]
        else:
            wanted = spec.setup(env, self._settings, addresses, setup.install_command(step.target))
        self._write(env, texts)
        self._engine.run_once(f"{env.name}-setup", wanted, self._timeout)
        if step.action != "configure":
            self._check_installed(env, step.target)

    def _write(self, env: Environment, texts: dict[str, str]) -> None:
        for directory in ("/run/tierline", self._settings.runtime_dir):
            files.make_parent(directory)
        for file in configuration(self._settings.runtime_dir, env, texts):
            files.apply(file)

    def _check_installed(self, env: Environment, names: list[str]) -> None:
        have = self._reader(env, self._settings.ca_file)
        absent = [name for name in names if have.modules.get(name) != "installed"]
        if absent:
            raise OdooError(f"Odoo did not install {', '.join(absent)}: see the modules' dependencies in image {env.image}")
