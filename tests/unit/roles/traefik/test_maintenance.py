# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page that stands in for environments that nobody serves, as the unit starts it."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

FILES = Path(__file__).parents[4] / "roles" / "traefik" / "files"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    command = [sys.executable, "-I", str(FILES / "maintenance.py"), str(number), str(FILES / "maintenance.html"), "7"]
    with subprocess.Popen(command) as server:
        for _try in range(100):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", number)) == 0:
                    break
            time.sleep(0.05)
        yield number
        server.kill()


@pytest.mark.parametrize(("method", "empty"), [("GET", False), ("HEAD", True)])
def test_who_asks_is_told_to_come_back(port: int, method: str, empty: bool) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, "/504")
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == 503
    told = {name: answer.getheader(name) for name in ("Retry-After", "Cache-Control", "X-Upstream-Status")}
    assert told == {"Retry-After": "7", "Cache-Control": "no-store", "X-Upstream-Status": "504"}
    assert (text == "") is empty
    assert empty or ('content="7"' in text and "{retry_after}" not in text)
