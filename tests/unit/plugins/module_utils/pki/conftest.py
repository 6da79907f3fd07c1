# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509 as lib
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Authority:
    """A certificate authority in memory; Redis and PostgreSQL would accept what it signs."""

    def __init__(self, common_name: str = "Test CA", key: Any = None, days: int = 3650, ca: bool = True) -> None:
        self.key = key or ec.generate_private_key(ec.SECP384R1())
        name = lib.Name([lib.NameAttribute(NameOID.COMMON_NAME, common_name)])
        # Ed25519 and its like bring their own digest.
        digest = hashes.SHA384() if hasattr(self.key, "exchange") or hasattr(self.key, "decrypt") else None
        self.certificate = (
            lib.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(NOW - timedelta(days=1))
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(lib.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
            .sign(self.key, digest)
        )

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def stranger() -> Authority:
    """Another authority that calls itself the same."""
    return Authority()


@pytest.fixture(scope="session")
def make_authority() -> type[Authority]:
    return Authority


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW
