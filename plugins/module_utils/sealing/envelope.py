# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A bundle that only the recovery key opens (age), and that only the estate's authority can have made (its signature).

Whoever seals can't open what was sealed, so a controller that was taken gives nothing of the past away. Whoever has the key of a
writer can put into the store what he likes, but nothing that the authority signed.
"""

import base64
import hashlib
import json
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..pki import x509
from ..pki.errors import PkiError
from .errors import SealingError

IMPORT_ERROR: str | None = None
try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

# Only where something is sealed or opened, which is the controller.
try:
    import pyrage
except ImportError:
    pyrage = None

FORMAT = 1
KEY = "sealed/estate.json"
_PURPOSE = b"tierline.erp sealed estate 1\n"


@dataclass(frozen=True)
class Envelope:
    # Of the manifest: the same files have the same, however often they are sealed.
    digest: str
    sealed: bytes
    signature: bytes

    def serialise(self) -> bytes:
        words = {"format": FORMAT, "digest": self.digest, "sealed": _text(self.sealed), "signature": _text(self.signature)}
        return (json.dumps(words, sort_keys=True, indent=1) + "\n").encode()

    def authentic(self, authorities: bytes) -> bool:
        """Whether one of the authorities (PEM, one after the other) has signed it."""
        return any(_signed(x509.load_certificate(pem).public_key(), self) for pem in x509.split(authorities))


def parse(content: bytes) -> Envelope:
    try:
        words = json.loads(content)
        if words["format"] != FORMAT:
            raise SealingError(
                f"it was sealed in format {words['format']}, this release reads {FORMAT}: use the release that wrote it"
            )
        return Envelope(str(words["digest"]), _bytes(words["sealed"]), _bytes(words["signature"]))
    except (ValueError, KeyError, TypeError) as error:
        raise SealingError(f"this is no sealed estate: {error}") from error


def seal(listed: bytes, archive: bytes, recipients: Sequence[str], authority_key: bytes) -> Envelope:
    digest = hashlib.sha256(listed).hexdigest()
    sealed = _age().encrypt(archive, [_recipient(word) for word in recipients])
    key = x509.load_key(authority_key)
    message = _message(digest, sealed)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(message, ec.ECDSA(hashes.SHA384()))
    else:
        signature = key.sign(message, padding.PKCS1v15(), hashes.SHA384())
    return Envelope(digest, sealed, signature)


def unseal(envelope: Envelope, identity: str) -> bytes:
    """``identity`` is the text of the file that age-keygen writes."""
    age = _age()
    words = [line.strip() for line in identity.splitlines() if line.strip() and not line.startswith("#")]
    try:
        keys = [age.x25519.Identity.from_str(word) for word in words]
    except age.IdentityError:
        # Its message may quote the key.
        raise SealingError(
            "the recovery key can't be read: it is the file that age-keygen wrote, with AGE-SECRET-KEY-1..."
        ) from None
    try:
        return bytes(age.decrypt(envelope.sealed, keys))
    except age.DecryptError as error:
        raise SealingError(f"this recovery key doesn't open it ({error}): was it sealed for another one?") from error


def _recipient(word: str) -> Any:
    age = _age()
    try:
        return age.x25519.Recipient.from_str(word)
    except age.RecipientError as error:
        raise SealingError(
            f"{word!r} is no public key of age ({error}): age-keygen -y recovery.key says it, as age1..."
        ) from error


def _signed(key: Any, envelope: Envelope) -> bool:
    message = _message(envelope.digest, envelope.sealed)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(envelope.signature, message, ec.ECDSA(hashes.SHA384()))
        else:
            key.verify(envelope.signature, message, padding.PKCS1v15(), hashes.SHA384())
    except (InvalidSignature, PkiError):
        return False
    return True


def _message(digest: str, sealed: bytes) -> bytes:
    return _PURPOSE + digest.encode() + b"\n" + sealed


def _age() -> Any:
    if pyrage is None:
        raise SealingError(
            "the Python package pyrage is missing on the controller: pip install pyrage, as requirements.txt has it"
        )
    return pyrage


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
