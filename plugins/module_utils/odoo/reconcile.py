# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the machine, asks the planner, carries the steps out. The modules call this; it is tested with a fake engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from . import archives, config, egress, files, nft, records
from . import engine as engines
from .errors import OdooError, refuse
from .models import Environment, Settings
from .plan import Desired, Observed, Step, conflicts, desire, plan, plan_absent, server_module


def resolve(env: Environment) -> dict[str, str]:
    """Addresses for the names that a container of this environment needs."""
    names = [*env.database.hosts, *(env.redis.hosts if env.redis else [])]
    found = {name: files.container_address(name) for name in names}
    return {name: address for name, address in found.items() if address}


def reachable(env: Environment) -> list[tuple[str, int]]:
    """Where a closed environment may connect to: its database and its sessions, at all their addresses."""
    hosts = [(name, env.database.port) for name in env.database.hosts]
    hosts += env.redis.places if env.redis else []
    return [(address, port) for name, port in hosts for address in files.addresses(name)]


def collect(environments: Iterable[Environment], work: Callable[[Environment], Any]) -> dict[str, Any]:
    """The work of each environment; what is wrong with several is told at once."""
    results: dict[str, Any] = {}
    problems: list[str] = []
    for env in environments:
        try:
            results[env.name] = work(env)
        except OdooError as error:
            problems.append(f"{env.name}: {error}")
    refuse(problems)
    return results


def texts(env: Environment, settings: Settings, ca: str, key: bytes, slot: str) -> dict[str, str]:
    """The files that the container is given."""
    path = f"{settings.config_dir}/{env.name}/{slot}/odoo.conf"
    have = files.read([path]).get(path)
    existing = config.read_option(have.content, "admin_passwd") if have and have.content else None
    hashed = config.admin_passwd(env.secrets["master"], env.name, key, existing)
    return {
        "ca.crt": ca,
        "odoo.conf": config.render(config.settings(env, hashed)),
        "sessions.conf": config.render(config.sessions(env)),
    }


def desired(
    environments: list[Environment], settings: Settings, check_mode: bool, slots: Mapping[str, str] | None = None
) -> list[Desired]:
    """What is wanted of each environment, in the slot that serves it or in the given one."""
    present = [env for env in environments if env.present]
    if not present:
        return []
    ca = _ca(settings, check_mode)
    addresses = collect(present, resolve)
    key = files.machine_key(settings.config_dir)
    chosen = slots or {env.name: records.read(settings, env.name).active for env in present}
    return [_desired(env, settings, addresses[env.name], ca, key, chosen[env.name]) for env in present]


def _desired(env: Environment, settings: Settings, addresses: Mapping[str, str], ca: str, key: bytes, slot: str) -> Desired:
    closure = "" if env.egress else egress.render(env.name, reachable(env))
    return desire(env, settings, addresses, texts(env, settings, ca, key, slot), key, slot, closure)


def _ca(settings: Settings, check_mode: bool) -> str:
    """In check mode the authority may be one that an earlier role has yet to put there."""
    try:
        return files.text(settings.ca_file, "the certificate authority that the database's certificate is checked against")
    except OdooError:
        if check_mode:
            return ""
        raise


def observe(engine: Any, wanted: list[Desired], absent: Iterable[Environment], settings: Settings) -> Observed:
    paths = [file.path for want in wanted for file in want.files]
    paths += [f"{directory}/{env.name}" for env in absent for directory in (settings.config_dir, settings.data_dir)]
    paths += [path(settings, env.name) for env in absent for path in (records.path, records.clone_path)]
    paths += [want.closure_path for want in wanted] + [egress.path(settings.config_dir, env.name) for env in absent]
    return Observed(engine.containers(), engine.networks(), files.read(paths), nft.tables())


def steps(
    engine: Any,
    environments: list[Environment],
    settings: Settings,
    check_mode: bool,
    slots: Mapping[str, str] | None = None,
) -> tuple[list[Desired], list[Step]]:
    """What is to be done on this machine; refuses before anything is touched."""
    wanted = desired(environments, settings, check_mode, slots)
    absent = [env for env in environments if not env.present]
    have = observe(engine, wanted, absent, settings)
    problems = conflicts(wanted, have)
    images = {image: engine.image_problem(image) for image in sorted({image for want in wanted for image in _images(want)})}
    problems += [f"{want.env.name}: {images[image]}" for want in wanted for image in _images(want) if images[image]]
    if not check_mode:
        problems += missing_archives((want.env for want in wanted), settings)
    refuse(problems)
    todo = plan(wanted, have)
    for env in absent:
        todo += plan_absent(env, settings, have)
    return wanted, todo


