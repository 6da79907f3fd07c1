# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The containers of a slot, which begin and end together: Odoo, and what stands before it, where it has such a thing."""

from __future__ import annotations

from typing import Any

from . import config, front, spec


def _front(engine: Any, slot: str) -> str | None:
    name = spec.front_name(slot)
    return name if engine.inspect(name) is not None else None


def start(engine: Any, slot: str) -> None:
    """Those that don't run."""
    for name in (slot, _front(engine, slot)):
        if name and not ((engine.inspect(name) or {}).get("State") or {}).get("Running"):
            engine.start(name)


def wait(engine: Any, slot: str, timeout: int) -> None:
    engine.wait_healthy(slot, timeout)
    before = _front(engine, slot)
    if before:
        engine.wait_running(before)


def stop(engine: Any, slot: str) -> None:
    """Odoo first: it ends what it has begun, and its answers still have a way out."""
    engine.stop(slot)
    before = _front(engine, slot)
    if before:
        engine.stop(before)


def remove(engine: Any, slot: str) -> None:
    before = _front(engine, slot)
    engine.remove(slot)
    if before:
        engine.remove(before)


def open_requests(engine: Any, slot: str) -> int:
    """Who waits for an answer: of Odoo, or of what stands before it."""
    before = _front(engine, slot)
    waiting = engine.open_requests(before, front.PORT) if before else 0
    return waiting + int(engine.open_requests(slot, config.HTTP_PORT))
