#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills whoever works on an environment, without any chance to clean up, in a phase of its release or seconds later."""

import json
import os
import pathlib
import signal
import sys
import time

ENVIRONMENT, PHASE = sys.argv[1:3]
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0
RECORD = pathlib.Path(f"/var/lib/tierline/releases/{ENVIRONMENT}.json")
LOCK = pathlib.Path(f"/run/tierline/odoo/{ENVIRONMENT}.lock")


def holder():
    """The process that has the lock. In the kernel's lines the fifth word is the process, and the sixth ends with the file."""
    number = LOCK.stat().st_ino
    for line in pathlib.Path("/proc/locks").read_text(encoding="ascii").splitlines():
        words = line.split()
        if words[1] == "FLOCK" and int(words[5].rpartition(":")[2]) == number:
            return int(words[4])
    return None


for _try in range(8000):
    # The first release of all makes the record.
    operation = json.loads(RECORD.read_text(encoding="utf-8"))["operation"] if RECORD.exists() else None
    victim = holder() if LOCK.exists() else None
    if operation and operation["phase"] == PHASE and victim:
        time.sleep(SECONDS)
        os.kill(victim, signal.SIGKILL)
        print(f"killed {victim} in phase {PHASE}")
        break
    time.sleep(0.05)
else:
    sys.exit(f"nobody was in phase {PHASE}")
