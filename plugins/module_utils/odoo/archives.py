# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of custom Odoo modules: checked against their hash, and unpacked in one step."""

from __future__ import annotations

import hashlib
import os
import tarfile

from . import files
from .errors import OdooError

MANIFEST = "__manifest__.py"


def present(directory: str, sha256: str) -> bool:
    """An empty directory is what an engine makes of a mount whose source is not there."""
    try:
        return bool(os.listdir(f"{directory}/{sha256}"))
    except FileNotFoundError:
        return False


def sha256_of(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def problem(path: str, sha256: str) -> str | None:
    """Why it is not what was declared."""
    try:
        seen = sha256_of(path)
    except OSError as error:
        return f"{path} can't be read: {error.strerror}"
    if seen != sha256:
        return f"{path} has the SHA-256 {seen}, declared is {sha256}: it is another archive, or it was changed"
    return None


def unpack(path: str, sha256: str, directory: str) -> None:
    """Root owns it and everybody reads it. What a killed run left is begun anew."""
    new = f"{directory}/.{sha256}.new"
    files.remove_tree(new)
    os.makedirs(new, mode=0o755)
    os.chmod(directory, 0o755)
    try:
        with tarfile.open(path) as archive:
            archive.extractall(new, filter="data")
        home = _home(new)
    except (tarfile.TarError, OSError, EOFError) as error:
        files.remove_tree(new)
        raise OdooError(f"{path} can't be unpacked: {error}") from error
    if home is None:
        files.remove_tree(new)
        raise OdooError(
            f"{path} holds no Odoo module: directories with a {MANIFEST} are needed, at its top or in one directory there"
        )
    _share(home)
    os.rename(home, f"{directory}/{sha256}")
    files.remove_tree(new)


def _home(top: str) -> str | None:
    """Where the modules are: at the top, or in the one directory that `git archive --prefix` and forges put around them."""
    names = [name for name in os.listdir(top) if os.path.isdir(os.path.join(top, name))]
    if any(os.path.exists(os.path.join(top, name, MANIFEST)) for name in names):
        return top
    return _home(os.path.join(top, names[0])) if len(names) == 1 else None


def _share(top: str) -> None:
    for folder, _folders, names in os.walk(top):
        os.chmod(folder, 0o755)
        os.chown(folder, 0, 0)
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                os.chmod(path, 0o644)
            os.chown(path, 0, 0, follow_symlinks=False)
