# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a control asks of a host, what was seen there, and what has to be done. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import HardeningError

KINDS = (
    "packages",
    "files",
    "settings",
    "permissions",
    "sysctl",
    "modules",
    "mounts",
    "pam",
    "services",
    "accounts",
    "commands",
    "sshd",
)


@dataclass(frozen=True)
class File:
    """A file or directory as it is. ``content`` is None for a directory and for what isn't text."""

    content: str | None
    owner: str
    group: str
    mode: int
    directory: bool = False


@dataclass(frozen=True)
class Unit:
    """A unit of systemd: whether it is known, how it is enabled, whether it runs."""

    load: str = "not-found"
    enabled: str = ""
    active: str = "inactive"
    # It was started and its conditions didn't hold, as those of a clock in a container.
    skipped: bool = False


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    shell: str
    # The fields of shadow(5), empty where there is no password or nothing was set.
    hashed: bool = False
    min_days: str = ""
    max_days: str = ""
    warn_days: str = ""
    inactive: str = ""


@dataclass(frozen=True)
class Mount:
    source: str
    kind: str
    options: tuple[str, ...]


class Host(Protocol):
    """How a planner looks at a host: the store does it for real, tests by a fake."""

    def file(self, path: str) -> File | None: ...

    def glob(self, pattern: str) -> list[str]: ...

    def sysctl(self, key: str) -> tuple[str, bool] | None:
        """Value in the running kernel and whether it may be set; None where the kernel has no such key."""

    def packages(self) -> Mapping[str, str]:
        """Installed packages and their versions."""

    def unit(self, name: str) -> Unit: ...

    def mounts(self) -> Mapping[str, Mount]: ...

    def accounts(self) -> list[Account]: ...

    def groups(self) -> list[str]: ...

    def sshd(self) -> Mapping[str, str] | None:
        """What the SSH server goes by, keys in lower case; None where there is no server."""


@dataclass(frozen=True)
class Step:
    """One change. ``payload`` is what the store needs; ``then`` are the units that must notice, each with what to do."""

    kind: str
    target: str
    before: Any
    after: Any
    payload: Any = None
    then: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Finding:
    """One thing that a control asks for, and how it stands."""

    state: str  # passed, failed, not_applicable
    detail: str = ""
    steps: tuple[Step, ...] = ()


PASSED = Finding("passed")


def failed(step: Step, detail: str) -> Finding:
    return Finding("failed", detail, (step,))


@dataclass(frozen=True)
class Control:
    id: str
    title: str
    items: Mapping[str, Any]
    exemption: Mapping[str, Any] | None = None
    unless_package: tuple[str, ...] = ()
    if_package: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)


def parse(written: Mapping[str, Any]) -> Control:
    known = {"id", "title", "level", "cis", "anssi", "lynis", "exemption", "unless_package", "if_package", *KINDS}
    unknown = sorted(set(written) - known)
    if unknown:
        raise HardeningError(
            f"control {written.get('id')} has unknown keys {', '.join(unknown)}: allowed are {', '.join(sorted(known))}"
        )
    for key in ("id", "title"):
        if not written.get(key):
            raise HardeningError(f"control {written.get('id') or dict(written)} has no {key}")
    items = {kind: written[kind] for kind in KINDS if written.get(kind)}
    if not items:
        raise HardeningError(f"control {written['id']} asks for nothing: give it one of {', '.join(KINDS)}")
    references = {name: str(written[name]) for name in ("cis", "anssi", "lynis") if written.get(name)}
    return Control(
        str(written["id"]),
        str(written["title"]),
        items,
        written.get("exemption"),
        _listed(written.get("unless_package")),
        _listed(written.get("if_package")),
        references,
    )


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
