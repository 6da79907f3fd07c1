# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The door of a container without a network: which greeting gets through."""

from __future__ import annotations

import socket
import struct
import threading
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import fence
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Database

SERVER = Database("acme_prod", "acme_prod", "127.0.0.1", 1)


def greeting(**words: str) -> bytes:
    body = b"".join(f"{key}\0{value}\0".encode() for key, value in words.items()) + b"\0"
    return struct.pack("!ii", len(body) + 8, 196608) + body


@pytest.mark.parametrize(
    ("words", "wanted"),
    [({"user": "acme", "database": "copy"}, "copy"), ({"user": "acme"}, "acme"), ({}, None)],
)
def test_the_database_is_read_from_the_greeting(words: dict[str, str], wanted: str | None) -> None:
    assert fence.requested(greeting(**words)) == wanted


def speak(path: Path, *messages: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        for message in messages:
            client.sendall(message)
        seen = b""
        while chunk := client.recv(1000):
            seen += chunk
        return seen


def test_only_the_copy_can_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fence.os, "chown", lambda *_: None)
    with fence.opened(fence.Door(SERVER, "", ("copy",)), str(tmp_path), 0):
        path = tmp_path / ".s.PGSQL.1"
        answer = speak(path, struct.pack("!ii", 8, 80877103), greeting(user="acme", database="acme_prod"))
        assert answer.startswith(b"NE")
        assert b"only copy can be reached" in answer
        assert speak(path, struct.pack("!ii", 20_000, 196608)).startswith(b"E")
    assert not path.exists()
    assert threading.active_count() < 5
