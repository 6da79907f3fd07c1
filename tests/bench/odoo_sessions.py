# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sessions in Redis cost against sessions on disk, in the container of an environment that keeps them in Redis:

    docker exec -i acme_prod-blue python3 - <tests/bench/odoo_sessions.py

Both stores are Odoo's and ours as they are, and take turns, so that whatever else the machine does meets both. The disk is a
tmpfs, which is the best that a disk can be. A request is the login page, or the session's user where a cookie is given.
"""

import json
import statistics
import sys
import tempfile
import time
import urllib.request

from odoo import http
from odoo.tools import config

sys.path.insert(0, "/usr/share/tierline/odoo/addons")
from tierline_server import connection, sessions, settings, store

ROUNDS = 2000


def timed(work):
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e6


def measure(name, mine):
    session = mine.new()
    session.update({**http.get_default_session(), "uid": 2, "login": "admin", "db": "x", "session_token": "t" * 64})
    mine.save(session)
    return {f"{name} get": lambda: mine.get(session.sid), f"{name} save": lambda: mine.save(session)}


def request():
    ask = urllib.request.Request(
        "http://127.0.0.1:8069/web/session/get_session_info",
        json.dumps({"params": {}}).encode(),
        {"Content-Type": "application/json", "Cookie": f"session_id={COOKIE}"},
    )
    urllib.request.build_opener().open(ask, timeout=30).read()


config.parse_config(["--config=/etc/tierline/odoo/odoo.conf"])
found = settings.read()
redis = store.RedisSessionStore(sessions.Sessions(connection.connect(found), found.key_prefix))
COOKIE = sys.argv[1] if len(sys.argv) > 1 else redis.generate_key()
with tempfile.TemporaryDirectory() as directory:
    disk = http.FilesystemSessionStore(directory, session_class=http.Session, renew_missing=True)
    works = {**measure("disk", disk), **measure("redis", redis)}
    seen = {name: [] for name in works}
    for _round in range(ROUNDS):
        for name, work in works.items():
            seen[name].append(timed(work))
requests = [timed(request) for _round in range(200)]
result = {name: round(statistics.median(values)) for name, values in seen.items()} | {
    "request": round(statistics.median(requests))
}
result["cost of a request in %"] = round(100 * (result["redis get"] - result["disk get"]) / result["request"], 1)
print(json.dumps(result))
