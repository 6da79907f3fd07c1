# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds a PgBouncer open while this member's HAProxy can lead it somewhere.

PgBouncer accepts clients whatever lies behind it and then fails them, and a client that was answered doesn't try the next
member. A port that is closed it does pass over. PgBouncer is bound to this process: systemd starts it once this process is
ready and stops it when this process ends, which it does once the proxy's answer has been bad for longer than a failover explains.

Usage: pgbouncer_gate.py SOCKET PATH
"""

from __future__ import annotations

import os
import socket
import sys
import time

# Seconds for which each answer is borne. Without a primary the others wait as well, so it's no use to send clients on before a
# failover must be over. A member that sees nobody is the one that is cut off, and a proxy without an answer is stuck.
PATIENCE = {"waiting": 40.0, "alone": 5.0, "silent": 5.0}
OPEN = "open"
INTERVAL = 0.5
TIMEOUT = 2.0


class Gate:
    """Decides from a series of answers. Bad ones of different kinds add up, each to the patience that its kind has."""

    def __init__(self) -> None:
        self._good: float | None = None

    def closes(self, answer: str, now: float) -> bool:
        if answer == OPEN or self._good is None:
            self._good = now
        return answer != OPEN and now - self._good >= PATIENCE.get(answer, PATIENCE["silent"])


def ask(path: str, what: str) -> str:
    """The proxy's word, or that it has none."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIMEOUT)
            connection.connect(path)
            connection.sendall(f"GET {what} HTTP/1.0\r\n\r\n".encode())
            with connection.makefile("rb") as answer:
                return answer.read(4096).decode("ascii", "replace").rpartition("\r\n")[2].strip()
    except OSError:
        return "silent"


def tell_systemd(state: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


def main(path: str, what: str) -> int:
    while ask(path, what) != OPEN:
        time.sleep(INTERVAL)
    tell_systemd("READY=1")
    gate, answer = Gate(), OPEN
    while not gate.closes(answer, time.monotonic()):
        time.sleep(INTERVAL)
        answer = ask(path, what)
    print(f"closed: the proxy's answer has been '{answer}' for too long", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
