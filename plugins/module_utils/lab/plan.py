# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What has to happen to the lab's network and hosts. Pure: no socket, no file, no process.

A host keeps its address and its published ports for life, also when it is re-created,
so nothing that was told of them goes stale.
"""

import ipaddress
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .errors import LabError

# RFC 2544 sets 198.18.0.0/15 aside for testing inter-network devices: it is nobody's private network and not on the Internet.
# The upper half is for labs; the lower half is left to the engines inside the hosts.
POOL = ipaddress.IPv4Network("198.19.0.0/16")
FIRST_ADDRESS = 10


@dataclass(frozen=True)
class Host:
    """One lab host. `ports` maps a container port to the loopback port that reaches it (0: any free one)."""

    name: str
    image: str
    ports: dict[int, int] = field(default_factory=dict)
    address: str = ""
    running: bool = True
    # Volumes that all labs share, by name, and where they are mounted.
    shared: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """`action` is one of create, recreate, start, remove; `host` is the desired host (or the one to remove)."""

    action: str
    host: Host

    @property
    def text(self) -> str:
        return f"{self.action} {self.host.name}"


def choose_subnet(lab: str, taken: Iterable[str]) -> str:
    """The first free /24 of the pool, searched from a place that depends on the lab's name so that labs rarely meet."""
    networks = (ipaddress.ip_network(network) for network in taken)
    used = [network for network in networks if isinstance(network, ipaddress.IPv4Network)]
    candidates = list(POOL.subnets(new_prefix=24))
    start = zlib.crc32(lab.encode()) % len(candidates)
    for candidate in candidates[start:] + candidates[:start]:
        if not any(candidate.overlaps(other) for other in used):
            return str(candidate)
    raise LabError(f"no free /24 is left in {POOL}: remove labs that are no longer needed (make clean LAB=<name>)")


def controller(subnet: str) -> str:
    """Where this machine is on the lab's network: the engine takes the first address for it."""
    return str(ipaddress.ip_network(subnet)[1])


def _assign_addresses(hosts: list[Host], current: dict[str, Host], subnet: str) -> list[Host]:
    network = ipaddress.ip_network(subnet)
    kept = {name: host.address for name, host in current.items() if host.address}
    free = (
        str(network[index])
        for index in range(FIRST_ADDRESS, network.num_addresses - 1)
        if str(network[index]) not in kept.values()
    )
    return [replace(host, address=kept.get(host.name) or next(free)) for host in hosts]


def _assign_ports(hosts: list[Host], current: dict[str, Host], bound: set[int]) -> list[Host]:
    """Port numbers count upwards from what was asked for until one is free; an existing host keeps the ones it has."""
    mine = {port for host in current.values() for port in host.ports.values()}
    used = bound | mine
    result = []
    for host in hosts:
        ports = {}
        for inside, wanted in sorted(host.ports.items()):
            known = current[host.name].ports.get(inside) if host.name in current else None
            outside = known or next(port for port in range(wanted, 65536) if port not in used)
            used.add(outside)
            ports[inside] = outside
        result.append(replace(host, ports=ports))
    return result


def complete(desired: list[Host], current: dict[str, Host], subnet: str, bound: set[int]) -> list[Host]:
    """The desired hosts with an address and ports each."""
    names = [host.name for host in desired]
    for name in sorted(set(names)):
        if names.count(name) > 1:
            raise LabError(f"host {name} is listed {names.count(name)} times: a lab host is listed once")
    ordered = sorted(desired, key=lambda host: host.name)
    return _assign_ports(_assign_addresses(ordered, current, subnet), current, bound)


def plan(desired: list[Host], current: dict[str, Host]) -> list[Change]:
    """Changes that bring the lab's hosts to `desired`; hosts that are not desired any more go."""
    changes = [Change("remove", host) for name, host in sorted(current.items()) if name not in {host.name for host in desired}]
    for host in desired:
        seen = current.get(host.name)
        if seen is None:
            changes.append(Change("create", host))
        elif replace(seen, running=True) != host:
            changes.append(Change("recreate", host))
        elif not seen.running:
            changes.append(Change("start", host))
    return changes
