# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.faults import from_answer, from_exception, from_rpc
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Answer, Target

_WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MAX_BODY = 4 * 1024 * 1024


class _Tls(http.client.HTTPSConnection):
    """HTTPS to an explicit address, with the domain's name in the handshake and in the Host header."""

    def __init__(self, target: Target, context: ssl.SSLContext) -> None:
        super().__init__(target.domain, target.port, timeout=target.timeout, context=context)
        self.__target = target
        self.__context = context

    def connect(self) -> None:
        plain = socket.create_connection((self.__target.address, self.__target.port), timeout=self.__target.timeout)
        try:
            self.sock = self.__context.wrap_socket(plain, server_hostname=self.__target.domain)
        except BaseException:
            plain.close()
            raise


class Client:
    """Meets an environment as a user's browser or an integration would: from outside, with verified TLS."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._session = ""
        self._context: ssl.SSLContext | None = None

    @property
    def _where(self) -> str:
        return f"{self.target.address}:{self.target.port}"

    def _verified(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                self._context = ssl.create_default_context(cafile=self.target.ca_path)
            except (OSError, ssl.SSLError) as error:
                raise Fault("pki", f"the certificate authority {self.target.ca_path} can't be read: {error}") from error
        return self._context

    def certificate(self) -> dict[str, Any]:
        """Return the certificate that is served, after the chain, the dates and the name were verified."""
        connection = _Tls(self.target, self._verified())
        try:
            connection.connect()
            found = connection.sock.getpeercert() or {}
            return {"protocol": connection.sock.version(), "not_after": ssl.cert_time_to_seconds(str(found["notAfter"]))}
        except (OSError, http.client.HTTPException) as error:
            raise from_exception(error, self._where) from error
        finally:
            connection.close()

    def plain(self, path: str) -> Answer:
        port = self.target.http_port or 80
        connection = http.client.HTTPConnection(self.target.address, port, timeout=self.target.timeout)
        try:
            connection.request("GET", path, headers={"Host": self.target.domain})
            return _answer(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            raise from_exception(error, f"{self.target.address}:{port}") from error
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self._request("GET", path, None, {})

    def rpc(self, path: str, params: Mapping[str, Any]) -> Any:
        """Call a JSON-RPC route of Odoo and return its result."""
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        answer = self._request("POST", path, body, {"Content-Type": "application/json"})
        fault = from_answer(answer)
        if fault:
            raise fault
        try:
            reply = json.loads(answer.body)
        except ValueError as error:
            raise Fault("app", f"{path} does not answer in JSON (HTTP {answer.status})") from error
        if not isinstance(reply, dict):
            raise Fault("app", f"{path} does not answer as JSON-RPC does")
        if "error" in reply:
            raise from_rpc(reply["error"])
        return reply.get("result")

    def websocket(self, path: str) -> tuple[Answer, str]:
        """Ask for an upgrade; return the answer and the value that Sec-WebSocket-Accept must have."""
        key = base64.b64encode(os.urandom(16)).decode()
        headers = {
            "Connection": "Upgrade",
            "Origin": f"https://{self.target.domain}",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
            "Upgrade": "websocket",
        }
        accept = base64.b64encode(hashlib.sha1((key + _WEBSOCKET_GUID).encode(), usedforsecurity=False).digest()).decode()
        return self._request("GET", path, None, headers), accept

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def now(self) -> float:
        return time.time()

    def clock(self) -> float:
        return time.monotonic()

    def _request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if self._session:
            headers = headers | {"Cookie": f"session_id={self._session}"}
        connection = _Tls(self.target, self._verified())
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            self._keep_session(response)
            return _answer(response)
        except (OSError, http.client.HTTPException) as error:
            raise from_exception(error, self._where) from error
        finally:
            connection.close()

    def _keep_session(self, response: http.client.HTTPResponse) -> None:
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _separator, value = cookie.split(";", 1)[0].partition("=")
            if name == "session_id":
                self._session = value


def _answer(response: http.client.HTTPResponse) -> Answer:
    # After an upgrade the stream belongs to the websocket: there is no body to wait for.
    body = "" if response.status == 101 else response.read(_MAX_BODY).decode(errors="replace")
    return Answer(response.status, dict(response.headers.items()), body)
