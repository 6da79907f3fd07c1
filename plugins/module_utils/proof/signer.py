# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Signatures that anybody can check with ``ssh-keygen -Y verify``: the only file here that starts processes on the controller."""

import os
import re
import subprocess
from pathlib import Path

from .errors import ProofError
from .statement import NAMESPACE

# More would be a pattern, a second identity or a comment to who reads allowed_signers.
_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]*")


def make_key(path: Path, comment: str) -> bool:
    """A key of its own for certificates; whether it was made now."""
    if path.exists():
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = _part(path)
    for left in (part, _public(part)):
        left.unlink(missing_ok=True)
    _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(part)])
    # The private one tells whether there is a key, so it comes last.
    os.replace(_public(part), _public(path))
    os.replace(part, path)
    return True


def sign(path: Path, key: Path) -> None:
    """Writes ``<path>.sig``, whole or not at all: that it is there tells that the certificate is complete."""
    signature = path.with_name(f"{path.name}.sig")
    signature.unlink(missing_ok=True)
    write(signature, _run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE], path.read_bytes()))


def allow(path: Path, key: Path, identity: str) -> None:
    """Who checks needs this file, and nothing that is secret. Keys that signed before stay: certificates outlive keys."""
    if not _IDENTITY.fullmatch(identity):
        raise ProofError(f"{identity!r} can't name who signs: use letters, digits and '_.@+-', and no pattern")
    kind, public = _run(["ssh-keygen", "-y", "-f", str(key)]).decode().split()[:2]
    line = f'{identity} namespaces="{NAMESPACE}" {kind} {public}'
    known = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if line not in known:
        write(path, "".join(f"{text}\n" for text in [*known, line]).encode())


def write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    part = _part(path)
    part.write_bytes(content)
    os.replace(part, path)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _public(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")


def _run(command: list[str], text: bytes = b"") -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, check=False, input=text)
    except OSError as error:
        raise ProofError(f"{command[0]} can't be started: {error.strerror}; install openssh-client on the controller") from error
    if done.returncode:
        raise ProofError(f"{' '.join(command[:4])} failed: {(done.stderr or done.stdout).decode(errors='replace').strip()}")
    return done.stdout
