# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster as a table that a person reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import columns

_HEAD = ("member", "role", "state", "timeline", "lag", "synchronous", "waits for restart", "PgBouncer")


def as_lines(cluster: Mapping[str, Any], name: str) -> list[str]:
    """``cluster`` in the words of postgres_cluster_info."""
    poolers = cluster.get("pgbouncers", {})
    lines = columns.as_lines([_HEAD] + [_row(member, str(poolers.get(member["name"], "-"))) for member in cluster["members"]])
    verdict = "healthy" if cluster["healthy"] else "NOT HEALTHY: " + "; ".join(cluster["reasons"])
    mode = " (maintenance mode)" if cluster["paused"] else ""
    return [f"cluster {name}{mode}: {verdict}", *lines]


def _row(member: Mapping[str, Any], pooler: str) -> tuple[str, ...]:
    lag = "?" if member["lag"] is None else f"{member['lag']} B"
    waits = ", ".join(sorted(member["pending_reasons"])) or "yes" if member["pending_restart"] else "no"
    facts = (member["name"], member["role"], member["state"], member["timeline"] or "?")
    return (*map(str, facts), lag, "yes" if member["synchronous"] else "no", waits, pooler)