def _images(want: Desired) -> list[str]:
    return [str(container["Image"]) for container in (want.container, want.front) if container is not None]


def missing_archives(environments: Iterable[Environment], settings: Settings) -> list[str]:
    """The engine would make an empty directory of what is not there."""
    wanted = {sha256: env.name for env in environments for sha256 in env.addons}
    return [
        f"{name}: the archive of custom modules {sha256} is not on this machine: odoo_addons brings it there"
        for sha256, name in wanted.items()
        if not archives.present(settings.custom_dir, sha256)
    ]


def apply_step(engine: Any, step: Step, settings: Settings) -> None:
    if step.action in ("write", "mkdir"):
        files.apply(step.target)
    elif step.action == "remove_tree":
        files.remove_tree(step.subject)
    elif step.action == "close_egress":
        nft.close(step.subject, step.target)
    elif step.action == "open_egress":
        nft.open_again(step.subject, step.target)
    elif step.action == "create_network":
        engine.create_network(step.target)
    elif step.action == "remove_network":
        engine.remove_network(step.subject)
    elif step.action == "remove":
        engine.remove(step.subject)
    elif step.action == "stop":
        engine.stop(step.subject)
    elif step.action == "restart":
        engine.restart(step.subject, settings.stop_timeout)
    else:
        _run(engine, step)


def _run(engine: Any, step: Step) -> None:
    if step.action == "replace":
        engine.pull(step.target["Image"])
        engine.remove(step.subject)
    if step.action in ("create", "replace"):
        engine.create(step.subject, step.target)
    if step.before.get("state") == "paused":
        engine.unpause(step.subject)
    else:
        engine.start(step.subject)


def in_parallel(names: Iterable[str], work: Callable[[str], None], parallel: int) -> None:
    """Each environment on its own: the trouble of one does not stop another, and all troubles are told."""

    def attempt(name: str) -> str | None:
        try:
            work(name)
        except Exception as error:
            known = error if isinstance(error, OdooError) else engines.wrapped(error)
            if known is None:
                raise
            return f"{name}: {known}"
        return None

    with ThreadPoolExecutor(max_workers=max(parallel, 1)) as pool:
        refuse([problem for problem in pool.map(attempt, names) if problem])


def apply(
    engine: Any,
    wanted: list[Desired],
    todo: list[Step],
    settings: Settings,
    wait_timeout: int,
    parallel: int,
) -> None:
    """Carry out the steps of each environment in order, then wait until it serves."""
    containers = {want.env.name: want.container_name for want in wanted}
    fronts = {want.front_name for want in wanted}
    names = list(dict.fromkeys([step.environment for step in todo] + list(containers)))
    by_name: Mapping[str, list[Step]] = {name: [step for step in todo if step.environment == name] for name in names}
    shared = {settings.config_dir, settings.data_dir, *(file.path for file in server_module(settings))}
    for step in {step.subject: step for step in todo if step.subject in shared}.values():
        apply_step(engine, step, settings)
    if wanted:
        files.keep_key(settings.config_dir, wanted[0].key)

    def work(name: str) -> None:
        for step in by_name[name]:
            if step.subject not in shared:
                apply_step(engine, step, settings)
        if name in containers:
            engine.wait_healthy(containers[name], wait_timeout)
        for step in by_name[name]:
            if step.subject in fronts and step.action != "remove":
                engine.wait_running(step.subject)

    in_parallel(names, work, parallel)


def as_diff(todo: list[Step]) -> list[dict[str, Any]]:
    """One entry per step, without secrets."""
    return [
        {
            "before_header": f"{step.environment}: {step.subject}",
            "after_header": f"{step.environment}: {step.subject} ({step.action})",
            "before": _printed(step.before),
            "after": _printed(step.after),
        }
        for step in todo
    ]


def _printed(value: Mapping[str, Any]) -> str:
    lines = [f"{key}: {value[key]}" for key in sorted(value) if key != "content"]
    return "".join(f"{line}\n" for line in lines) + str(value.get("content", ""))


def result(todo: list[Step]) -> dict[str, Any]:
    """What a module that works on environments returns."""
    told = [{"environment": step.environment, "action": step.action, "subject": step.subject} for step in todo]
    return {"changed": bool(todo), "steps": told, "diff": as_diff(todo)}


def warnings(held: Mapping[str, str]) -> list[str]:
    """What a module says of environments that it left alone."""
    return [f"{name} is left as it is: {held[name]}" for name in sorted(held)]
