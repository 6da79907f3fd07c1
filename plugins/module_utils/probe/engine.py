# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe import inside, inside_host, inside_load, inside_logins
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import ProbeError
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import Place

try:
    import docker
    import docker.errors
    from docker.utils.socket import frames_iter
except ImportError:  # reported when the engine is opened
    docker = None  # type: ignore[assignment]

SLOTS = ("blue", "green")
# What makes a container one of its environment, without what makes it serve.
_SHARED = (
    "CapDrop",
    "ExtraHosts",
    "LogConfig",
    "Memory",
    "MemorySwap",
    "NanoCpus",
    "NetworkMode",
    "PidsLimit",
    "ReadonlyRootfs",
    "SecurityOpt",
    "Tmpfs",
)
# Should whoever started it be killed, it ends by itself.
_SIBLING_SECONDS = 900
_MORE_KINDS = (inside_logins, inside_host, inside_load)
_RUNNER = """\
import json
spaces = []
for source in json.loads({sources}):
    spaces.append({{"__name__": "attempts"}})
    exec(compile(source, "attempts", "exec"), spaces[-1])
    spaces[0]["_TRIES"].update(spaces[-1].get("TRIES", {{}}))
spaces[0]["main"]({payload})
"""


class Engine:
    """The Docker engine of an app machine."""

    def __init__(self, timeout: int) -> None:
        if docker is None:
            raise ProbeError("the Python library docker is missing on this machine: install python3-docker")
        try:
            self._client = docker.from_env(timeout=timeout)
            self._client.ping()
        except docker.errors.DockerException as error:
            raise ProbeError(f"the container engine of this machine does not answer: {error}") from error

    def place(self, environment: str) -> Place | None:
        """Return where the environment's running container is, or None where none runs."""
        for slot in SLOTS:
            try:
                container = self._client.containers.get(f"{environment}-{slot}")
            except docker.errors.NotFound:
                continue
            if container.status == "running":
                place = _place(container.attrs, f"{environment}-{slot}")
                return replace(place, addresses=(*place.addresses, *self._before(place.container)))
        return None

    def _before(self, container: str) -> tuple[str, ...]:
        """Addresses of what answers in its place, where there is such a thing."""
        try:
            found = self._client.containers.get(f"{container}-front")
        except docker.errors.NotFound:
            return ()
        return _place(found.attrs, f"{container}-front").addresses

    def last_words(self, environment: str) -> str:
        """Return the end of the log of the environment's container, whether it runs or not."""
        for slot in SLOTS:
            try:
                return self._client.containers.get(f"{environment}-{slot}").logs(tail=100).decode(errors="replace")
            except docker.errors.APIError:
                continue
        return ""

    @contextlib.contextmanager
    def sibling(self, place: Place) -> Iterator[Place]:
        """A container like that one, which serves nobody and can't touch its filestore; it is gone at the end."""
        name = f"{place.container}-probe"
        found = self._client.containers.get(place.container).attrs
        held, config = found["HostConfig"], found["Config"]
        host = {key: held[key] for key in _SHARED if held.get(key) is not None}
        host["Binds"] = [bind for bind in held.get("Binds") or () if bind.endswith(":ro")]
        self._remove(name)
        api = self._client.api
        try:
            api.create_container_from_config(
                {
                    **{key: config[key] for key in ("Image", "User", "Env")},
                    "Entrypoint": ["sleep"],
                    "Cmd": [str(_SIBLING_SECONDS)],
                    "Labels": {"tierline.probe": place.container},
                    "HostConfig": host,
                },
                name,
            )
            api.start(name)
            yield replace(place, container=name)
        finally:
            self._remove(name)

    def _remove(self, name: str) -> None:
        with contextlib.suppress(docker.errors.NotFound):
            self._client.api.remove_container(name, force=True)

    def attempt(self, place: Place, attempts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Make the attempts inside the container. They go over standard input: passwords are in no argument or environment."""
        script = script_of(attempts)
        api = self._client.api
        execution = api.exec_create(place.container, ["python3", "-"], stdin=True, stdout=True, stderr=True)["Id"]
        connection: Any = api.exec_start(execution, socket=True)
        try:
            raw = getattr(connection, "_sock", connection)
            raw.sendall(script.encode())
            raw.shutdown(1)
            output = _read(connection)
        finally:
            connection.close()
        try:
            return json.loads(output[1])
        except ValueError as error:
            last = output[2].decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise ProbeError(f"container {place.container} could not make the attempts: {last[0]}") from error


def script_of(attempts: list[dict[str, Any]]) -> str:
    """What runs inside: the first source runs attempts, the others know more kinds of them."""
    sources = [part.__loader__.get_source(part.__name__) for part in (inside, *_MORE_KINDS)]  # type: ignore[union-attr]
    return _RUNNER.format(sources=repr(json.dumps(sources)), payload=repr(json.dumps(attempts)))


def addresses_of(name: str) -> list[str]:
    """Return the addresses at which a name, or an address, is reached from outside this machine."""
    try:
        found = {str(item[4][0]) for item in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise ProbeError(f"addresses: {name} can't be resolved on this machine: {error}; give an address instead") from error
    return sorted(address for address in found if not ipaddress.ip_address(address).is_loopback)


def _read(connection: Any) -> dict[int, bytes]:
    output = {1: b"", 2: b""}
    for stream, data in frames_iter(connection, tty=False):
        output[stream] += data
    return output


def _place(attributes: dict[str, Any], name: str) -> Place:
    networks: Iterable[dict[str, Any]] = attributes["NetworkSettings"]["Networks"].values()
    return Place(
        container=name,
        addresses=tuple(sorted(network["IPAddress"] for network in networks if network["IPAddress"])),
        gateways=tuple(sorted(network["Gateway"] for network in networks if network["Gateway"])),
        writable=tuple(sorted(mount["Source"] for mount in attributes["Mounts"] if mount["RW"] and mount.get("Source"))),
        held=attributes["HostConfig"],
    )
