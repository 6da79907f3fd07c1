#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load on one domain, and one websocket that stays open, until a file appears; prints what went wrong as JSON.

Usage: load.py DOMAIN STOP_FILE [AUTHORITY [PAUSE_SECONDS]]
"""

import http.client
import json
import pathlib
import socket
import ssl
import sys
import time

DOMAIN, STOP, AUTHORITY, PAUSE = [*sys.argv[1:], *("/etc/tierline/pki/ca.crt", "0.01")[len(sys.argv) - 3 :]]
CONTEXT = ssl.create_default_context(cafile=AUTHORITY)


def connect() -> ssl.SSLSocket:
    return CONTEXT.wrap_socket(socket.create_connection(("127.0.0.1", 443), timeout=10), server_hostname=DOMAIN)


def request(number: int) -> str:
    """One request on a connection of its own, every second one a POST, which nobody may repeat."""
    connection = http.client.HTTPConnection(DOMAIN)
    connection.sock = connect()
    try:
        connection.request("POST" if number % 2 else "GET", f"/load/{number}", body=b"x" * 1000 if number % 2 else None)
        response = connection.getresponse()
        answer = json.loads(response.read()) if response.status == 200 else {}
        return "" if answer.get("path") == f"/load/{number}" else f"HTTP {response.status}"
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()


websocket = connect()
websocket.sendall(
    f"GET /websocket HTTP/1.1\r\nHost: {DOMAIN}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
)
upgraded = websocket.recv(4096).decode()
count, failures = 0, []
deadline = time.monotonic() + 300
while not pathlib.Path(STOP).exists() and time.monotonic() < deadline:
    count += 1
    if failure := request(count):
        failures.append(failure)
    time.sleep(float(PAUSE))
try:
    websocket.sendall(b"still here")
    echo = websocket.recv(4096).decode()
except OSError as error:
    echo = str(error)
print(json.dumps({"requests": count, "failures": failures, "upgraded": upgraded, "echo": echo}))
