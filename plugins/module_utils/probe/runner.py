# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.faults import attribute
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import (
    BLOCKED,
    FAILED,
    PASSED,
    SKIPPED,
    Answer,
    Check,
    Target,
)


class ClientLike(Protocol):
    """What the checks need of a client; tests give a fake."""

    target: Target

    def certificate(self) -> dict[str, Any]: ...
    def plain(self, path: str) -> Answer: ...
    def get(self, path: str) -> Answer: ...
    def rpc(self, path: str, params: dict[str, Any]) -> Any: ...
    def websocket(self, path: str) -> tuple[Answer, str]: ...
    def sleep(self, seconds: float) -> None: ...
    def now(self) -> float: ...
    def clock(self) -> float: ...


@dataclass
class Context:
    """What the checks of one environment share."""

    client: ClientLike
    database: str
    login: str
    password: str
    cron_timeout: float = 120.0
    certificate_days: int = 7
    uid: int | None = None
    invoice: int | None = None
    invoice_name: str = ""

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a model over JSON-RPC."""
        return self.client.rpc(
            "/jsonrpc",
            {
                "service": "object",
                "method": "execute_kw",
                "args": [self.database, self.uid, self.password, model, method, list(args), kwargs],
            },
        )

    def log_in(self) -> int | None:
        """The user's number, which later calls need; nothing where Odoo refuses the credentials."""
        words = [self.database, self.login, self.password]
        self.uid = self.client.rpc("/jsonrpc", {"service": "common", "method": "login", "args": words}) or None
        return self.uid

    def installed(self, module: str) -> bool:
        """Whether Odoo has that module."""
        return bool(self.call("ir.module.module", "search_count", [["name", "=", module], ["state", "=", "installed"]]))

    def hide(self, text: str) -> str:
        return text.replace(self.password, "********") if self.password else text


@dataclass(frozen=True)
class Step:
    """A check: a function that returns what it saw, or raises the Fault that it found."""

    name: str
    layer: str
    run: Callable[[Context], str]
    needs: tuple[str, ...] = ()
    skip: str = ""


def run(context: Context, steps: Iterable[Step]) -> list[Check]:
    """Run all steps in order. One that fails stops only those that need it."""
    done: dict[str, Check] = {}
    for step in steps:
        done[step.name] = _run_one(context, step, done)
    return attribute(done.values())


def _run_one(context: Context, step: Step, done: dict[str, Check]) -> Check:
    if step.skip:
        return Check(step.name, step.layer, SKIPPED, step.skip)
    for need in step.needs:
        if need in done and not done[need].ok:
            return Check(step.name, done[need].layer, BLOCKED, f"not tried, because {need} failed")
    started = context.client.clock()
    try:
        status, layer, detail = PASSED, step.layer, step.run(context)
    except Fault as fault:
        status, layer, detail = FAILED, fault.layer, str(fault)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        # An answer of an unexpected shape is a finding about the environment, not a reason to stop looking.
        status, layer, detail = FAILED, step.layer, f"the answer has an unexpected shape: {type(error).__name__}: {error}"
    return Check(step.name, layer, status, context.hide(detail), context.client.clock() - started)
