# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.pki import x509
from ansible_collections.tierline.erp.plugins.module_utils.pki.errors import PkiError
from ansible_collections.tierline.erp.plugins.module_utils.pki.models import Wanted
from cryptography import x509 as lib
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

WANTED = Wanted("web", "shop", ("*.shop.example.net", "shop"), ("192.0.2.1", "2001:db8::1"), usages=("server",))


def issued(authority: Any, now: datetime, wanted: Wanted = WANTED) -> tuple[bytes, Any]:
    key = x509.new_key()
    start, end = x509.lifetime(now, timedelta(days=90), timedelta(minutes=10))
    public = x509.load_request(x509.new_request(key, wanted))
    return key, x509.load_certificate(x509.issue(wanted, public, authority.certificate, authority.key, start, end).encode())


def test_what_was_wanted_is_what_is_read(authority: Any, now: datetime) -> None:
    key, certificate = issued(authority, now)
    seen = x509.read(certificate, authority.certificate)
    assert (seen.common_name, seen.dns_names, seen.ip_addresses) == (WANTED.common_name, WANTED.dns_names, WANTED.ip_addresses)
    assert seen.usages == ("server",)
    assert seen.issuer == "Test CA"
    assert seen.trusted
    assert seen.key == x509.key_digest(x509.load_key(key).public_key())
    assert seen.not_before == now - timedelta(minutes=10)
    assert seen.not_after == now + timedelta(days=90)
    assert len(seen.fingerprint) == 64
    assert not x509.is_authority(certificate)


def test_peers_may_be_both(authority: Any, now: datetime) -> None:
    assert x509.read(issued(authority, now, replace(WANTED, usages=("server", "client")))[1]).usages == ("server", "client")


def test_an_authority_of_the_same_name_is_not_trusted(authority: Any, stranger: Any, now: datetime) -> None:
    assert not x509.read(issued(authority, now)[1], stranger.certificate).trusted


def test_an_authority_of_another_name_is_not_trusted(make_authority: Any, authority: Any, now: datetime) -> None:
    assert not x509.read(issued(authority, now)[1], make_authority("Other").certificate).trusted


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()], ids=["rsa", "ed25519"]
)
def test_authorities_with_other_keys(make_authority: Any, authority: Any, key: Any) -> None:
    other = make_authority(key=key)
    assert x509.signed_by(other.certificate, other.certificate)
    assert x509.is_authority(other.certificate)
    assert not x509.signed_by(authority.certificate, other.certificate)
    assert not x509.signed_by(other.certificate, authority.certificate)


def test_an_authority_reads_as_a_certificate_without_names(authority: Any) -> None:
    seen = x509.read(authority.certificate)
    assert (seen.dns_names, seen.ip_addresses, seen.usages, seen.trusted) == ((), (), (), False)


def test_a_young_authority_does_not_issue_before_it_began(authority: Any, now: datetime) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = x509.issue(WANTED, public, authority.certificate, authority.key, now - timedelta(days=30), now + timedelta(days=1))
    assert x509.read(x509.load_certificate(pem.encode())).not_before == now - timedelta(days=1)


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_key_is_refused_without_showing_it(damage: bytes) -> None:
    with pytest.raises(PkiError, match="private key cannot be read") as refused:
        x509.load_key(damage)
    assert "c2VjcmV0" not in str(refused.value)


def test_an_encrypted_key_is_refused() -> None:
    encrypted = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    with pytest.raises(PkiError, match="encrypted"):
        x509.load_key(encrypted)


def test_a_damaged_certificate_is_refused() -> None:
    with pytest.raises(PkiError, match="certificate cannot be read"):
        x509.load_certificate(b"-----BEGIN CERTIFICATE-----\n")


def test_a_damaged_request_is_refused() -> None:
    with pytest.raises(PkiError, match="request cannot be read"):
        x509.load_request("garbage")


def test_an_altered_request_is_refused() -> None:
    request = lib.load_pem_x509_csr(x509.new_request(x509.new_key(), WANTED).encode())
    altered = request.public_bytes(serialization.Encoding.DER).replace(b"shop", b"bank")
    pem = lib.load_der_x509_csr(altered).public_bytes(serialization.Encoding.PEM).decode()
    with pytest.raises(PkiError, match="not signed by its own key"):
        x509.load_request(pem)


def test_a_subject_without_common_name_is_shown_whole() -> None:
    assert x509._common_name(lib.Name([lib.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme")])) == "O=Acme"


def test_dates_of_old_libraries(now: datetime) -> None:
    class Old:
        not_valid_before = now.replace(tzinfo=None)
        not_valid_after = now.replace(tzinfo=None)

    assert x509._not_before(Old()) == now
    assert x509._not_after(Old()) == now
