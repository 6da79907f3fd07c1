# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Objects that are written once: of several versions the oldest counts, and a deletion counts for nothing."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from .client import Client, Version


@dataclass(frozen=True)
class Written:
    """What was written first, and whether anybody overwrote or deleted it later."""

    version: Version
    content: bytes
    tampered: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read(client: Client, bucket: str, prefix: str) -> Iterator[Written]:
    versions: dict[str, list[Version]] = {}
    for version in client.versions(bucket, prefix):
        versions.setdefault(version.key, []).append(version)
    for of_key in versions.values():
        # Newest first, as stores list them; their times may be of whole seconds only.
        written = [version for version in reversed(of_key) if not version.marker]
        if written:
            first = min(written, key=lambda version: version.modified)
            yield Written(first, client.get(bucket, first.key, first.version), len(of_key) > 1)
