# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""X.509 in terms of this package's models, with the `cryptography` library. No file, no process.

Works with cryptography 38 (Debian 12) and later.
"""

import ipaddress
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any

from .errors import PkiError
from .models import CLIENT, SERVER, Certificate, Wanted

CRYPTOGRAPHY_IMPORT_ERROR: str | None = None
try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:
    CRYPTOGRAPHY_IMPORT_ERROR = traceback.format_exc()
    _USAGE_OIDS: dict[str, Any] = {}
else:
    _USAGE_OIDS = {SERVER: ExtendedKeyUsageOID.SERVER_AUTH, CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH}


_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def new_key() -> bytes:
    """A P-256 private key: the curve that every TLS stack here speaks fastest."""
    return _pem(ec.generate_private_key(ec.SECP256R1()))


def new_authority_key() -> bytes:
    """A P-384 private key: it lives for years, and signs seldom."""
    return _pem(ec.generate_private_key(ec.SECP384R1()))


def _pem(key: Any) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def load_key(pem: bytes) -> Any:
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The library's message may quote what it could not parse: leave it out.
        raise PkiError("the private key cannot be read: it is damaged, encrypted, or of an unknown type") from None


def key_digest(public_key: Any) -> str:
    der = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _sha256(der)


def _sha256(data: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize().hex()


def load_certificate(pem: bytes) -> Any:
    """The first certificate of a chain."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise PkiError("the certificate cannot be read: it is damaged, or not in PEM") from error


_END = b"-----END CERTIFICATE-----"


def split(pem: bytes) -> list[bytes]:
    """The certificates of a bundle, each in PEM; `load_pem_x509_certificates` exists only since cryptography 39."""
    return [part.strip() + b"\n" + _END + b"\n" for part in pem.split(_END)[:-1]]


def new_request(key_pem: bytes, wanted: Wanted) -> str:
    """A certificate request: the proof that the machine holds the key. Names are the authority's business, not the machine's."""
    request = x509.CertificateSigningRequestBuilder().subject_name(_subject(wanted.common_name))
    return request.sign(load_key(key_pem), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def load_request(pem: str) -> Any:
    """The public key of a request whose signature proves that the requester holds the private one."""
    try:
        request = x509.load_pem_x509_csr(pem.encode())
    except ValueError as error:
        raise PkiError("the certificate request cannot be read: it is damaged, or not in PEM") from error
    if not request.is_signature_valid:
        raise PkiError("the certificate request is not signed by its own key: it was altered on its way")
    return request.public_key()


def issue(wanted: Wanted, public_key: Any, authority: Any, authority_key: Any, not_before: datetime, not_after: datetime) -> str:
    """A certificate with the names of `wanted` for `public_key`, in PEM."""
    names: list[Any] = [x509.DNSName(name) for name in wanted.dns_names]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in wanted.ip_addresses]
    usage = dict.fromkeys(_KEY_USAGES, False) | {"digital_signature": True}
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(wanted.common_name))
        .issuer_name(authority.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(not_before, _not_before(authority)))
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_USAGE_OIDS[usage] for usage in wanted.usages]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
    )
    return builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def new_authority(common_name: str, key_pem: bytes, not_before: datetime, not_after: datetime) -> bytes:
    """The certificate of an authority that signs itself, and may sign no other authority."""
    key, name = load_key(key_pem), _subject(common_name)
    usage = dict.fromkeys(_KEY_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA384()).public_bytes(serialization.Encoding.PEM)


def _subject(common_name: str) -> Any:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def read(certificate: Any, authority: Any = None) -> Certificate:
    """What a loaded certificate says, and whether `authority` signed it."""
    names = _extension(certificate, x509.SubjectAlternativeName)
    usages = _extension(certificate, x509.ExtendedKeyUsage) or ()
    return Certificate(
        common_name=_common_name(certificate.subject),
        dns_names=tuple(sorted(names.get_values_for_type(x509.DNSName))) if names else (),
        ip_addresses=tuple(sorted(map(str, names.get_values_for_type(x509.IPAddress)))) if names else (),
        usages=tuple(usage for usage, oid in _USAGE_OIDS.items() if oid in usages),
        issuer=_common_name(certificate.issuer),
        trusted=authority is not None and signed_by(certificate, authority),
        not_before=_not_before(certificate),
        not_after=_not_after(certificate),
        serial=f"{certificate.serial_number:x}",
        fingerprint=_sha256(certificate.public_bytes(serialization.Encoding.DER)),
        key=key_digest(certificate.public_key()),
    )


def _extension(certificate: Any, kind: Any) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _common_name(name: Any) -> str:
    attributes = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attributes[0].value) if attributes else name.rfc4514_string()


def signed_by(certificate: Any, authority: Any) -> bool:
    """`Certificate.verify_directly_issued_by` exists only since cryptography 40."""
    if certificate.issuer != authority.subject:
        return False
    key = authority.public_key()
    signature, data, digest = certificate.signature, certificate.tbs_certificate_bytes, certificate.signature_hash_algorithm
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), digest)
        else:
            key.verify(signature, data)
    except (InvalidSignature, TypeError):
        return False
    return True


def is_authority(certificate: Any) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


# The properties without a time zone are deprecated since cryptography 42, those with one are missing before it.
def _not_before(certificate: Any) -> datetime:
    aware = getattr(certificate, "not_valid_before_utc", None)
    return aware or certificate.not_valid_before.replace(tzinfo=UTC)


def _not_after(certificate: Any) -> datetime:
    aware = getattr(certificate, "not_valid_after_utc", None)
    return aware or certificate.not_valid_after.replace(tzinfo=UTC)


def lifetime(now: datetime, valid: timedelta, backdate: timedelta) -> tuple[datetime, datetime]:
    """Backdated a little, so that a machine whose clock is late accepts the certificate at once."""
    start = now.replace(microsecond=0)
    return start - backdate, start + valid
