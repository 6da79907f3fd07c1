# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of the SSH server, and whether the server goes by it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import HardeningError
from .judge_system import same

MAIN = "/etc/ssh/sshd_config"
BEGIN = "# Begin of what tierline.erp.hardening manages: changes made here are lost."
END = "# End of what tierline.erp.hardening manages."
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_REFUSED = ("match", "include")


def wanted(controls: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The settings of all controls that aren't exempt."""
    settings: dict[str, str] = {}
    for control in controls:
        if control.get("exemption") is None:
            settings |= {key: str(value) for key, value in (control.get("sshd") or {}).items() if value not in (None, "")}
    return settings


def render(main: str, settings: Mapping[str, Any]) -> str:
    """The main configuration with our block on top, since the first value that sshd reads counts, also before drop-ins.

    What the block replaces is commented out where it stood outside of Match, so that nobody takes it for being in force.
    """
    for key, value in settings.items():
        if not _KEY.fullmatch(key) or key.lower() in _REFUSED or "\n" in str(value):
            raise HardeningError(
                f"{key!r} can't stand in sshd's configuration here: keywords with a value on one line are allowed"
            )
    block = [BEGIN, *(f"{key} {settings[key]}" for key in sorted(settings)), END]
    ours = {key.lower() for key in settings}
    return "".join(f"{line}\n" for line in [*block, *_rest(main, ours)])


def _rest(main: str, ours: set[str]) -> Iterable[str]:
    inside = matching = False
    for line in main.splitlines():
        inside = inside or line == BEGIN
        word = line.split(maxsplit=1)[0].lower() if line.strip() else ""
        matching = matching or word == "match"
        if not inside:
            yield f"# {line}" if word in ours and not matching else line
        inside = inside and line != END


def refuse_ineffective(settings: Mapping[str, Any], effective: Mapping[str, str]) -> None:
    wrong = [
        f"{key} would be {effective.get(key.lower(), 'unknown')} instead of {value}"
        for key, value in settings.items()
        if not same(effective.get(key.lower(), ""), str(value))
    ]
    if wrong:
        raise HardeningError(
            f"sshd would not go by the new settings: {'; '.join(wrong)}. Look for a Match that sets them in {MAIN}"
        )
