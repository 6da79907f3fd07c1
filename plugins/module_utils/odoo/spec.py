# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine is asked for, in the words of its API. Pure: the store only sends it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from . import config, front
from .fence import SOCKET_DIR
from .models import SLOTS, Environment, Settings

LABEL_ENVIRONMENT = "tierline.environment"
LABEL_SLOT = "tierline.slot"
LABEL_CONFIG = "tierline.config"
LABEL_ADDONS = "tierline.addons"
LABEL_MODULES = "tierline.modules"
LABEL_WORKLOAD = "tierline.workload"
SLOT = SLOTS[0]
SETUP_SLOT = "setup"
FRONT = "front"

_CONFIG_MOUNT = config.CONFIG_DIR
_SECOND = 1_000_000_000

# libpq's own settings, because Odoo has none of the kind. A host that doesn't answer is left for the next after three seconds;
# without the second setting every new connection would wait for the first host as long as that one is dead.
_SEVERAL_HOSTS = ("PGCONNECT_TIMEOUT=3", "PGLOADBALANCEHOSTS=random")

# An address for documentation, which leads nowhere: the engine would pass questions for names on, and answers back.
NO_NAMESERVER = "192.0.2.1"

# Our module's word about the database, its registry and the sessions; the image has no curl.
_HEALTH = (
    "import urllib.request as u; "
    "ask = u.Request('http://127.0.0.1:8069/tierline/health', headers={'Host': 'localhost'}); "
    "u.build_opener().open(ask, timeout=8)"
)


def container_name(env: Environment, slot: str = SLOT) -> str:
    return f"{env.name}-{slot}"


def front_name(container: str) -> str:
    return f"{container}-{FRONT}"


def front_home(slot: str) -> str:
    """Among the directories of configurations; Odoo's has secrets."""
    return f"{slot}-{FRONT}"


def network_name(name: str) -> str:
    return f"tierline-{name}"


def bridge_name(name: str) -> str:
    """Interface names have at most 15 characters; ours are known by their beginning."""
    return "tl-" + hashlib.sha256(name.encode()).hexdigest()[:11]


def network(env: Environment) -> dict[str, Any]:
    return {
        "name": network_name(env.name),
        "driver": "bridge",
        "options": {"com.docker.network.bridge.name": bridge_name(env.name)},
        "labels": {LABEL_ENVIRONMENT: env.name},
    }


def _labels(env: Environment, slot: str) -> dict[str, str]:
    labels = {LABEL_ENVIRONMENT: env.name, LABEL_SLOT: slot}
    return {**labels, "tierline.tenant": env.tenant} if env.tenant else labels


def custom_mounts(addons: Iterable[str], settings: Settings) -> list[str]:
    return [f"{settings.custom_dir}/{sha256}:{config.custom_path(sha256)}:ro" for sha256 in addons]


def _base(env: Environment, settings: Settings, addresses: Mapping[str, str], home: str) -> dict[str, Any]:
    """What every container of an environment shares: it can write its filestore and nothing else, and gains no rights."""
    return {
        "Image": env.image,
        "User": f"{env.uid}:{env.uid}",
        "Entrypoint": ["odoo"],
        "Env": [
            "HOME=/tmp",
            "ODOO_NOTIFY_CRON_CHANGES=1",
            f"PGSSLROOTCERT={config.CA_FILE}",
            *(_SEVERAL_HOSTS if len(env.database.hosts) > 1 else ()),
        ],
        "HostConfig": {
            "Binds": [
                f"{home}:{_CONFIG_MOUNT}:ro",
                f"{settings.data_dir}/{env.name}:{config.DATA_DIR}:rw",
                *custom_mounts(env.addons, settings),
            ],
            "CapDrop": ["ALL"],
            **({} if env.egress else {"Dns": [NO_NAMESERVER]}),
            "ExtraHosts": [f"{name}:{address}" for name, address in sorted(addresses.items())],
            "Memory": env.memory_mb * 1024 * 1024,
            "MemorySwap": env.memory_mb * 1024 * 1024,
            "NanoCpus": int(env.cpus * _SECOND),
            "NetworkMode": network_name(env.name),
            "PidsLimit": settings.pids_limit,
            "ReadonlyRootfs": True,
            "SecurityOpt": ["no-new-privileges"],
            "Tmpfs": {
                "/run": "rw,noexec,nosuid,nodev,size=16m",
                "/tmp": "rw,noexec,nosuid,nodev,size=256m,mode=1777",
            },
        },
    }


def server(env: Environment, settings: Settings, addresses: Mapping[str, str], slot: str = SLOT) -> dict[str, Any]:
    """The container that serves the environment."""
    # Without workers Odoo is one threaded process, which answers websockets on its HTTP port.
    targets = {"http": config.HTTP_PORT, "websocket": config.WEBSOCKET_PORT if env.workers else config.HTTP_PORT}
    bindings: dict[str, list[dict[str, str]]] = {}
    http, websocket = env.ports.of(slot)
    for target, port in ((targets["http"], 0 if env.front_image else http), (targets["websocket"], websocket)):
        if port:
            bindings.setdefault(f"{target}/tcp", []).extend(_published(port, settings))
    spec = _base(env, settings, addresses, f"{settings.config_dir}/{env.name}/{slot}")
    spec["Cmd"] = ["server", f"--config={_CONFIG_MOUNT}/odoo.conf"]
    # What the database has to fit: another list here makes a release look into it.
    addons = {LABEL_ADDONS: ",".join(env.addons)} if env.addons else {}
    spec["Labels"] = {**_labels(env, slot), **addons, LABEL_MODULES: ",".join(sorted(env.modules))}
    spec["StopTimeout"] = settings.stop_timeout
    spec["ExposedPorts"] = {port: {} for port in bindings}
    spec["Healthcheck"] = {
        "Test": ["CMD", "python3", "-c", _HEALTH],
        "Interval": 30 * _SECOND,
        "Timeout": 10 * _SECOND,
        "Retries": 3,
        "StartPeriod": 180 * _SECOND,
        "StartInterval": 2 * _SECOND,
    }
    spec["HostConfig"]["Binds"].append(f"{settings.addons_dir}/{settings.server_module_version}:{config.ADDONS_DIR}:ro")
    if env.redis:
        # Should Odoo ever go on without our module, it finds no disk for sessions, and fails rather than log everyone out.
        spec["HostConfig"]["Tmpfs"][f"{config.DATA_DIR}/sessions"] = "ro,noexec,nosuid,nodev,size=4k,mode=0555"
    spec["HostConfig"]["PortBindings"] = bindings
    spec["HostConfig"]["RestartPolicy"] = {"Name": "unless-stopped", "MaximumRetryCount": 0}
    return spec


