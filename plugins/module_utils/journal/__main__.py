# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What the receiver's timer starts: ``python3 -m tierline.journal POLICY``."""

import argparse
import json
import sys
import time
from pathlib import Path

from ..backup import textfile
from . import judge, metrics
from .errors import JournalError
from .models import Policy
from .store import Store


def main(path: str) -> int:
    policy = Policy.of(json.loads(Path(path).read_text(encoding="utf-8")))
    store, now = Store(policy.directory), time.time()
    store.remove(judge.expired(policy, store.files(), now))
    report = judge.report(policy, store.files(), now)
    textfile.write(Path(policy.metrics_file), metrics.render(report))
    for finding in report.findings:
        sys.stderr.write(f"{finding.code}: {finding.text}\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="journal", description="Forget what nobody has to keep any more, and report.")
    parser.add_argument("policy")
    try:
        status = main(parser.parse_args().policy)
    except (JournalError, OSError, ValueError, TypeError) as problem:
        sys.stderr.write(f"{problem}\n")
        status = 2
    raise SystemExit(status)
