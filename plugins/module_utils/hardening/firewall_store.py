# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nftables and the unit that loads the rules at boot: the only place that calls nft."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from .errors import HardeningError
from .firewall import TABLE, peers_of
from .store import run, write
from .undo import Undo

PATH = "/etc/tierline/firewall.nft"
UNIT = "tierline-firewall.service"
UNIT_PATH = f"/etc/systemd/system/{UNIT}"
NFT = "/usr/sbin/nft"
# From before the network comes up, and independent of nftables.service, whose reload would flush Docker's rules.
UNIT_TEXT = f"""[Unit]
Description=Firewall of the declared flows
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
After=local-fs.target systemd-modules-load.service
ConditionPathExists={PATH}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={NFT} --file {PATH}
ExecReload={NFT} --file {PATH}
ExecStop=-{NFT} delete table inet {TABLE}

[Install]
WantedBy=sysinit.target
"""
NOTHING = f"table inet {TABLE}\ndelete table inet {TABLE}\n"


def resolve(name: str) -> list[str]:
    try:
        return sorted({str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})
    except OSError:
        return []


class FirewallStore:
    def __init__(self) -> None:
        self.undo = Undo("firewall")

    def read(self) -> str | None:
        path = Path(PATH)
        return path.read_text() if path.exists() else None

    def loaded(self) -> str | None:
        """The table as the kernel has it, None where it has none."""
        try:
            result = subprocess.run([NFT, "list", "table", "inet", TABLE], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return None
        return result.stdout if result.returncode == 0 else None

    def enabled(self) -> bool:
        path = Path(UNIT_PATH)
        written = path.exists() and path.read_text() == UNIT_TEXT
        return written and run("systemctl", "is-enabled", UNIT, check=False).strip() == "enabled"

    def check(self, text: str) -> None:
        try:
            result = subprocess.run([NFT, "--check", "--file", "-"], input=text, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise HardeningError("nft is missing on this machine: install nftables") from error
        if result.returncode != 0:
            raise HardeningError(f"nft refuses the ruleset: {result.stderr.strip()}")

    def has_nft(self) -> bool:
        return Path(NFT).exists()

    def peers(self, port: int) -> list[str]:
        tables = (path.read_text() for path in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if path.exists())
        return [peer for table in tables for peer in peers_of(port, table)]

    def try_out(self, text: str, seconds: int) -> None:
        """Into the kernel only: a reboot goes back, too."""
        before = self.read() if self.loaded() is not None else None
        kept = self.undo.folder / "before.nft"
        self.undo.arm(seconds, {"before.nft": before or NOTHING}, [[NFT, "--file", str(kept)]])
        write(str(self.undo.folder / "new.nft"), text, 0o600)
        run(NFT, "--file", str(self.undo.folder / "new.nft"))

    def keep(self, text: str) -> None:
        write(PATH, text, 0o600)
        write(UNIT_PATH, UNIT_TEXT)
        run("systemctl", "daemon-reload")
        run("systemctl", "enable", UNIT)
        run("systemctl", "start", UNIT)
        self.undo.confirm()
