# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The identity in etcd's write-ahead log: module_utils/etcd/data.py."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.etcd.data import DataDirectory, metadata, read


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def record(kind, content=b""):
    body = b"\x08" + varint(kind) + b"\x10" + varint(0xFFFFFFFF) + (b"\x1a" + varint(len(content)) + content if content else b"")
    padding = -len(body) % 8
    length = len(body) | ((0x80 | padding) << 56 if padding else 0)
    return struct.pack("<Q", length) + body + b"\0" * padding


def log(member, cluster):
    # A checksum comes first, the metadata next, then what the log is for.
    return record(4) + record(1, b"\x08" + varint(member) + b"\x10" + varint(cluster)) + record(5, b"x" * 20)


def test_identity_is_read(tmp_path):
    wal = tmp_path / "member" / "wal"
    wal.mkdir(parents=True)
    (wal / "0000000000000001-0000000000000010.wal").write_bytes(log(1, 2))
    (wal / "0000000000000000-0000000000000000.wal").write_bytes(log(0x8E9E05C52164694D, 0xCDF818194E3A8C32))
    assert read(str(tmp_path)) == DataDirectory(str(tmp_path), 0x8E9E05C52164694D, 0xCDF818194E3A8C32)


def test_no_data(tmp_path):
    assert read(str(tmp_path)) is None


@pytest.mark.parametrize("head", [b"", b"\0" * 64, b"\xff" * 64, log(7, 8)[:20], record(5, b"abc")])
def test_damage_is_no_identity(head):
    assert metadata(head) == (0, 0)
