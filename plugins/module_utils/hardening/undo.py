# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change that takes itself back unless somebody confirms it: systemd does so, also after a reboot and without the controller.

Units, not a shell script: each command of the way back is an ExecStart of its own. Pure but for `Undo`, which keeps the files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from .store import run, write

FOLDER = Path("/var/lib/tierline/undo")
UNITS = Path("/etc/systemd/system")


def unit_name(name: str, kind: str) -> str:
    return f"tierline-undo-{name}.{kind}"


def units(name: str, seconds: int, commands: Sequence[Sequence[str]]) -> dict[str, str]:
    """The timer that waits and the service that goes back; a timer that was enabled also counts from boot."""
    timer, service = unit_name(name, "timer"), unit_name(name, "service")
    last = [
        ["/usr/bin/systemctl", "--no-block", "disable", "--now", timer],
        ["/usr/bin/rm", "-rf", str(FOLDER / name), str(UNITS / timer), str(UNITS / service)],
    ]
    steps = "\n".join(f"ExecStart={' '.join(command)}" for command in [*commands, *last])
    return {
        service: f"[Unit]\nDescription=Go back to the {name} of before\n\n[Service]\nType=oneshot\n{steps}\n",
        timer: (
            f"[Unit]\nDescription=Go back to the {name} of before unless the new one is confirmed\n\n"
            f"[Timer]\nOnActiveSec={seconds}s\nAccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n"
        ),
    }


class Undo:
    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = FOLDER / name

    @property
    def pending(self) -> bool:
        return self.folder.exists()

    def arm(self, seconds: int, keep: Mapping[str, str | None], commands: Sequence[Sequence[str]]) -> None:
        """``keep`` maps names below the folder to what must be there for the way back."""
        self.folder.mkdir(parents=True, mode=0o700)
        os.chmod(FOLDER, 0o700)
        for name, content in keep.items():
            if content is not None:
                write(str(self.folder / name), content, 0o600)
        for unit, text in units(self.name, seconds, commands).items():
            write(str(UNITS / unit), text)
        run("systemctl", "daemon-reload")
        run("systemctl", "enable", "--now", unit_name(self.name, "timer"))

    def confirm(self) -> None:
        run("systemctl", "disable", "--now", unit_name(self.name, "timer"))
        shutil.rmtree(self.folder, ignore_errors=True)
        self._forget()

    def restore(self) -> None:
        """The service also takes timer and units away, as it must where nobody is there to do it."""
        run("systemctl", "start", unit_name(self.name, "service"))
        run("systemctl", "stop", unit_name(self.name, "timer"), check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._forget()

    def _forget(self) -> None:
        for kind in ("timer", "service"):
            (UNITS / unit_name(self.name, kind)).unlink(missing_ok=True)
        run("systemctl", "daemon-reload")
