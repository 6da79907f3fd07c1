# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The data directory of etcd, read without etcd: which member of which cluster it belongs to.

Each file of the write-ahead log begins with a record of metadata. The framing is that of etcd's server/wal, the records are
protocol buffers: https://github.com/etcd-io/etcd/blob/release-3.5/server/wal/walpb/record.proto
"""

import struct
from dataclasses import dataclass
from pathlib import Path

_METADATA = 1
_TYPE, _DATA = 1, 3
_NODE_ID, _CLUSTER_ID = 1, 2
_HEAD = 4096


@dataclass(frozen=True)
class DataDirectory:
    path: str
    member_id: int
    cluster_id: int


def read(path: str) -> DataDirectory | None:
    """None where no etcd has ever run with this directory."""
    logs = sorted(Path(path, "member", "wal").glob("*.wal"))
    if not logs:
        return None
    with logs[0].open("rb") as log:
        identity = metadata(log.read(_HEAD))
    return DataDirectory(path, *identity)


def metadata(head: bytes) -> tuple[int, int]:
    """Member and cluster from the beginning of a log; zeros where it is damaged or was never written to."""
    offset = 0
    while offset + 8 <= len(head):
        (frame,) = struct.unpack_from("<Q", head, offset)
        length = frame & ((1 << 56) - 1)
        padding = (frame >> 56) & 0x7 if frame >> 63 else 0
        if not 0 < length <= len(head) - offset - 8:
            break
        record = _fields(head[offset + 8 : offset + 8 + length])
        if record.get(_TYPE) == _METADATA and isinstance(record.get(_DATA), bytes):
            identity = _fields(record[_DATA])  # type: ignore[arg-type]
            return _number(identity.get(_NODE_ID)), _number(identity.get(_CLUSTER_ID))
        offset += 8 + length + padding
    return 0, 0


def _number(value: int | bytes | None) -> int:
    return value if isinstance(value, int) else 0


def _fields(message: bytes) -> dict[int, int | bytes]:
    """Varints and byte strings of a protocol buffer, by their number."""
    found: dict[int, int | bytes] = {}
    offset = 0
    while offset < len(message):
        key, offset = _varint(message, offset)
        value, offset = _varint(message, offset)
        if key & 7 == 2:
            found[key >> 3] = message[offset : offset + value]
            offset += value
        elif key & 7 == 0:
            found[key >> 3] = value
        else:
            break
    return found


def _varint(message: bytes, offset: int) -> tuple[int, int]:
    value = shift = 0
    while offset < len(message):
        byte = message[offset]
        value |= (byte & 0x7F) << shift
        offset += 1
        shift += 7
        if not byte & 0x80:
            break
    return value, offset
