# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SSH server of this machine: the only place that writes its configuration."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from .errors import HardeningError
from .ssh import DROP_IN, DROP_INS, MAIN, candidate
from .store import effective, run, write
from .undo import Undo

UNIT = "ssh.service"


class SshStore:
    def __init__(self) -> None:
        self.undo = Undo("ssh")

    def read(self) -> str | None:
        path = Path(DROP_IN)
        return path.read_text() if path.exists() else None

    def effective_with(self, text: str) -> dict[str, str]:
        """What sshd would go by with this drop-in; its own complaint where it refuses it. Nothing that runs is touched."""
        if not Path(MAIN).exists():
            raise HardeningError(f"{MAIN} is missing: install openssh-server, or switch hardening_ssh off")
        folder = tempfile.mkdtemp(prefix="tierline-sshd-", dir="/run")
        try:
            for path in Path(DROP_INS).glob("*.conf"):
                shutil.copy(path, folder)
            (Path(folder) / Path(DROP_IN).name).write_text(text)
            whole = Path(folder) / "candidate"
            whole.write_text(candidate(Path(MAIN).read_text(), folder))
            run("/usr/sbin/sshd", "-t", "-f", str(whole))
            return effective(str(whole))
        finally:
            shutil.rmtree(folder)

    def try_out(self, text: str, before: str | None, seconds: int) -> None:
        back = (
            ["/usr/bin/cp", str(self.undo.folder / "drop-in"), DROP_IN] if before is not None else ["/usr/bin/rm", "-f", DROP_IN]
        )
        reload = ["/usr/bin/systemctl", "try-reload-or-restart", UNIT]
        self.undo.arm(seconds, {"drop-in": before}, [back, reload])
        write(DROP_IN, text, 0o600)
        run("systemctl", "try-reload-or-restart", UNIT)
