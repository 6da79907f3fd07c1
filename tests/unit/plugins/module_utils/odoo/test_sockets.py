# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel says of connections: by it a slot is kept until its users have their answers."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import sockets
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.forked import Child
from hypothesis import given
from hypothesis import strategies as st

# Not the loopback address that the container's health check uses, so it stands for one of an edge.
EDGE, SELF = "127.0.0.2", "127.0.0.1"


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server((EDGE, 0)) as listening:
        yield listening


def test_connections_are_counted_while_they_are_open(server: socket.socket) -> None:
    port = server.getsockname()[1]
    assert sockets.established(os.getpid(), port) == 0
    with socket.create_connection((EDGE, port)), socket.create_connection((EDGE, port)) as second:
        assert sockets.established(os.getpid(), port) == 2
        second.shutdown(socket.SHUT_WR)
        # It has sent all that it has to say; the answer is still to come, but nobody tells that from one who left.
        assert sockets.established(os.getpid(), port) == 1
    assert sockets.established(os.getpid(), port) == 0


def test_other_ports_are_of_no_interest(server: socket.socket) -> None:
    with socket.create_connection((EDGE, server.getsockname()[1])), socket.create_server((EDGE, 0)) as other:
        assert sockets.established(os.getpid(), other.getsockname()[1]) == 0


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, SELF), (socket.AF_INET6, "::1"), (socket.AF_INET6, "::")])
def test_what_a_container_asks_itself_keeps_nobody_waiting(family: socket.AddressFamily, address: str) -> None:
    """The last one listens for both families, so its connection has the old address within the new table."""
    try:
        listening = socket.create_server((address, 0), family=family, dualstack_ipv6=address == "::")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening:
        port = listening.getsockname()[1]
        with socket.create_connection((SELF if address == "::" else address, port)):
            assert sockets.established(os.getpid(), port) == 0


def test_users_of_a_server_for_both_families_are_counted() -> None:
    try:
        listening = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listening, socket.create_connection((EDGE, listening.getsockname()[1])):
        assert sockets.established(os.getpid(), listening.getsockname()[1]) == 1


def test_a_process_that_has_ended_waits_for_nobody(server: socket.socket) -> None:
    """Neither one whose parent hasn't noticed yet, nor one that is gone."""
    port = server.getsockname()[1]
    with socket.create_connection((EDGE, port)):
        child = Child(lambda: None)
        deadline = time.monotonic() + 10
        while _state(child.pid) != "Z" and time.monotonic() < deadline:
            time.sleep(0.01)
        pid = child.pid
        assert sockets.established(pid, port) == 0
        assert child.wait() == 0
        assert sockets.established(pid, port) == 0


def _state(pid: int) -> str:
    with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
        return stream.read().rpartition(") ")[2][0]


ADDRESSES = st.integers(0, 2**32 - 1).map(lambda number: f"{number:08X}")
LINES = st.tuples(ADDRESSES, st.integers(1, 65535), st.sampled_from(["01", "02", "06", "08", "0A"]))


@given(st.lists(LINES, max_size=20), st.integers(1, 65535))
def test_established_ones_of_others_are_counted_and_nothing_else(lines: list[tuple[str, int, str]], port: int) -> None:
    lines += [("020011AC", port, "01"), ("0100007F", port, "01"), ("020011AC", port, "06")]
    table = ["  sl  local_address rem_address   st tx_queue rx_queue"]
    table += [f"   {n}: {address}:{local:04X} 010011AC:{port:04X} {state} 0 0" for n, (address, local, state) in enumerate(lines)]
    wanted = [line for line in lines if line[1:] == (port, "01") and line[0] != "0100007F"]
    assert sockets.count(table, port) == len(wanted) >= 1
