# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MINIMUM_MEMORY_MB = 512

# Blue is in use first.
SLOTS = ("blue", "green")

# systemd leaves these numbers to nobody, neither to people nor to other container managers (see UIDS-GIDS in its documentation).
_FIRST_UID = 1_900_000_000
_UIDS = 100_000_000


@dataclass(frozen=True)
class Database:
    name: str
    user: str
    host: str
    port: int

    @property
    def hosts(self) -> tuple[str, ...]:
        """libpq takes several hosts, separated by commas."""
        return tuple(name.strip() for name in self.host.split(",") if name.strip())


@dataclass(frozen=True)
class Redis:
    """Where the environment keeps its sessions."""

    host: str
    port: int
    user: str
    key_prefix: str
    # Instead of a host: who knows which of several is the primary of that name. Members are where Sentinels are.
    sentinels: tuple[str, ...] = ()
    sentinel_port: int = 26379
    primary: str = ""

    @property
    def hosts(self) -> tuple[str, ...]:
        return self.sentinels or (self.host,)

    @property
    def places(self) -> list[tuple[str, int]]:
        """Everything that an environment connects to."""
        return [(host, port) for host in self.hosts for port in (self.port, *([self.sentinel_port] if self.sentinels else []))]


@dataclass(frozen=True)
class Ports:
    """Where the environment is published: one pair for each slot. A slot without ports can't be released into."""

    http: int
    websocket: int
    green_http: int = 0
    green_websocket: int = 0

    def of(self, slot: str) -> tuple[int, int]:
        return (self.http, self.websocket) if slot == SLOTS[0] else (self.green_http, self.green_websocket)

    def named(self) -> dict[str, int]:
        """Those that were given, by the names that a user writes."""
        pairs = {"http": self.http, "websocket": self.websocket}
        greens = {"green_http": self.green_http, "green_websocket": self.green_websocket}
        return {**pairs, **(greens if any(greens.values()) else {})}


@dataclass(frozen=True)
class Environment:
    """One Odoo instance as it is wanted on this machine."""

    name: str
    present: bool = True
    tenant: str = ""
    image: str = ""
    domains: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    database: Database = Database("", "", "", 0)
    redis: Redis | None = None
    ports: Ports = Ports(0, 0)
    workers: int = 2
    cron_threads: int = 1
    memory_mb: int = 1024
    cpus: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    uid: int = 0
    remove_filestore: bool = False
    # Archives of custom modules, by their SHA-256.
    addons: tuple[str, ...] = ()
    # Whether its containers reach more than their database and their sessions.
    egress: bool = True
    # An image with nginx, which then stands before Odoo and serves files.
    front_image: str = ""

    @property
    def base_url(self) -> str:
        return f"https://{self.domains[0]}"


@dataclass(frozen=True)
class Settings:
    """What is the same for all environments of a machine."""

    config_dir: str = "/etc/tierline/odoo"
    data_dir: str = "/var/lib/tierline/odoo"
    runtime_dir: str = "/run/tierline/odoo"
    record_dir: str = "/var/lib/tierline/releases"
    clone_dir: str = "/var/lib/tierline/clones"
    addons_dir: str = "/usr/local/share/tierline/odoo"
    custom_dir: str = "/usr/local/share/tierline/addons"
    ca_file: str = "/etc/tierline/pki/ca.crt"
    listen_addresses: tuple[str, ...] = ("0.0.0.0",)
    pids_limit: int = 512
    stop_timeout: int = 60
    # The files of our Odoo module by name.
    server_module: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def server_module_version(self) -> str:
        """A directory for each version: what runs goes on reading the one that it was started with."""
        text = "\0".join(f"{name}\0{self.server_module[name]}" for name in sorted(self.server_module))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def derived_uid(name: str) -> int:
    """A number for the environment that is the same on every machine that runs it."""
    return _FIRST_UID + int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % _UIDS
