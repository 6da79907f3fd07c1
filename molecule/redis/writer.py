# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client that writes every 20 ms to whoever is the primary, until it is asked to stop; then it says for how long it waited at
most, and which of its acknowledged writes are gone."""

import collections
import json
import os
import signal
import sys
import time

import redis
from redis.sentinel import Sentinel

KEYS = 500
tls = {"ssl": True, "ssl_ca_certs": "/etc/tierline/pki/ca.crt", "username": "acme_prod", "password": os.environ["PASSWORD"]}
quick = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, **tls}
members = [(name, 26379) for name in sys.argv[2:]]
primary = Sentinel(members, sentinel_kwargs=quick, **{**quick, "socket_timeout": 4}).master_for("shared")

running = True


def stop(*_unused: object) -> None:
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
acknowledged: dict[str, int] = {}
unsure: dict[str, int] = {}
refusals: collections.Counter[str] = collections.Counter()
longest, last, number = 0.0, time.monotonic(), 0
while running:
    number += 1
    key = f"acme_prod:write:{number % KEYS}"
    try:
        primary.set(key, number, ex=3600)
        acknowledged[key] = number
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    except redis.RedisError as error:
        refusals[f"{type(error).__name__}: {error}"[:80]] += 1
        if "NOREPLICAS" in str(error):  # Another one may have its place: ask again.
            primary.connection_pool.disconnect()
        unsure[key] = number
    time.sleep(0.02)
# What was refused may have been written all the same, later than what was acknowledged.
lost = [key for key, value in acknowledged.items() if int(primary.get(key) or -1) not in (value, unsure.get(key))]
report = {"longest": round(longest, 2), "writes": number, "lost": lost, "refusals": dict(refusals)}
with open(sys.argv[1], "w", encoding="utf-8") as stream:
    json.dump(report, stream)
