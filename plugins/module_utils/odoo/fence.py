# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container without any network reaches one database, and nothing else.

This process listens on a Unix socket that the container has mounted, and passes on what is about that database, over TLS that
it verifies. So there is no address to filter and no name to resolve: what isn't the database doesn't exist in there.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from .models import Database

SOCKET_DIR = "/run/tierline-database"
_TLS_REQUEST = struct.pack("!ii", 8, 80877103)
_NO_TLS = (80877103, 80877104)
_CHUNK = 65536
_LONGEST_GREETING = 10_000


@dataclass(frozen=True)
class Door:
    """Where it leads, and to which of the databases there."""

    server: Database
    ca_file: str
    databases: tuple[str, ...]


def requested(greeting: bytes) -> str | None:
    """The database that a client's first message names; its user's name where it names none."""
    words = greeting[8:].split(b"\0")
    named = dict(zip(words[::2], words[1::2], strict=False))
    found = named.get(b"database") or named.get(b"user")
    return found.decode(errors="replace") if found else None


@contextmanager
def opened(door: Door, directory: str, uid: int) -> Iterator[None]:
    """Listen in `directory`, where only `uid` may connect, until the block ends."""
    path = f"{directory}/.s.PGSQL.{door.server.port}"
    with suppress(FileNotFoundError):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        os.chown(path, uid, uid)
        os.chmod(path, 0o600)
        listener.listen(16)
        guard = threading.Thread(target=_accept, args=(listener, door), daemon=True)
        guard.start()
        try:
            yield
        finally:
            # Wakes the thread that waits in accept(), which closing alone doesn't.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
    guard.join(5)
    with suppress(FileNotFoundError):
        os.unlink(path)


def _accept(listener: socket.socket, door: Door) -> None:
    while True:
        try:
            client, _address = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, door), daemon=True).start()


def _serve(client: socket.socket, door: Door) -> None:
    with client, suppress(OSError):
        greeting = _greeting(client)
        if greeting is None or requested(greeting) not in door.databases:
            client.sendall(_refusal(f"only {' and '.join(door.databases)} can be reached from here"))
            return
        with _connect(door) as server:
            server.sendall(greeting)
            _pass_on(client, server)


def _greeting(client: socket.socket) -> bytes | None:
    """The first message; a wish for TLS on the socket is declined, as PostgreSQL itself does."""
    while True:
        head = _exactly(client, 8)
        length, code = struct.unpack("!ii", head)
        if code in _NO_TLS:
            client.sendall(b"N")
            continue
        if not 8 <= length <= _LONGEST_GREETING:
            return None
        return head + _exactly(client, length - 8)


def _exactly(stream: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = stream.recv(size - len(found))
        if not more:
            raise OSError("the client went away")
        found += more
    return found


def _refusal(text: str) -> bytes:
    body = b"SFATAL\0C28000\0M" + text.encode() + b"\0\0"
    return b"E" + struct.pack("!i", len(body) + 4) + body


def _connect(door: Door) -> ssl.SSLSocket:
    """The first of the servers that answers."""
    context = ssl.create_default_context(cafile=door.ca_file)
    last: OSError = OSError("no server is named")
    for host in door.server.hosts:
        try:
            plain = socket.create_connection((host, door.server.port), timeout=5)
            plain.sendall(_TLS_REQUEST)
            if _exactly(plain, 1) != b"S":
                raise OSError(f"{host} speaks no TLS")
            plain.settimeout(None)
            return context.wrap_socket(plain, server_hostname=host)
        except OSError as error:
            last = error
    raise last


def _pass_on(client: socket.socket, server: ssl.SSLSocket) -> None:
    """Both ways in one thread: a TLS connection is not for two at a time."""
    while True:
        ready = [server] if server.pending() else select.select([client, server], [], [])[0]
        for source in ready:
            chunk = _received(server) if source is server else client.recv(_CHUNK)
            if chunk == b"":
                return
            if chunk:
                (client if source is server else server).sendall(chunk)


def _received(server: ssl.SSLSocket) -> bytes | None:
    """None where what came was only about TLS itself."""
    server.setblocking(False)
    try:
        return server.recv(_CHUNK)
    except ssl.SSLWantReadError:
        return None
    finally:
        server.setblocking(True)
