# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Where an environment comes in for its sessions: one Redis, or several members with a Sentinel each. Pure.

Each of them keeps users of its own, so each is tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SENTINEL_PORT = 26379


@dataclass(frozen=True)
class Door:
    title: str
    host: str
    port: int


def servers(redis: Mapping[str, Any]) -> list[Door]:
    """None where sessions aren't in Redis."""
    if not redis:
        return []
    port = int(redis["port"])
    if redis.get("sentinels"):
        return [Door(f"redis at {host}:{port}", host, port) for host in redis["sentinels"]]
    return [Door("redis", redis["host"], port)]


def sentinels(redis: Mapping[str, Any]) -> list[Door]:
    port = int(redis.get("sentinel_port") or _SENTINEL_PORT)
    return [Door(f"sentinel at {host}:{port}", host, port) for host in redis.get("sentinels") or ()]
