# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SSH server of this machine: the only place that writes its configuration."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .errors import HardeningError
from .ssh import MAIN
from .store import effective, run, write
from .undo import Undo

UNIT = "ssh.service"


class SshStore:
    def __init__(self) -> None:
        self.undo = Undo("ssh")

    def read(self) -> str:
        path = Path(MAIN)
        if not path.exists():
            raise HardeningError(f"{MAIN} is missing: install openssh-server, or switch hardening_ssh off")
        return path.read_text()

    def effective_with(self, text: str) -> dict[str, str]:
        """What sshd would go by; its own complaint where it refuses it. Nothing that runs is touched."""
        with tempfile.NamedTemporaryFile("w", prefix="tierline-sshd-", dir="/run") as candidate:
            candidate.write(text)
            candidate.flush()
            run("/usr/sbin/sshd", "-t", "-f", candidate.name)
            return effective(candidate.name)

    def try_out(self, text: str, before: str, seconds: int) -> None:
        back = ["/usr/bin/cp", str(self.undo.folder / "before"), MAIN]
        reload = ["/usr/bin/systemctl", "try-reload-or-restart", UNIT]
        self.undo.arm(seconds, {"before": before}, [back, reload])
        write(MAIN, text, 0o600)
        run("systemctl", "try-reload-or-restart", UNIT)
