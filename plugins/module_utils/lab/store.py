# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The lab's only contact with the container engine (Docker SDK). Everything made here carries the label `tierline.lab=<name>`."""

import contextlib
import json
import socket
import time

from .errors import LabError
from .plan import Change, Host, controller

try:
    import docker
    from docker.errors import DockerException, NotFound
    from docker.types import EndpointConfig, IPAMConfig, IPAMPool

    HAS_DOCKER = True
except ImportError:
    HAS_DOCKER = False

    class NotFound(Exception):  # type: ignore[no-redef]
        """Stands in where the SDK is missing: connect() then refuses before anything could raise it."""


LABEL = "tierline.lab"
# On what outlives a lab, as images do.
SHARED_LABEL = "tierline.lab.shared"
# What systemd and an engine need inside a container. Never --privileged: it asks for more than some machines have.
CAPABILITIES = ["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"]
SECURITY = ["seccomp=unconfined", "apparmor=unconfined"]


def connect():
    """A Docker client for the local engine."""
    if not HAS_DOCKER:
        raise LabError("the Python package docker is missing on the controller: run make setup")
    try:
        client = docker.from_env(timeout=120)
        client.ping()
    except DockerException as error:
        raise LabError(
            f"the container engine does not answer ({error}): run make demo, which starts it, or look at docker.service"
        ) from error
    return client


def port_is_free(port: int) -> bool:
    """Whether a loopback TCP port can be bound right now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Store:
    """Reads and changes the containers, volumes and the network of one lab."""

    def __init__(self, client, lab: str):
        self.client = client
        self.lab = lab
        self.network_name = f"tierline-{lab}"

    def _labels(self, **more) -> dict:
        return {LABEL: self.lab, **more}

    def _mine(self) -> dict:
        return {"label": f"{LABEL}={self.lab}"}

    # reading
    def read_subnet(self) -> str | None:
        try:
            network = self.client.networks.get(self.network_name)
        except NotFound:
            return None
        return network.attrs["IPAM"]["Config"][0]["Subnet"]

    def read_taken(self) -> list[str]:
        configs = [network.attrs["IPAM"]["Config"] or [] for network in self.client.networks.list()]
        return [config["Subnet"] for entries in configs for config in entries if "Subnet" in config]

    def read_hosts(self) -> dict[str, Host]:
        hosts = {}
        # What has the lab's label but isn't a host (the power controller) is removed with the lab, and no business of its hosts.
        host = {"label": [*self._mine().values(), "tierline.lab.host"]}
        for container in self.client.containers.list(all=True, filters=host, ignore_removed=True):
            spec = json.loads(container.labels.get("tierline.lab.spec", "{}"))
            name = container.labels["tierline.lab.host"]
            hosts[name] = Host(
                name=name,
                image=spec.get("image", ""),
                ports={int(inside): outside for inside, outside in spec.get("ports", {}).items()},
                address=spec.get("address", ""),
                running=container.status == "running",
                shared=spec.get("shared", {}),
            )
        return hosts

    def image_id(self, image: str) -> str:
        try:
            return self.client.images.get(image).id
        except NotFound as error:
            raise LabError(f"the image {image} is not in the engine: the lab role builds it first (make lab)") from error

    # changing
    def create_network(self, subnet: str) -> None:
        pool = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet, gateway=controller(subnet))])
        self.client.networks.create(self.network_name, driver="bridge", ipam=pool, labels=self._labels(), check_duplicate=True)

    def container_name(self, host: str) -> str:
        return f"{self.lab}-{host}"

    def apply(self, change: Change) -> None:
        name = self.container_name(change.host.name)
        if change.action in ("remove", "recreate"):
            self._remove(name, volume=change.action == "remove")
        if change.action in ("create", "recreate"):
            self._create(name, change.host)
        if change.action == "start":
            self.client.containers.get(name).start()

    def _create(self, name: str, host: Host) -> None:
        self.client.volumes.create(f"{name}-docker", labels=self._labels())  # idempotent; the label is what make clean goes by
        for volume in host.shared:
            self.client.volumes.create(volume, labels={SHARED_LABEL: volume})
        endpoint = EndpointConfig(self.client.api._version, ipv4_address=host.address, aliases=[host.name])
        spec = {"image": host.image, "ports": host.ports, "address": host.address, "shared": host.shared}
        mounts = {f"{name}-docker": "/var/lib/docker", **host.shared}
        container = self.client.containers.create(
            host.image,
            name=name,
            hostname=host.name,
            detach=True,
            network=self.network_name,
            networking_config={self.network_name: endpoint},
            cgroupns="private",
            cap_add=CAPABILITIES,
            security_opt=SECURITY,
            tmpfs={"/run": "", "/run/lock": "", "/tmp": ""},
            volumes={volume: {"bind": path, "mode": "rw"} for volume, path in mounts.items()},
            ports={f"{inside}/tcp": ("127.0.0.1", outside) for inside, outside in host.ports.items()},
            labels=self._labels(**{"tierline.lab.host": host.name, "tierline.lab.spec": json.dumps(spec, sort_keys=True)}),
            restart_policy={"Name": "unless-stopped"},
        )
        container.start()

    def _remove(self, name: str, volume: bool) -> None:
        with contextlib.suppress(NotFound):
            self.client.containers.get(name).remove(force=True, v=True)
        if volume:
            with contextlib.suppress(NotFound):
                self.client.volumes.get(f"{name}-docker").remove(force=True)

    def wait_ready(self, hosts: list[str], deadline: float) -> None:
        """Waits until systemd has finished booting in each host; names the first that did not."""
        for host in hosts:
            self._wait_one(self.client.containers.get(self.container_name(host)), host, deadline)

    def _wait_one(self, container, host: str, deadline: float) -> None:
        state = "unknown"
        while time.monotonic() < deadline:
            container.reload()
            if container.status != "running":
                raise LabError(
                    f"lab host {host} stopped while booting; its last words: {container.logs(tail=5).decode(errors='replace')!r}"
                )
            state = container.exec_run(["systemctl", "is-system-running"]).output.decode(errors="replace").strip()
            if state in ("running", "degraded"):
                return
            time.sleep(0.3)
        raise LabError(
            f"lab host {host} did not finish booting in time (systemd says {state}): look at docker logs {container.name}"
        )

    def list_all(self) -> list:
        """Every container, volume and network that carries this lab's label."""
        return [
            *self.client.containers.list(all=True, filters=self._mine(), ignore_removed=True),
            *self.client.volumes.list(filters=self._mine()),
            *self.client.networks.list(filters=self._mine()),
        ]

    def remove_all(self) -> None:
        """Removes what list_all() lists, and nothing else."""
        for container in self.client.containers.list(all=True, filters=self._mine(), ignore_removed=True):
            container.remove(force=True, v=True)
        for volume in self.client.volumes.list(filters=self._mine()):
            volume.remove(force=True)
        for network in self.client.networks.list(filters=self._mine()):
            network.remove()


def bound_ports(wanted: set[int]) -> set[int]:
    """Loopback ports at or shortly above the wanted ones that something already listens on."""
    return {port for base in wanted for port in range(base, min(base + 64, 65536)) if not port_is_free(port)}
