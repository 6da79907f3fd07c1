# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The systemd unit of etcd on this host: the only file here that runs processes."""

import os
import subprocess
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from .errors import EtcdError

Runner = Callable[[list[str], float], str]


def run_command(command: list[str], timeout: float) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout).stdout
    except subprocess.CalledProcessError as error:
        raise EtcdError(f"{' '.join(command)} failed: {error.stderr.strip()}; see journalctl -u etcd") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EtcdError(f"{' '.join(command)} failed: {error}; see journalctl -u etcd") from error


class Service:
    def __init__(self, unit: str, run: Runner = run_command) -> None:
        self._unit = unit
        self._run = run

    def older_than(self, files: Iterable[str]) -> list[str]:
        """The files that were written after the unit's process began; none where it doesn't run."""
        started = self._started()
        return [] if started is None else [file for file in files if os.path.exists(file) and os.stat(file).st_mtime > started]

    def restart(self, timeout: float) -> None:
        """The unit is of type notify: this returns when etcd has spoken to its cluster."""
        self._run(["systemctl", "daemon-reload"], timeout)
        self._run(["systemctl", "restart", self._unit], timeout)

    def _started(self) -> float | None:
        shown = self._run(
            ["systemctl", "show", self._unit, "--timestamp=us+utc", "--property=ActiveState,ExecMainStartTimestamp"], 30
        )
        seen = dict(line.partition("=")[::2] for line in shown.splitlines())
        if seen.get("ActiveState") != "active" or not seen.get("ExecMainStartTimestamp"):
            return None
        return datetime.strptime(seen["ExecMainStartTimestamp"], "%a %Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=UTC).timestamp()
