# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Taking a member down without anybody's operation failing: a replica when the others are well, a primary after it handed over.

Sentinel's own failover doesn't wait for the replica that takes over: what is written meanwhile would be acknowledged and lost. So
writes are held back first (clients wait, nothing is refused), and another one takes the place when the replicas have everything.
The old primary is then made to follow from here: what Sentinels say to it is held back too, and they would leave it alone for
eight seconds anyhow, in which it refuses its clients for want of replicas.
"""

import time
from collections.abc import Callable
from typing import Any, Protocol

from .errors import RedisError, RedisUnreachableError

# For as long writes are held back should this process die: a client's patience is longer. Until then the hold is renewed: what
# the old primary acknowledges while another one takes its place would be lost.
HOLD_MS = 6000
# Sentinel gives a hand-over up after five seconds, and none has ever taken ten.
HAND_OVER_SECONDS = 20.0
CATCH_UP_SECONDS = 2.0
_STEP = 0.05


class Store(Protocol):
    def information(self) -> dict[str, Any]: ...
    def hold_writes(self, milliseconds: int) -> None: ...
    def release_writes(self) -> None: ...
    def watched(self, name: str) -> dict[str, str]: ...
    def replicas(self, name: str) -> list[dict[str, str]]: ...
    def fail_over(self, name: str) -> None: ...
    def follow(self, address: str, port: str) -> None: ...


class Patience:
    """Time that passes, or in tests doesn't."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep) -> None:
        self.clock, self.pause = clock, pause

    def until(self, done: Callable[[], bool], seconds: float) -> bool:
        end = self.clock() + seconds
        while True:
            try:
                if done():
                    return True
            except RedisUnreachableError:
                pass  # On its way down or up.
            if self.clock() >= end:
                return False
            self.pause(_STEP)


def is_primary(store: Store) -> bool:
    return store.information()["role"] == "master"


def wait_for_others(sentinel: Store, name: str, address: str, timeout: float, patience: Patience) -> None:
    """A neighbour that has just restarted needs a moment; one that is really gone is to be mended first."""
    if not patience.until(lambda: not _ailing(sentinel, name, address), timeout):
        missed = ", ".join(_ailing(sentinel, name, address)) or "members"
        raise RedisError(f"Sentinel misses {missed}: nothing is restarted before all others are well; see redis_members_info")


def _ailing(sentinel: Store, name: str, address: str) -> list[str]:
    """Others than the member itself, which may well be restarted because it ails."""
    primary = sentinel.watched(name)
    replicas = [one for one in sentinel.replicas(name) if "down" in one["flags"] or one.get("master-link-status") != "ok"]
    seen = [*([primary] if "down" in primary["flags"] else []), *replicas]
    return sorted(one["ip"] for one in seen if one["ip"] != address)


def wait_until_well(store: Store, timeout: float, patience: Patience) -> None:
    if not patience.until(lambda: _well(store.information()), timeout):
        raise RedisError(f"the member has restarted, and doesn't receive from its primary within {timeout:g} s: see its log")


def _well(information: dict[str, Any]) -> bool:
    if information.get("loading"):
        return False
    return information["role"] == "master" or information.get("master_link_status") == "up"


def hand_over(store: Store, sentinel: Store, name: str, address: str, timeout: float, patience: Patience) -> None:
    hold = _Hold(store, patience)
    hold.renew()
    try:
        if not patience.until(lambda: _all_arrived(store.information()), CATCH_UP_SECONDS):
            raise RedisError(
                f"no replica has caught up within {CATCH_UP_SECONDS:g} s, so the primary stays: look at redis_members_info"
            )
        sentinel.fail_over(name)
        if not patience.until(lambda: sentinel.watched(name)["ip"] != address or hold.renew(), HAND_OVER_SECONDS):
            raise RedisError(f"Sentinel made no other member the primary within {HAND_OVER_SECONDS:g} s: see its log")
        successor = sentinel.watched(name)
        store.follow(successor["ip"], successor["port"])
    finally:
        store.release_writes()
    wait_until_well(store, timeout, patience)


class _Hold:
    """Holds writes back until they are released, by the second rather than once and for long."""

    def __init__(self, store: Store, patience: Patience) -> None:
        self._store, self._patience, self._next = store, patience, 0.0

    def renew(self) -> bool:
        if self._patience.clock() >= self._next:
            self._store.hold_writes(HOLD_MS)
            self._next = self._patience.clock() + 1
        return False


def _all_arrived(information: dict[str, Any]) -> bool:
    replicas = [value for key, value in information.items() if key.startswith("slave") and isinstance(value, dict)]
    offset = int(information["master_repl_offset"])
    return bool(replicas) and all(one["state"] == "online" and int(one["offset"]) >= offset for one in replicas)
