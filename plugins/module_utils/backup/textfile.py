# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Metrics as node exporter's textfile collector reads them. Stands alone: application hosts have it without the rest."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def gauge(name: str, meaning: str, series: Iterable[str]) -> list[str]:
    """Lines of one metric; a series is its labels in braces and its value."""
    return [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", *(name + each for each in series)]


def write(path: Path, text: str) -> None:
    """Whole or not at all: the collector may read at any moment."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
        try:
            stream.write(text)
            stream.flush()
            os.fchmod(stream.fileno(), 0o644)
            os.replace(stream.name, path)
        except OSError:
            os.unlink(stream.name)  # A disk that is full would get another one with each report.
            raise
