# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What a host has to do with PostgreSQL and with a cluster: the only file of the preflight that touches disk and network.

Nothing here needs PostgreSQL, Patroni or etcd to be installed: it is asked before anything is changed.
"""

import hashlib
import os
import socket
import struct
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..etcd.client import EtcdClient
from ..etcd.data import read as read_etcd
from ..etcd.errors import EtcdError
from ..etcd.models import quorum
from ..etcd.report import as_rows
from ..pki.store import MachineStore

_DEPTH = 3
PATRONI_BINARY = "/usr/bin/patroni"
PATRONI_CONFIG = "/etc/patroni/conf.d/10-cluster.yml"
FOREIGN_PATRONI_CONFIG = "/etc/patroni/config.yml"


def data_directories(root: str, asked: str) -> list[dict[str, Any]]:
    """Every directory with PostgreSQL's data below the root, and the one asked for wherever it is."""
    below = {str(path.parent) for depth in range(_DEPTH + 1) for path in Path(root).glob("*/" * depth + "PG_VERSION")}
    paths = below | ({asked} if Path(asked, "PG_VERSION").exists() else set())
    return [
        {
            "path": path,
            "version": Path(path, "PG_VERSION").read_text(encoding="ascii", errors="replace").strip(),
            "system_identifier": system_identifier(path),
            "managed": Path(path, "patroni.dynamic.json").exists(),
            "own": path == asked,
            "bytes": _size(path) if path == asked else 0,
        }
        for path in sorted(path for path in paths if path == asked or not _within(path, asked))
    ]


def system_identifier(data_dir: str) -> str:
    """The first eight bytes of pg_control, in the machine's own byte order. Empty where there are none."""
    try:
        with Path(data_dir, "global", "pg_control").open("rb") as control:
            return str(struct.unpack("=Q", control.read(8))[0])
    except (OSError, struct.error):
        return ""


def _within(path: str, other: str) -> bool:
    return Path(other) in Path(path).parents


def _size(path: str) -> int:
    total = 0
    for folder, _folders, files in os.walk(path):
        for name in files:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except OSError:  # files come and go below a running server
                continue
    return total


def free_bytes(path: str) -> int:
    """What is free where the path is or will be."""
    place = next(place for place in (Path(path), *Path(path).parents) if place.exists())
    status = os.statvfs(place)
    return status.f_bavail * status.f_frsize


def debian_clusters(root: str = "/etc/postgresql") -> list[str]:
    return sorted(str(path) for path in Path(root).glob("*/*/postgresql.conf"))


def certificates(directory: str, names: Iterable[str], now: datetime | None = None) -> dict[str, dict[str, Any]]:
    store = MachineStore(directory, "")
    authority = store.authority()
    return {name: _certificate(store, name, authority, now or datetime.now(UTC)) for name in names}


def _certificate(store: MachineStore, name: str, authority: str, now: datetime) -> dict[str, Any]:
    found = store.found(name, authority)
    if found.certificate is None:
        return {"present": False}
    return {
        "present": True,
        "days_left": (found.certificate.not_after - now).days,
        "trusted": found.certificate.trusted,
        "key_matches": found.certificate.key == found.key,
        "valid_for": [*found.certificate.dns_names, *found.certificate.ip_addresses],
    }


def checksums(directory: str, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each file; empty where there is none."""
    found = {}
    for name in names:
        try:
            found[name] = hashlib.sha256(Path(directory, name).read_bytes()).hexdigest()
        except OSError:
            found[name] = ""
    return found


def open_ports(address: str, ports: Sequence[int], timeout: float) -> list[int]:
    return [port for port in ports if probe(address, port, timeout) == "open"]


def unreachable(addresses: Iterable[str], ports: Sequence[int], timeout: float) -> dict[str, str]:
    """The addresses that can't be reached, and why. One that refuses a connection was reached."""
    pairs = [(address, port) for address in addresses for port in ports]
    with ThreadPoolExecutor(max_workers=16) as pool:
        outcomes = pool.map(lambda pair: probe(pair[0], pair[1], timeout), pairs)
    problems: dict[str, str] = {}
    for (address, port), outcome in zip(pairs, outcomes, strict=True):
        if outcome not in ("open", "refused"):
            problems.setdefault(address, f"port {port}: {outcome}")
    return problems


def probe(address: str, port: int, timeout: float) -> str:
    try:
        with socket.create_connection((address, port), timeout=timeout):
            return "open"
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return f"no answer within {timeout:g} s"
    except OSError as error:
        return error.strerror or str(error)


def etcd_data(path: str) -> dict[str, str] | None:
    found = read_etcd(path)
    if found is None:
        return None
    return {"path": found.path, "member_id": f"{found.member_id:x}", "cluster_id": f"{found.cluster_id:x}"}


def etcd_cluster(endpoints: Sequence[str], ca_cert: str, client_cert: str, client_key: str, prefix: str) -> dict[str, Any] | None:
    """What the running etcd says of itself and of the cluster that it keeps; None where nobody answers."""
    try:
        client = EtcdClient(endpoints, ca_cert, client_cert, client_key)
        cluster = client.cluster()
        has_quorum = cluster.healthy_voters() >= quorum(len(cluster.voters))
        kept = client.keys(prefix) if has_quorum else {}
    except EtcdError:
        return None
    return {
        "cluster_id": f"{cluster.id:x}",
        "quorum": has_quorum,
        "members": as_rows(cluster),
        "system_identifier": kept.get("initialize", ""),
        # Patroni keeps a member's key under a lease: it is there while the member runs.
        "patroni": {
            "leader": kept.get("leader", ""),
            "members": sorted(key.removeprefix("members/") for key in kept if key.startswith("members/")),
        },
    }
