#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users at work through the edge until a file appears; prints what went wrong for them as JSON.

Every user logs in once, and each answer must know him: an answer without its user is a failure as much as an error is. One user
keeps a websocket open and comes back when he is sent away; one uploads slowly, longer than a switch takes.
"""

import http.client
import json
import pathlib
import socket
import ssl
import sys
import threading
import time

DOMAIN, PORT, DATABASE = "acme.localhost", 443, "acme_prod"
PASSWORD = sys.stdin.read().strip()
STOP, USERS = pathlib.Path(sys.argv[1]), int(sys.argv[2])
CONTEXT = ssl.create_default_context(cafile="/etc/tierline/pki/ca.crt")
LIMIT = time.monotonic() + 900
SEEN = {"requests": 0, "failures": [], "uploads": 0, "websockets": 0, "sent_away": 0, "slowest": 0.0}
GUARD = threading.Lock()


def going_on():
    return not STOP.exists() and time.monotonic() < LIMIT


def count(kind, failure="", seconds=0.0):
    with GUARD:
        SEEN[kind] += 1
        SEEN["slowest"] = max(SEEN["slowest"], round(seconds, 2))
        if failure:
            SEEN["failures"].append(f"{time.strftime('%H:%M:%S')} {kind}: {failure}")


def connect():
    return CONTEXT.wrap_socket(socket.create_connection(("127.0.0.1", PORT), timeout=120), server_hostname=DOMAIN)


def post(path, params, cookie="", slowly=0.0):
    """One JSON call on a connection of its own: its answer, and the cookie that came with it."""
    body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
    connection = http.client.HTTPConnection(DOMAIN)
    connection.sock = connect()
    try:
        connection.putrequest("POST", path)
        headers = {"Content-Type": "application/json", "Content-Length": len(body), "Cookie": cookie}
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        pieces = 20 if slowly else 1
        size = len(body) // pieces + 1
        for start in range(0, len(body), size):
            connection.send(body[start : start + size])
            time.sleep(slowly / pieces)
        response = connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise OSError(f"HTTP {response.status}")
        told = response.getheader("Set-Cookie", "")
        answer = json.loads(text)
        if "error" in answer:
            raise OSError(answer["error"].get("data", {}).get("name") or answer["error"]["message"])
        return answer["result"], told.partition(";")[0] or cookie
    finally:
        connection.close()


def log_in():
    result, cookie = post("/web/session/authenticate", {"db": DATABASE, "login": "admin", "password": PASSWORD})
    if not result.get("uid"):
        raise SystemExit("the login failed before anything was tried")
    return cookie


def ask(cookie, kind="requests", slowly=0.0, padding=""):
    begun = time.monotonic()
    try:
        result, cookie = post("/web/session/get_session_info", {"padding": padding} if padding else {}, cookie, slowly)
        count(kind, "" if result.get("uid") else "was logged out", 0.0 if slowly else time.monotonic() - begun)
    except (OSError, http.client.HTTPException, ValueError) as error:
        count(kind, f"{type(error).__name__}: {error}", time.monotonic() - begun)
    return cookie


def user(cookie):
    while going_on():
        cookie = ask(cookie)
        time.sleep(0.05)


def uploader(cookie):
    while going_on():
        cookie = ask(cookie, "uploads", slowly=6.0, padding="x" * 2_000_000)


def listener(cookie):
    """Being sent away is part of a switch; not being let in again at once is a failure."""
    while going_on():
        try:
            connection = connect()
            connection.sendall(
                f"GET /websocket?version=19.0-2 HTTP/1.1\r\nHost: {DOMAIN}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Origin: https://{DOMAIN}\r\nCookie: {cookie}\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            answer = connection.recv(4096)
            count("websockets", "" if b" 101 " in answer.split(b"\r\n")[0] else answer.split(b"\r\n")[0].decode())
            connection.settimeout(1)
            while going_on():
                try:
                    if not connection.recv(4096):
                        break
                except TimeoutError:
                    continue
            if going_on():
                count("sent_away")
        except OSError as error:
            if going_on():
                count(
                    "sent_away" if "EOF" in str(error) or "reset" in str(error) else "websockets",
                    "" if "EOF" in str(error) or "reset" in str(error) else str(error),
                )
                time.sleep(0.2)


cookies = [log_in() for _ in range(USERS)]
threads = [threading.Thread(target=user, args=(cookie,)) for cookie in cookies]
threads += [threading.Thread(target=uploader, args=(cookies[0],)), threading.Thread(target=listener, args=(cookies[0],))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
# Nobody logged in again: the cookies of the beginning are still good.
for cookie in cookies:
    ask(cookie)
print(json.dumps(SEEN))
