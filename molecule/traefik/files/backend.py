#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pretended application: says who it is and what it was sent, and echoes on a websocket."""

import base64
import gzip
import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    traces = ""

    def do_GET(self) -> None:
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._echo()
        else:
            self._tell()

    def do_POST(self) -> None:
        if self.path == "/v1/traces":
            Handler.traces += gzip.decompress(self._chunks()).decode("latin-1")
        length = int(self.headers.get("Content-Length") or 0)
        while length > 0:
            length -= len(self.rfile.read(min(length, 1 << 20))) or length
        self._tell()

    def _chunks(self) -> bytes:
        """A body as OpenTelemetry's exporter sends it: in chunks, each with its length in front and an empty line behind."""
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _tell(self) -> None:
        # Also who is asked whether a request may pass.
        if self.path == "/verify" and "passed=yes" not in self.headers.get("Cookie", ""):
            self.send_error(401)
            return
        body = json.dumps(
            {"port": int(sys.argv[1]), "path": self.path, "headers": dict(self.headers), "traces": self.traces}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Powered-By", "a secret")
        self.send_header("X-Auth-User", "ann")
        self.end_headers()
        self.wfile.write(body)

    def _echo(self) -> None:
        digest = hashlib.sha1((self.headers["Sec-WebSocket-Key"] + GUID).encode()).digest()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
        self.send_header("X-Served-By", sys.argv[1])
        self.end_headers()
        self.close_connection = True
        while data := self.connection.recv(4096):
            self.connection.sendall(data)

    def log_message(self, *_args: object) -> None: ...


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
