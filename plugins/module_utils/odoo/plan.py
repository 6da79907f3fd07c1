# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is there and what is wanted to the steps between. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import config, egress, front, spec
from .models import Environment, Settings

# What the engine gives back as it was asked for it; a container that differs here was changed by someone else.
_HOST_KEYS = (
    "CapDrop",
    "ExtraHosts",
    "Memory",
    "NanoCpus",
    "PidsLimit",
    "PortBindings",
    "ReadonlyRootfs",
    "RestartPolicy",
    "SecurityOpt",
)


@dataclass(frozen=True)
class File:
    path: str
    mode: int
    uid: int
    gid: int
    content: str | None = field(default=None, repr=False)  # None: a directory


@dataclass(frozen=True)
class Desired:
    env: Environment
    slot: str
    network: Mapping[str, Any]
    container: Mapping[str, Any]
    files: tuple[File, ...]
    key: bytes = field(default=b"", repr=False)
    # The ruleset that closes its network, empty where it may reach everything, and the file for it.
    closure: str = ""
    closure_path: str = ""
    # What stands before it; None where the container itself is published.
    front: Mapping[str, Any] | None = None

    @property
    def container_name(self) -> str:
        return spec.container_name(self.env, self.slot)

    @property
    def front_name(self) -> str:
        return spec.front_name(self.container_name)


@dataclass(frozen=True)
class Observed:
    """The machine as read: containers and networks by name as the engine inspects them, files by path."""

    containers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    networks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict, repr=False)
    # Tables of nftables in the kernel.
    tables: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """One change. `before` and `after` are for people and hold no secret; `target` is what the store needs."""

    environment: str
    action: str
    subject: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    target: Any = field(default=None, repr=False)


def directories(env: Environment, settings: Settings) -> tuple[File, ...]:
    """The places of an environment; only its own user enters them."""
    return (
        File(settings.config_dir, 0o755, 0, 0),
        File(settings.data_dir, 0o711, 0, 0),
        File(f"{settings.data_dir}/{env.name}", 0o700, env.uid, env.uid),
    )


def server_module(settings: Settings) -> tuple[File, ...]:
    """Our Odoo module, which all environments of the machine read and only root writes."""
    version = f"{settings.addons_dir}/{settings.server_module_version}"
    home = f"{version}/{config.SERVER_MODULE}"
    texts = settings.server_module
    return (
        *(File(path, 0o755, 0, 0) for path in (settings.addons_dir, version, home)),
        *(File(f"{home}/{name}", 0o644, 0, 0, texts[name]) for name in sorted(texts)),
    )


def configuration(directory: str, env: Environment, texts: Mapping[str, str], slot: str = "") -> tuple[File, ...]:
    """Files that root owns and only the environment's user reads. Each slot has its own: what runs may read them again."""
    homes = [File(f"{directory}/{env.name}", 0o750, 0, env.uid)]
    if slot:
        homes.append(File(f"{homes[0].path}/{slot}", 0o750, 0, env.uid))
    return (*homes, *(File(f"{homes[-1].path}/{name}", 0o640, 0, env.uid, texts[name]) for name in sorted(texts)))


def _front_files(env: Environment, settings: Settings, slot: str) -> tuple[File, ...]:
    """In a directory of its own: it has no business with Odoo's."""
    if not env.front_image:
        return ()
    texts = {"nginx.conf": front.render(spec.container_name(env, slot))}
    return configuration(settings.config_dir, env, texts, spec.front_home(slot))[1:]


def desire(
    env: Environment,
    settings: Settings,
    addresses: Mapping[str, str],
    texts: Mapping[str, str],
    key: bytes,
    slot: str = spec.SLOT,
    closure: str = "",
) -> Desired:
    front_files = _front_files(env, settings, slot)
    front_texts = {file.path: file.content for file in front_files if file.content}
    return Desired(
        env=env,
        slot=slot,
        network=spec.network(env),
        container=spec.signed(spec.server(env, settings, addresses, slot), texts, key),
        files=directories(env, settings)
        + server_module(settings)
        + configuration(settings.config_dir, env, texts, slot)
        + front_files,
        key=key,
        closure=closure,
        closure_path=egress.path(settings.config_dir, env.name),
        front=spec.signed(spec.before(env, settings, slot), front_texts, key) if env.front_image else None,
    )


def _status(file: File | None) -> dict[str, Any]:
    return {"mode": f"{file.mode:04o}", "owner": file.uid, "group": file.gid} if file else {}


def _file_step(name: str, have: File | None, want: File) -> Step | None:
    if have == want:
        return None
    before, after = _status(have), _status(want)
    if want.content is not None:
        old, new = (have.content or "") if have else "", want.content
        before_text, after_text = config.shown(old, new)
        before, after = {**before, "content": before_text} if have else {}, {**after, "content": after_text}
    return Step(name, "write" if want.content is not None else "mkdir", want.path, before, after, want)


def _pairs(entries: Iterable[str] | None) -> dict[str, str]:
    return dict(entry.partition("=")[::2] for entry in entries or ())


def _health(check: Mapping[str, Any] | None) -> list[str]:
    return list((check or {}).get("Test") or ())


