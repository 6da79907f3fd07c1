# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What an environment takes more than its share of, how far it may get, and what neighbours may notice. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe.models import FAILED, PASSED, SKIPPED, Check

_MIB = 1024 * 1024
# Beyond a limit, so that one that isn't there is seen, and by no more than a small machine can bear.
_MORE_MIB, _MORE_PROCESSES = 128, 64
_TMP_MIB = 256
# Of any container without a limit: what is asked for then.
_UNLIMITED_MIB, _UNLIMITED_PROCESSES = 2048, 1024

# What nothing limits in this release. A report that left them out would say that all is well.
UNLIMITED = {
    "space of the filestore": "no quota: filestores share the file system of their machine",
    "inodes of the filestore": "no quota: filestores share the file system of their machine",
    "memory of Redis": "no quota: keys of all environments of a cell share one maxmemory, and the key that idled longest goes",
}


def attacks(held: Mapping[str, Any], database: Mapping[str, Any], seconds: int, connections: int) -> list[dict[str, Any]]:
    memory = int(held.get("Memory") or 0) // _MIB or _UNLIMITED_MIB
    processors = int(held.get("NanoCpus") or 0) / 1e9
    processes = int(held.get("PidsLimit") or 0) or _UNLIMITED_PROCESSES
    host = str(database["host"]).split(",", maxsplit=1)[0].strip()
    place = {"host": host, "port": database["port"], "database": database["name"], "hold": seconds}
    return [
        {"id": "processors", "kind": "processors", "processes": 8, "seconds": seconds, "limit": processors},
        {"id": "memory", "kind": "memory", "mebibytes": memory + _MORE_MIB},
        {"id": "processes", "kind": "processes", "processes": processes + _MORE_PROCESSES},
        {"id": "space of /tmp", "kind": "space", "path": "/tmp", "mebibytes": _TMP_MIB + 32},
        {"id": f"connections to the pooler at {host}", "kind": "connections", "connections": connections, **place},
    ]


def judge(attacker: str, attack: Mapping[str, Any], outcome: Mapping[str, Any]) -> Check:
    return Check(
        name=f"{attacker} takes {attack['id']}",
        layer="container",
        status=PASSED if outcome["outcome"] == "refused" else FAILED,
        detail=f"{outcome['outcome']}: {outcome['detail']}",
    )


@dataclass(frozen=True)
class Bound:
    """What an answer may take at the median."""

    factor: float
    slack: float


def neighbour(name: str, before: Sequence[float | None], during: Sequence[float | None], limit: Bound) -> Check:
    """None among the times is a request that failed."""
    known = [seconds for seconds in before if seconds is not None]
    seen = [seconds for seconds in during if seconds is not None]
    if not known:
        return Check(name, "app", FAILED, "it didn't answer before the attack either")
    bound = median(known) * limit.factor + limit.slack
    failed = len(during) - len(seen)
    worst = f"{median(seen):.2f} s, slowest {max(seen):.2f} s" if seen else "no answer"
    detail = f"median {median(known):.2f} s before; {worst} during, {failed} of {len(during)} failed; bound {bound:.2f} s"
    good = bool(seen) and not failed and median(seen) <= bound
    return Check(name, "app", PASSED if good else FAILED, detail)


def unlimited(attacker: str) -> Iterable[Check]:
    return [Check(f"{attacker} takes {what}", "container", SKIPPED, why) for what, why in UNLIMITED.items()]