def _published(port: int, settings: Settings) -> list[dict[str, str]]:
    return [{"HostIp": address, "HostPort": str(port)} for address in settings.listen_addresses]


def before(env: Environment, settings: Settings, slot: str = SLOT) -> dict[str, Any]:
    """The container that answers in the server's place: it reads files, and writes nothing but what it keeps in memory."""
    port = f"{front.PORT}/tcp"
    return {
        "Image": env.front_image,
        "User": f"{env.uid}:{env.uid}",
        "Entrypoint": ["nginx"],
        "Cmd": ["-e", "stderr", "-c", f"{front.CONFIG_DIR}/nginx.conf"],
        "Env": [],
        "Labels": {**_labels(env, slot), LABEL_WORKLOAD: FRONT},
        "ExposedPorts": {port: {}},
        # There may be no program in the image that could ask.
        "Healthcheck": {"Test": ["NONE"]},
        "StopSignal": "SIGQUIT",
        "StopTimeout": 10,
        "HostConfig": {
            "Binds": [
                f"{settings.config_dir}/{env.name}/{front_home(slot)}:{front.CONFIG_DIR}:ro",
                f"{settings.data_dir}/{env.name}:{config.DATA_DIR}:ro",
            ],
            "CapDrop": ["ALL"],
            **({} if env.egress else {"Dns": [NO_NAMESERVER]}),
            "Memory": front.MEMORY_MB * 1024 * 1024,
            "MemorySwap": front.MEMORY_MB * 1024 * 1024,
            # What it does Odoo needn't, so it may take as much.
            "NanoCpus": int(env.cpus * _SECOND),
            "NetworkMode": network_name(env.name),
            "PidsLimit": 16,
            "PortBindings": {port: _published(env.ports.of(slot)[0], settings)},
            "ReadonlyRootfs": True,
            "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0},
            "SecurityOpt": ["no-new-privileges"],
            "Tmpfs": {"/tmp": f"rw,noexec,nosuid,nodev,size={front.TMP_MB}m,mode=1777"},
        },
    }


def setup(env: Environment, settings: Settings, addresses: Mapping[str, str], command: list[str]) -> dict[str, Any]:
    """A one-off container with the same rights and limits; it listens nowhere."""
    spec = _base(env, settings, addresses, f"{settings.runtime_dir}/{env.name}")
    spec["Cmd"] = command
    spec["Labels"] = _labels(env, SETUP_SLOT)
    spec["HostConfig"]["Memory"] = spec["HostConfig"]["MemorySwap"] = max(env.memory_mb, 1024) * 1024 * 1024
    return spec


def scan(image: str, addons: Iterable[str], env: Environment, settings: Settings, command: list[str]) -> dict[str, Any]:
    """A look into an image and archives."""
    return probe(image, env.uid, command, custom_mounts(addons, settings))


def probe(image: str, uid: int, command: list[str], mounts: Iterable[str] = ()) -> dict[str, Any]:
    """A look into an image: no network, no files, no rights."""
    return {
        "Image": image,
        "User": f"{uid}:{uid}",
        "Entrypoint": ["python3"],
        "Cmd": command,
        "Env": ["HOME=/tmp"],
        "Labels": {LABEL_SLOT: SETUP_SLOT},
        "HostConfig": {
            "Binds": list(mounts),
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "Tmpfs": {"/tmp": ""},
        },
    }


def fenced(env: Environment, settings: Settings, home: str, data: str, door: str, command: list[str]) -> dict[str, Any]:
    """A one-off container that has no network at all: its database is a socket, its files are a copy."""
    spec = setup(env, settings, {}, command)
    mounts = {config.CONFIG_DIR: f"{home}:ro", config.DATA_DIR: f"{data}:rw", SOCKET_DIR: f"{door}:rw"}
    kept = [bind for bind in spec["HostConfig"]["Binds"] if bind.split(":")[1] not in mounts]
    binds = [f"{source.rpartition(':')[0]}:{target}:{source.rpartition(':')[2]}" for target, source in mounts.items()]
    spec["HostConfig"] = {**spec["HostConfig"], "Binds": binds + kept, "NetworkMode": "none", "ExtraHosts": []}
    return spec


def signed(spec: dict[str, Any], files: Mapping[str, str], key: bytes) -> dict[str, Any]:
    """The specification with a label that changes whenever it, the configuration or a secret in it changes."""
    text = json.dumps(spec, sort_keys=True)
    label = config.fingerprint(key, text, *(f"{name}\0{files[name]}" for name in sorted(files)))[:32]
    return {**spec, "Labels": {**spec["Labels"], LABEL_CONFIG: label}}
