# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Which certificate a server should serve, and where to look at the one that it does. Pure."""

import hashlib
import ssl
from collections.abc import Mapping

from .errors import RedisError

# Set together: Redis reads all of them again, also when the paths are as before.
SETTINGS = ("tls-ca-cert-file", "tls-cert-file", "tls-key-file")


def fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


def fingerprint_of_file(pem: str, path: str) -> str:
    """The first certificate of a file is the server's own."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    _head, found, rest = pem.partition(begin)
    body, closed, _others = rest.partition(end)
    try:
        der = ssl.PEM_cert_to_DER_cert(begin + body + end) if found and closed else b""
    except ValueError:
        der = b""
    if not der:
        raise RedisError(f"{path} holds no certificate in PEM: have it issued again")
    return fingerprint(der)


def place(settings: Mapping[str, str]) -> tuple[str, int]:
    """An address of this machine and the port at which the server speaks TLS."""
    port = int(settings.get("tls-port") or 0)
    if not port:
        raise RedisError("the server has no TLS port: set tls-port in its configuration")
    # A minus sign marks an address that may be missing.
    addresses = [word.lstrip("-") for word in settings.get("bind", "").split()] or ["*"]
    return {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::*": "::1", "::": "::1"}.get(addresses[0], addresses[0]), port
