#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks for a page at an address again and again, each time on a new connection, until a file appears, or three minutes are over.

Prints as JSON how often, and how long nobody answered, each time that was so, with who answered before and after. Seconds.

Usage: visitor.py ADDRESS AUTHORITY STOP_FILE
"""

import http.client
import json
import pathlib
import socket
import ssl
import sys
import time

ADDRESS, AUTHORITY, STOP = sys.argv[1:]
DOMAIN = "acme.localhost"
CONTEXT = ssl.create_default_context(cafile=AUTHORITY)


def ask() -> str:
    connection = http.client.HTTPConnection(DOMAIN)
    with socket.create_connection((ADDRESS, 443), timeout=1) as raw, CONTEXT.wrap_socket(raw, server_hostname=DOMAIN) as secured:
        connection.sock = secured
        connection.request("GET", "/web", headers={"Connection": "close"})
        response = connection.getresponse()
        if response.status != 200:
            raise http.client.HTTPException(str(response.status))
        return response.read().decode().strip()


count, gaps, server, answered = 0, [], "", time.monotonic()
failed = False
end = answered + 180
while not pathlib.Path(STOP).exists() and time.monotonic() < end:
    count += 1
    try:
        now = ask()
    except (OSError, http.client.HTTPException):
        failed = True
    else:
        if failed:
            gaps.append({"seconds": round(time.monotonic() - answered, 1), "before": server, "after": now})
        server, answered, failed = now, time.monotonic(), False
    time.sleep(0.05)
print(json.dumps({"requests": count, "gaps": gaps, "last": server, "silent": failed}))
