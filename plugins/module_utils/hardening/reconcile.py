# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages first, then everything else as it stands with them; one report for both. Pure but for the store that is handed in.

A dry run looks at the host as if the packages were there, so that it predicts what the real run finds after installing them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from .models import Control, Host, Step, parse
from .plan import Verdict, judge

# Accounts come before permissions, since changing one makes new copies of its files; commands may need what the others bring.
ORDER = (
    "group",
    "shell",
    "ages",
    "files",
    "absent",
    "settings",
    "pam",
    "permissions",
    "sysctl",
    "fstab",
    "mounts",
    "services",
    "commands",
)


class Store(Host, Protocol):
    def apply(self, steps: list[Step]) -> None: ...

    def refresh(self) -> None:
        """Forget what was seen."""


class WithPackages:
    """A host as it will be once these packages came and went."""

    def __init__(self, host: Host, steps: Iterable[Step]) -> None:
        self._host = host
        steps = list(steps)
        gone = {step.target for step in steps if step.after == "absent"}
        kept = {name: version for name, version in host.packages().items() if name not in gone}
        self._packages = kept | {step.target: "soon" for step in steps if step.after == "present"}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def packages(self) -> Mapping[str, str]:
        return self._packages


def look(written: Iterable[Mapping[str, Any]], host: Host) -> list[Verdict]:
    return judge([parse(item) for item in written], host)


def run(written: Iterable[Mapping[str, Any]], store: Store, check_mode: bool) -> dict[str, Any]:
    controls = [parse(item) for item in written]
    enforced = [control for control in controls if control.exemption is None]
    packages = _unique(step for verdict in judge(enforced, store) for step in verdict.steps if step.kind == "packages")
    host: Any = WithPackages(store, packages)
    if packages and not check_mode:
        store.apply(packages)
        store.refresh()
        host = store
    before = judge(enforced, host)
    rest = _unique(step for verdict in before for step in verdict.steps if step.kind != "packages")
    rest.sort(key=lambda step: ORDER.index(step.kind))
    if rest and not check_mode:
        store.apply(rest)
        store.refresh()
    after = before if check_mode else judge(enforced, store) if rest else before
    steps = [*packages, *rest]
    return {
        "changed": bool(steps),
        "changes": [f"{step.kind} {step.target}" for step in steps],
        "controls": report(after, before, _exempt(controls, store), mended=True),
        "diff": as_diff(steps),
    }


def info(written: Iterable[Mapping[str, Any]], host: Host) -> dict[str, Any]:
    controls = [parse(item) for item in written]
    enforced = judge([control for control in controls if control.exemption is None], host)
    return {"changed": False, "controls": report(enforced, enforced, _exempt(controls, host), mended=False)}


def _exempt(controls: Iterable[Control], host: Host) -> list[Verdict]:
    return judge([control for control in controls if control.exemption is not None], host)


def _unique(steps: Iterable[Step]) -> list[Step]:
    """Two controls may ask for one thing."""
    seen: dict[tuple[str, str, str], Step] = {}
    for step in steps:
        seen.setdefault((step.kind, step.target, str(step.after)), step)
    return list(seen.values())


def report(after: list[Verdict], before: list[Verdict], exempt: list[Verdict], mended: bool) -> list[dict[str, Any]]:
    was = {verdict.control.id: verdict for verdict in before}
    lines = [_line(verdict, verdict.state, bool(mended and was[verdict.control.id].steps)) for verdict in after]
    lines += [_line(verdict, "exempt", False) for verdict in exempt]
    return sorted(lines, key=lambda line: str(line["id"]))


def _line(verdict: Verdict, state: str, changed: bool) -> dict[str, Any]:
    control = verdict.control
    line: dict[str, Any] = {"id": control.id, "title": control.title, "state": state, "changed": changed}
    line |= {"details": list(verdict.details), "references": dict(control.references)}
    if control.exemption is not None:
        line |= {"exemption": dict(control.exemption), "would_be": verdict.state}
    return line


def summary(lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    counts = dict.fromkeys(("passed", "failed", "exempt", "not_applicable"), 0)
    for line in lines:
        counts[line["state"]] += 1
    return counts


def as_diff(steps: Iterable[Step]) -> dict[str, Any]:
    steps = list(steps)
    return {
        "before": {f"{step.kind} {step.target}": step.before for step in steps},
        "after": {f"{step.kind} {step.target}": step.after for step in steps},
    }


def table(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """For people: the counts, what isn't met, and what is exempt, with the reason."""
    lines = list(lines)
    counts = summary(lines)
    words = [", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items())]
    words += [f"failed: {line['id']}: {'; '.join(line['details'])}" for line in lines if line["state"] == "failed"]
    exempt = (line for line in lines if line["state"] == "exempt")
    words += [
        f"exempt until {line['exemption']['expires']}: {line['id']} ({line['exemption']['reason']}); it is {line['would_be']}"
        for line in exempt
    ]
    return words
