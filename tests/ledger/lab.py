# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's hosts, through the container engine: commands in them, their death, their network."""

from __future__ import annotations

import json
from pathlib import Path

import docker
from docker.errors import APIError

PKI = "/etc/tierline/pki"
CHAIN = "LEDGER"


class LabError(Exception):
    """A command in a host failed, or a host is not what it should be."""


class Lab:
    """The running lab of that name: its hosts' addresses are where the role lab recorded them."""

    def __init__(self, name: str, cache: Path):
        self.name = name
        self.folder = cache / "lab" / name
        self.client = docker.from_env(timeout=120)
        facts = json.loads((self.folder / "lab.json").read_text())
        self.addresses: dict[str, str] = {host: known["address"] for host, known in sorted(facts["hosts"].items())}

    @property
    def ca(self) -> str:
        return str(self.folder / "pki" / "ca.crt")

    def container(self, host: str):
        return self.client.containers.get(f"{self.name}-{host}")

    def run(self, host: str, *argv: str, user: str = "root") -> str:
        try:
            code, output = self.container(host).exec_run(list(argv), user=user)
        except APIError as error:
            raise LabError(f"{host}: {' '.join(argv)[:200]} did not start: {error}") from error
        text = output.decode(errors="replace")
        if code:
            raise LabError(f"{host}: {' '.join(argv)[:200]} ended with {code}: {text.strip()[-500:]}")
        return text

    def script(self, host: str, text: str) -> str:
        return self.run(host, "sh", "-euc", text)

    # death and life
    def kill(self, *hosts: str) -> None:
        for host in hosts:
            self.container(host).kill()

    def start(self, host: str) -> None:
        self.container(host).start()

    def running(self, host: str) -> bool:
        return self.container(host).status == "running"

    # the network, seen from inside the host: what is dropped says nothing, as with a broken switch
    def cut(self, host: str, others: list[str], ports: tuple[int, ...] = ()) -> None:
        """Drops what comes from and goes to the other hosts; only on these ports, if any are given."""
        rules = [f"iptables -w -N {CHAIN}", f"iptables -w -I INPUT -j {CHAIN}", f"iptables -w -I OUTPUT -j {CHAIN}"]
        for other in others:
            for direction in ("-s", "-d"):
                where = f"iptables -w -A {CHAIN} {direction} {self.addresses[other]}"
                rules += [f"{where} -p tcp --{end} {port} -j DROP" for port in ports for end in ("sport", "dport")] or [
                    f"{where} -j DROP"
                ]
        self.script(host, "\n".join(rules))

    def cut_off(self, host: str) -> None:
        """Drops everything but the loopback."""
        self.script(
            host,
            f"iptables -w -N {CHAIN}; iptables -w -A {CHAIN} -j DROP; "
            f"iptables -w -I INPUT ! -i lo -j {CHAIN}; iptables -w -I OUTPUT ! -o lo -j {CHAIN}",
        )

    def mend_network(self, host: str) -> None:
        self.script(
            host,
            f"""
            iptables -w -F {CHAIN} 2>/dev/null || exit 0
            for rule in 'INPUT -j' 'INPUT ! -i lo -j' 'OUTPUT -j' 'OUTPUT ! -o lo -j'; do
              iptables -w -D $rule {CHAIN} 2>/dev/null || true
            done
            iptables -w -X {CHAIN}""",
        )
