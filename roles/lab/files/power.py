# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a baseboard controller is to a server, this is to the hosts of one lab: it says whether one is powered on.

Hosts can't reach the container engine, which is good; this service can, and answers one question only. It reads the state of
hosts that carry its own lab's label, changes nothing, and listens with TLS to whoever has the token.
Usage: power.py LAB FOLDER, where FOLDER holds tls.crt, tls.key and token.
"""

from __future__ import annotations

import hmac
import http.client
import http.server
import json
import pathlib
import re
import socket
import ssl
import sys
import urllib.parse

ENGINE = "/var/run/docker.sock"
PATH = re.compile(r"/power/([a-z0-9][a-z0-9-]{0,40})")
LABEL = "tierline.lab"
PORT = 8443


class Engine(http.client.HTTPConnection):
    def __init__(self):
        super().__init__("localhost", timeout=5)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(ENGINE)


def find(lab: str, host: str) -> list[dict]:
    """The containers that are this host of this lab, running or not. The engine does the filtering, by label and not by name."""
    filters = urllib.parse.quote(json.dumps({"label": [f"{LABEL}={lab}", f"{LABEL}.host={host}"]}))
    engine = Engine()
    try:
        engine.request("GET", f"/containers/json?all=true&filters={filters}")
        answer = engine.getresponse()
        if answer.status != http.client.OK:
            raise OSError(f"the engine said {answer.status}")
        return json.load(answer)
    finally:
        engine.close()


def power(containers: list[dict]) -> str | None:
    """on, off, or None where that can't be told. A paused container isn't off: it would go on where it stopped."""
    if len(containers) != 1:
        return None
    return {"running": "on", "paused": "on", "restarting": "on", "exited": "off", "dead": "off", "created": "off"}.get(
        containers[0]["State"]
    )


class Handler(http.server.BaseHTTPRequestHandler):
    # A caller that says nothing must not keep a thread for ever.
    timeout = 5
    lab = ""
    token = ""

    def do_GET(self):
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return self.say(401, {"error": "not you"})
        match = PATH.fullmatch(self.path)
        try:
            containers = find(self.lab, match[1]) if match else []
        except (OSError, ValueError, http.client.HTTPException) as error:
            return self.say(503, {"error": f"the engine doesn't answer: {error}"})
        state = power(containers)
        if state is None:
            return self.say(404, {"error": "no such host in this lab"})
        return self.say(200, {"power": state})

    def say(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, client_address):
        # In the caller's thread, so that a slow handshake keeps nobody else waiting.
        request.settimeout(5)
        with self.tls.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)


def main():
    Handler.lab = sys.argv[1]
    folder = pathlib.Path(sys.argv[2])
    Handler.token = (folder / "token").read_text().strip()
    server = Server(("0.0.0.0", PORT), Handler)
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    server.serve_forever()


if __name__ == "__main__":
    main()
