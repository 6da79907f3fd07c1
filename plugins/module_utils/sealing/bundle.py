# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""All that an empty site needs besides the backups, as one archive. Pure.

A bundle is a mapping of relative paths to contents. The manifest lists each file with its digest, so that two bundles of the same
files have the same digest, whenever they were made.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from .errors import SealingError

FORMAT = 1
MANIFEST = "manifest.json"
# A site's words fit in far less: more means that a folder was named which isn't one of them.
LIMIT = 16 * 1024 * 1024


def manifest(files: Mapping[str, bytes], facts: Mapping[str, Any]) -> bytes:
    if not files:
        raise SealingError("there is nothing to seal")
    for path in files:
        _check(path)
    if (size := sum(map(len, files.values()))) > LIMIT:
        raise SealingError(f"{size >> 20} MiB are too much to seal: name folders of configuration only, up to {LIMIT >> 20} MiB")
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    return (json.dumps({"format": FORMAT, "files": digests, "facts": facts}, sort_keys=True, indent=2) + "\n").encode()


def pack(files: Mapping[str, bytes], listed: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for path, content in [(MANIFEST, listed), *sorted(files.items())]:
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o600
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def unpack(archive: bytes) -> dict[str, bytes]:
    """The manifest among them. What isn't as the manifest says is refused."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
            files = {member.name: _content(members, member) for member in members}
        listed = json.loads(files[MANIFEST])
        version, digests = listed["format"], listed["files"]
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise SealingError(f"this is no bundle: {error}") from error
    if version != FORMAT:
        raise SealingError(f"the bundle has format {version}, this release reads {FORMAT}: use the release that wrote it")
    if {path: hashlib.sha256(content).hexdigest() for path, content in files.items() if path != MANIFEST} != digests:
        raise SealingError("the bundle holds other files than its manifest says")
    for path in files:
        _check(path)
    return files


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    if stream is None:
        raise SealingError(f"the bundle holds {member.name!r}, which is no file")
    return stream.read()


def _check(path: str) -> None:
    """A path becomes a file below the folder that somebody names."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or not path or ".." in parts.parts or str(parts) != path:
        raise SealingError(f"{path!r} can't be a file's name in a bundle")
