# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes every 20 ms as Odoo does, over the connection of tierline_server, until it is asked to stop.

Then it says for how long it waited at most, what failed, and which of its acknowledged writes are gone.
"""

import json
import signal
import sys
import time

from tierline_server import connection, settings

KEYS = 500
found = settings.read(sys.argv[1])
redis = connection.connect(found)
running = True


def stop(*_unused: object) -> None:
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
acknowledged: dict[str, int] = {}
unsure: dict[str, int] = {}
failed: list[str] = []
longest, number = 0.0, 0
while running:
    number += 1
    key = f"{found.key_prefix}write:{number % KEYS}"
    before = time.monotonic()
    try:
        redis.run(("SET", key, number, "EX", 3600))
        acknowledged[key] = number
    except connection.RedisGoneError as error:
        failed.append(str(error))
        unsure[key] = number
    longest = max(longest, time.monotonic() - before)
    time.sleep(0.02)
# What failed may have been written all the same, later than what was acknowledged.
lost = [key for key, value in acknowledged.items() if int(redis.run(("GET", key))[0] or -1) not in (value, unsure.get(key))]
report = {"longest": round(longest, 2), "writes": number, "lost": lost, "failed": failed}
with open(sys.argv[2], "w", encoding="utf-8") as stream:
    json.dump(report, stream)
