# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How controls stand on a host: the findings of all that they ask for, added up. Pure: looks through ``Host``.

Invariant: a finding that isn't passed says why, and one that is failed either has steps or can't be mended from here and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from . import judge_files, judge_system
from .models import Control, Finding, Host, Step


@dataclass(frozen=True)
class Verdict:
    """A control and how it stands: its findings added up."""

    control: Control
    state: str
    details: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


def judge(controls: Iterable[Control], host: Host) -> list[Verdict]:
    return [_verdict(control, host) for control in controls]


def _verdict(control: Control, host: Host) -> Verdict:
    installed = host.packages()
    needed = [name for name in control.unless_package if name in installed]
    if needed:
        return Verdict(control, "not_applicable", (f"{', '.join(needed)} needs it otherwise",))
    if control.if_package and not any(name in installed for name in control.if_package):
        return Verdict(control, "not_applicable", (f"{' or '.join(control.if_package)} is not installed",))
    findings = [finding for kind, wanted in control.items.items() for finding in _JUDGES[kind](wanted, host)]
    states = {finding.state for finding in findings}
    state = next((name for name in ("failed", "passed") if name in states), "not_applicable")
    details = tuple(finding.detail for finding in findings if finding.detail)
    return Verdict(control, state, details, tuple(step for finding in findings for step in finding.steps))


_JUDGES: dict[str, Callable[[Any, Host], Iterable[Finding]]] = {
    "packages": judge_system.packages,
    "files": judge_files.files,
    "settings": judge_files.settings,
    "permissions": judge_files.permissions,
    "sysctl": judge_system.sysctl,
    "modules": judge_system.modules,
    "mounts": judge_files.mounts,
    "pam": judge_files.pam,
    "services": judge_system.services,
    "accounts": judge_system.accounts,
    "commands": judge_system.commands,
    "sshd": judge_system.sshd,
}
