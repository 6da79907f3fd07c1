# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A server of this machine that answers, breaks off or hangs as a test wants; no HTTP library is between, so it may be rude."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator

# What to send for a request; None: nothing, for as long as the client waits.
Answer = Callable[[bytes], bytes | None]


def http(status: int, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {status} Reason\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def cut_off(status: int = 200) -> bytes:
    """An answer whose end never comes: whoever sent it was killed."""
    return f"HTTP/1.1 {status} Reason\r\nContent-Length: 1000\r\n\r\n<begun>".encode()


def _whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
    return bool(end) and len(body) >= int(length.group(1) if length else 0)


class LocalServer:
    def __init__(self, answer: Answer, address: str, port: int = 0) -> None:
        self.asked: list[bytes] = []
        self._answer = answer
        self._over = threading.Event()
        self._socket = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._over.set()
        # Closing alone wouldn't wake who waits in accept.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _peer = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that goes away is no trouble of the server's.
        with contextlib.suppress(OSError), connection:
            request = b""
            while not _whole(request):
                if not (chunk := connection.recv(65536)):
                    return
                request += chunk
            self.asked.append(request)
            reply = self._answer(request)
            if reply is None:
                self._over.wait()
            else:
                connection.sendall(reply)


@contextlib.contextmanager
def answering(answer: Answer, address: str = "127.0.0.1", port: int = 0) -> Iterator[LocalServer]:
    server = LocalServer(answer, address, port)
    try:
        yield server
    finally:
        server.close()


def unused_port() -> int:
    """Of which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
    return port