def facts(container: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """The comparable part of a container, whether asked for or inspected, reduced to what `like` names."""
    settings = container.get("Config") or container
    names = _pairs(like["Env"])
    labels = settings.get("Labels") or {}
    return {
        "Image": settings.get("Image"),
        "User": settings.get("User"),
        "Entrypoint": list(settings.get("Entrypoint") or ()),
        "Cmd": list(settings.get("Cmd") or ()),
        "Env": {key: value for key, value in _pairs(settings.get("Env")).items() if key in names},
        "Labels": {key: value for key, value in labels.items() if key in like["Labels"] and key != spec.LABEL_CONFIG},
        "Configuration": labels.get(spec.LABEL_CONFIG),
        "Health": _health(settings.get("Healthcheck")),
        "Network": container["HostConfig"].get("NetworkMode"),
        **{key: container["HostConfig"].get(key) or None for key in _HOST_KEYS},
    }


def _hidden(values: Mapping[str, Any], word: str) -> dict[str, Any]:
    """A fingerprint says nothing to people but that it is another one."""
    return {key: f"<{word}>" if key == "Configuration" else value for key, value in values.items()}


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


def _front_steps(want: Desired, have: Observed) -> list[Step | None]:
    found = have.containers.get(want.front_name)
    if want.front is not None:
        return [_container_step(want.env.name, want.front_name, want.front, found)]
    if found is None or owner(found) != want.env.name:
        return []
    return [Step(want.env.name, "remove", want.front_name, {"image": (found.get("Config") or {}).get("Image")}, {})]


def _container_step(environment: str, name: str, want: Mapping[str, Any], have: Mapping[str, Any] | None) -> Step | None:
    after = facts(want, want)
    if have is None:
        return Step(environment, "create", name, {}, _hidden(after, "new"), want)
    before, after = _difference(facts(have, want), after)
    if after:
        return Step(environment, "replace", name, _hidden(before, "old"), _hidden(after, "new"), want)
    state = have.get("State") or {}
    if not state.get("Running") or state.get("Paused"):
        return Step(environment, "start", name, {"state": state.get("Status", "stopped")}, {"state": "running"})
    if (state.get("Health") or {}).get("Status") == "unhealthy":
        return Step(environment, "restart", name, {"health": "unhealthy"}, {"health": "healthy"})
    return None


def _present(want: Desired, have: Observed) -> list[Step]:
    name = want.env.name
    steps = [_file_step(name, have.files.get(file.path), file) for file in want.files]
    if want.network["name"] not in have.networks:
        steps.append(Step(name, "create_network", want.network["name"], {}, dict(want.network), want.network))
    # Closed before anything runs in it.
    steps.append(_egress_step(want.env, want.closure, want.closure_path, have))
    served = _container_step(name, want.container_name, want.container, have.containers.get(want.container_name))
    # Either gives up its port before the other takes it.
    steps += [served, *_front_steps(want, have)] if want.front is not None else [*_front_steps(want, have), served]
    return [step for step in steps if step]


def _egress_step(env: Environment, text: str, path: str, have: Observed) -> Step | None:
    file, loaded = have.files.get(path), egress.table(env.name) in have.tables
    if not text:
        before = {"table": egress.table(env.name)}
        return Step(env.name, "open_egress", path, before, {}, egress.table(env.name)) if file or loaded else None
    if file and file.content == text and loaded:
        return None
    return Step(env.name, "close_egress", path, {"content": file.content} if file else {}, {"content": text}, text)


def owner(container: Mapping[str, Any]) -> str | None:
    """The environment that a container belongs to."""
    return ((container.get("Config") or {}).get("Labels") or {}).get(spec.LABEL_ENVIRONMENT)


def plan_absent(env: Environment, settings: Settings, have: Observed) -> list[Step]:
    """Everything of the environment but its filestore, whatever slot it ran in; the filestore only when told."""
    steps = [
        Step(env.name, "remove", name, {"image": (container.get("Config") or {}).get("Image")}, {})
        for name, container in sorted(have.containers.items())
        if owner(container) == env.name
    ]
    closure = _egress_step(env, "", egress.path(settings.config_dir, env.name), have)
    steps += [closure] if closure else []
    if spec.network_name(env.name) in have.networks:
        steps.append(Step(env.name, "remove_network", spec.network_name(env.name), {"state": "present"}, {}))
    records = [f"{directory}/{env.name}.json" for directory in (settings.record_dir, settings.clone_dir)]
    paths = [*records, f"{settings.config_dir}/{env.name}"] + (
        [f"{settings.data_dir}/{env.name}"] if env.remove_filestore else []
    )
    steps.extend(Step(env.name, "remove_tree", path, {"state": "present"}, {}) for path in paths if path in have.files)
    return steps


def plan(wanted: Iterable[Desired], have: Observed) -> list[Step]:
    return [step for want in wanted for step in _present(want, have)]


def conflicts(wanted: Iterable[Desired], have: Observed) -> list[str]:
    """Ports and names that something else on this machine already holds."""
    taken: dict[str, str] = {}
    for name, container in sorted(have.containers.items()):
        for bindings in (container["HostConfig"].get("PortBindings") or {}).values():
            taken.update({str(binding.get("HostPort")): name for binding in bindings or ()})
    problems = []
    for want in wanted:
        own = want.env.name
        for port in want.env.ports.of(want.slot):
            holder = taken.get(str(port))
            if holder and holder not in (want.container_name, want.front_name):
                problems.append(f"{own}: port {port} is already published by container {holder}: choose another one")
        for container_name in (want.container_name, *([want.front_name] if want.front is not None else ())):
            other: Mapping[str, Any] | None = have.containers.get(container_name)
            if other is not None and owner(other) != own:
                problems.append(f"{own}: container {container_name} exists and is not this environment's: remove it first")
        net_name = str(want.network["name"])
        network = have.networks.get(net_name)
        if network is not None and (network.get("Labels") or {}).get(spec.LABEL_ENVIRONMENT) != own:
            problems.append(f"{own}: network {net_name} exists and is not this environment's: remove it first")
    return problems
