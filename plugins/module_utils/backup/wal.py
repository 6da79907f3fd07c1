# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Segments of the write-ahead log, by their names. Pure."""

import re
from collections.abc import Iterable

from .errors import BackupError

# Of 16 MiB, as initdb makes them.
PER_LOG = 256
LENGTH = 24
# The timeline comes first in a segment's name.
TIMELINE = 8
_NAME = re.compile(r"[0-9A-F]{24}")
_LOG = re.compile(r"[0-9A-F]{16}")


def number(segment: str) -> int:
    """Position of a segment in the log, whatever its timeline."""
    if not _NAME.fullmatch(segment):
        raise BackupError(f"{segment!r} is no segment of a write-ahead log")
    return int(segment[8:16], 16) * PER_LOG + int(segment[16:], 16)


def log_of(directory: str) -> int:
    """An archive has a directory for each log of a timeline, named after both."""
    return int(directory[8:], 16)


def is_log(name: str) -> bool:
    return bool(_LOG.fullmatch(name))


def missing(present: Iterable[str], first: str, last: str) -> list[str]:
    """Segments between two that are in no timeline of the archive, by log and number."""
    numbers = {number(name[:LENGTH]) for name in present if is_segment(name[:LENGTH])}
    wanted = range(number(first), number(last) + 1)
    return [f"{lost // PER_LOG:08X}{lost % PER_LOG:08X}" for lost in wanted if lost not in numbers]


def is_segment(name: str) -> bool:
    """Histories and labels are archived too, under other names."""
    return bool(_NAME.fullmatch(name))
