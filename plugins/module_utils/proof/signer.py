# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Signatures that anybody can check with ``ssh-keygen -Y verify``: the only file here that starts processes on the controller."""

import os
import subprocess
from pathlib import Path

from .errors import ProofError
from .statement import NAMESPACE


def make_key(path: Path, comment: str) -> bool:
    """A key of its own for certificates; whether it was made now."""
    if path.exists():
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)])
    return True


def sign(path: Path, key: Path) -> None:
    """Writes ``<path>.sig``."""
    signature = path.with_name(f"{path.name}.sig")
    signature.unlink(missing_ok=True)
    _run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(path)])


def allow(path: Path, key: Path, identity: str) -> None:
    """Who checks needs this file, and nothing that is secret."""
    public = key.with_name(f"{key.name}.pub").read_text(encoding="ascii").split()
    write(path, f'{identity} namespaces="{NAMESPACE}" {public[0]} {public[1]}\n'.encode())


def write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise ProofError(f"{command[0]} can't be started: {error.strerror}; install openssh-client on the controller") from error
    if done.returncode:
        raise ProofError(f"{' '.join(command[:4])} failed: {(done.stderr or done.stdout).strip()}")
