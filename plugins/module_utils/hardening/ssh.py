# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drop-in of the SSH server, and whether the server goes by it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import HardeningError
from .plan import same

MAIN = "/etc/ssh/sshd_config"
DROP_INS = "/etc/ssh/sshd_config.d"
# The first value that sshd reads counts, so ours comes before all others.
DROP_IN = f"{DROP_INS}/00-tierline.conf"
_KEY = re.compile(r"[A-Za-z]+")
_REFUSED = ("match", "include")


def wanted(controls: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The settings of all controls that aren't exempt."""
    settings: dict[str, str] = {}
    for control in controls:
        if control.get("exemption") is None:
            settings |= {key: str(value) for key, value in (control.get("sshd") or {}).items() if value not in (None, "")}
    return settings


def render(settings: Mapping[str, Any]) -> str:
    for key, value in settings.items():
        if not _KEY.fullmatch(key) or key.lower() in _REFUSED or "\n" in str(value):
            raise HardeningError(f"{key!r} can't stand in the drop-in: keywords with a value on one line are allowed")
    lines = [f"{key} {settings[key]}" for key in sorted(settings)]
    return "".join(f"{line}\n" for line in ["# Managed by tierline.erp.hardening: changes made here are lost.", *lines])


def candidate(main: str, folder: str) -> str:
    """The main configuration as it reads with drop-ins from another folder."""
    return re.sub(rf"(?im)^([ \t]*Include[ \t]+){re.escape(DROP_INS)}/", rf"\1{folder}/", main)


def refuse_ineffective(settings: Mapping[str, Any], effective: Mapping[str, str]) -> None:
    wrong = [
        f"{key} would be {effective.get(key.lower(), 'unknown')} instead of {value}"
        for key, value in settings.items()
        if not same(effective.get(key.lower(), ""), str(value))
    ]
    if wrong:
        raise HardeningError(
            f"sshd would not go by the new settings: {'; '.join(wrong)}. "
            f"Look for them in {MAIN} above its Include of {DROP_INS}/*.conf"
        )
