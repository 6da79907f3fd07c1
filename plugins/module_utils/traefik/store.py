# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import socket
import ssl
import tempfile
import time
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import StoreError

_RELOADS = "traefik_config_reloads_total"


class DynamicFile:
    """The dynamic configuration on disk: read whole, replaced whole."""

    def __init__(self, path: str, group: str | None) -> None:
        self.path = path
        self.group = group

    def read(self) -> str:
        try:
            with open(self.path, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{self.path} can't be read: {error}") from error

    def write(self, text: str) -> None:
        """Replace the file in one step: Traefik sees the old or the new one, never a part."""
        # The file watched must appear by renaming; the temporary name doesn't match what Traefik watches.
        try:
            handle, temporary = tempfile.mkstemp(prefix=".traefik-routes-", suffix=".tmp", dir=os.path.dirname(self.path))
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                os.chmod(temporary, 0o640)
                if self.group:
                    shutil.chown(temporary, group=self.group)
                os.replace(temporary, self.path)
            except BaseException:
                os.unlink(temporary)
                raise
        except (OSError, LookupError) as error:
            raise StoreError(f"{self.path} can't be written: {error}") from error


class Certificates:
    """The certificates on this host, as the pki role lays them out: <directory>/<name>/tls.{crt,key}."""

    def __init__(self, directory: str, ca_path: str | None) -> None:
        self.directory = directory
        self.ca_path = ca_path

    def fingerprint(self, name: str) -> str | None:
        """Return the SHA-256 of the certificate file (leaf and chain), or None where there is none."""
        try:
            with open(os.path.join(self.directory, name, "tls.crt"), "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"certificate {name!r} can't be read: {error}") from error

    def check(self, name: str, domains: Iterable[str]) -> None:
        """Refuse a certificate that a client which trusts the authority would refuse for one of the domains."""
        base = os.path.join(self.directory, name)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            server.load_cert_chain(os.path.join(base, "tls.crt"), os.path.join(base, "tls.key"))
            client = ssl.create_default_context(cafile=self.ca_path)
        except FileNotFoundError as error:
            raise StoreError(
                f"certificate {name!r} is missing: {base}/tls.crt, tls.key and {self.ca_path} are needed."
            ) from error
        except (OSError, ssl.SSLError) as error:
            raise StoreError(
                f"certificate {name!r} in {base} is unusable: {error}; certificate and key must belong together."
            ) from error
        for domain in domains:
            try:
                _handshake(server, client, domain)
            except ssl.SSLError as error:
                reason = getattr(error, "verify_message", None) or error.reason or str(error)
                raise StoreError(
                    f"certificate {name!r} is not valid for {domain!r}: {reason}; renew it with the pki role."
                ) from error


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext, domain: str) -> None:
    """Let a TLS client and server meet in memory: validity, chain and name are judged by the real rules."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    peers = [
        client.wrap_bio(to_client, to_server, server_hostname=domain),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _round in range(10):
        waiting = False
        for peer in peers:
            try:
                peer.do_handshake()
            except ssl.SSLWantReadError:
                waiting = True
        if not waiting:
            return
    raise ssl.SSLError("the handshake did not end")


class Served:
    """The certificates with which Traefik answers on this host."""

    def __init__(self, port: int, ca_path: str | None) -> None:
        self.port = port
        self.ca_path = ca_path

    def trouble(self, domains: Iterable[str]) -> str | None:
        """Why a client that trusts the authority would refuse to come to one of the domains; None when it wouldn't."""
        try:
            client = ssl.create_default_context(cafile=self.ca_path)
        except (OSError, ssl.SSLError) as error:
            raise StoreError(f"{self.ca_path}, the authority of certificates by ACME, can't be read: {error}") from error
        for domain in domains:
            try:
                with (
                    socket.create_connection(("127.0.0.1", self.port), timeout=5) as raw,
                    client.wrap_socket(raw, server_hostname=domain),
                ):
                    pass
            except OSError as error:
                return f"{domain}: {getattr(error, 'verify_message', None) or getattr(error, 'reason', None) or error}"
        return None

    def wait(self, domains: Collection[str], timeout: float) -> str | None:
        """The trouble that is left when there is none any more, or the time is over."""
        deadline = time.monotonic() + timeout
        while (found := self.trouble(domains)) and time.monotonic() < deadline:
            time.sleep(0.5)
        return found


class Metrics:
    """Traefik's own word on whether it has loaded a configuration."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = urlsplit(url)
        self.timeout = timeout

    def reloads(self) -> float | None:
        """Return how many configurations were loaded since the start, or None where Traefik doesn't run."""
        connection = http.client.HTTPConnection(self.url.netloc, timeout=5)
        try:
            connection.request("GET", self.url.path)
            return _counter(connection.getresponse().read().decode())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def wait_for_reload(self, before: float) -> None:
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            now = self.reloads()
            # A lower count means that Traefik was started anew, and it reads the file when it starts.
            if now is not None and now != before:
                return
            time.sleep(0.2)
        raise StoreError(
            f"Traefik did not load the new routes within {self.timeout:g} s; "
            "it goes on with the old ones. `journalctl -u traefik` says why."
        )


def _counter(text: str) -> float:
    for line in text.splitlines():
        if line.startswith(_RELOADS + " "):
            return float(line.split()[1])
    return 0.0
