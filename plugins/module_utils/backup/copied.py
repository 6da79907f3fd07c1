# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What a copy of a filestore ends with, ``python3 -m backup.copied ENVIRONMENT PROMISED_SECONDS METRICS_FILE``: it says when."""

import argparse
import sys
import time
from pathlib import Path

from . import textfile

PREFIX = "tierline_filestore"


def render(environment: str, promised: int, now: int) -> str:
    values = [
        ("copied_timestamp_seconds", "When the last copy of the filestore ended that copied everything.", now),
        ("promised_seconds", "How old that may become.", promised),
    ]
    lines = []
    for name, meaning, value in values:
        lines += textfile.gauge(f"{PREFIX}_{name}", meaning, [f'{{environment="{environment}"}} {value}'])
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="backup.copied", description="Note that a filestore has been copied.")
    parser.add_argument("environment")
    parser.add_argument("promised", type=int)
    parser.add_argument("metrics_file", type=Path)
    words = parser.parse_args()
    try:
        textfile.write(words.metrics_file, render(words.environment, words.promised, int(time.time())))
    except OSError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
