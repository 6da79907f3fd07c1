# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""How the store keeps recovery points and finance records: JSON that says the version of its format. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from .errors import ProofError

_T = TypeVar("_T")


def serialise(words: Any) -> bytes:
    """Of a dataclass, the same bytes for the same words."""
    return (json.dumps(asdict(words), sort_keys=True, indent=2) + "\n").encode()


def parse(content: bytes, make: Callable[..., _T], known: int, kind: str) -> _T:
    """What ``serialise`` wrote in the format ``known``; ``kind`` is what errors call it."""
    try:
        values: Mapping[str, Any] = json.loads(content)
        version = values["format"]
        if version != known:
            raise ProofError(f"the {kind} has format {version}, this release reads {known}: use the release that wrote it")
        return make(**values)
    except (ValueError, KeyError, TypeError) as error:
        raise ProofError(f"this is no {kind}: {error}") from error
