# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections of a container as the kernel tells them: the image needs no tool for it."""

from __future__ import annotations

from collections.abc import Iterable

_ESTABLISHED = "01"
_LOOPBACK = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")


def count(lines: Iterable[str], port: int) -> int:
    """Established connections to a local port, without those that the container has with itself, such as its health check."""
    found = 0
    for line in lines:
        words = line.split()
        if len(words) < 4 or ":" not in words[1]:
            continue
        address, _colon, number = words[1].partition(":")
        found += int(number, 16) == port and words[3] == _ESTABLISHED and address not in _LOOPBACK
    return found


def established(pid: int, port: int) -> int:
    """In the network namespace of a process; none where it is gone."""
    total = 0
    for table in ("tcp", "tcp6"):
        try:
            with open(f"/proc/{pid}/net/{table}", encoding="ascii") as stream:
                total += count(stream, port)
        except FileNotFoundError:
            continue
    return total
