# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# Who is to blame, from the user inwards.
LAYERS = ("dns", "pki", "edge", "websocket", "app", "cron", "database", "books", "redis", "network", "container", "storage")

PASSED, FAILED, BLOCKED, SKIPPED = "passed", "failed", "blocked", "skipped"


@dataclass(frozen=True)
class Check:
    """The outcome of one check. A check that was not run because another failed counts as failed."""

    name: str
    layer: str
    status: str
    detail: str
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.status in (PASSED, SKIPPED)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"ok": self.ok, "seconds": round(self.seconds, 2)}


@dataclass(frozen=True)
class Target:
    """Where an environment is met. The address may differ from the domain, as in a lab or before DNS is moved."""

    domain: str
    address: str
    port: int = 443
    http_port: int | None = 80
    ca_path: str | None = None
    timeout: float = 30.0


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")
