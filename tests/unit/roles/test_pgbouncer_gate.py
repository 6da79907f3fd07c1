# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""roles/postgres_ha/files/pgbouncer_gate.py: when a member's PgBouncer turns clients away to the next member."""

from __future__ import annotations

import importlib.util
import pathlib
import socket
import threading

import pytest

SOURCE = pathlib.Path(__file__).parents[3] / "roles/postgres_ha/files/pgbouncer_gate.py"
_spec = importlib.util.spec_from_file_location("pgbouncer_gate", SOURCE)
assert _spec is not None
assert _spec.loader is not None
gate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gate)


@pytest.mark.parametrize(
    ("answers", "closed_at"),
    [
        (["open"] * 60, None),
        (["open"] + ["alone"] * 9, 5),
        (["open"] + ["silent"] * 9, 5),
        (["open"] + ["a new word"] * 9, 5),
        (["open"] + ["waiting"] * 39, None),
        (["open"] + ["waiting"] * 60, 40),
        # A failover in which the member is cut off only at its end.
        (["open"] + ["waiting"] * 10 + ["alone"], 11),
        # One good answer proves that there is a way again.
        (["open", "alone", "alone", "open", "alone", "alone", "open"], None),
        # Whoever never saw a good answer counts from the first bad one.
        (["alone"] * 9, 5),
    ],
)
def test_bad_answers_are_borne_for_as_long_as_they_may_last(answers: list[str], closed_at: int | None) -> None:
    watch = gate.Gate()
    closed = [second for second, answer in enumerate(answers) if watch.closes(answer, float(second))]
    assert (closed[0] if closed else None) == closed_at


def serve(path: pathlib.Path, answer: bytes) -> threading.Thread:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(1)

    def work() -> None:
        with server, server.accept()[0] as connection:
            assert connection.recv(100).startswith(b"GET /primary HTTP/1.0\r\n")
            connection.sendall(answer)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nopen", "open"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\nalone\n", "alone"),
        (b"", ""),
    ],
)
def test_the_proxy_is_asked_on_its_socket(tmp_path: pathlib.Path, answer: bytes, word: str) -> None:
    thread = serve(tmp_path / "s", answer)
    assert gate.ask(str(tmp_path / "s"), "/primary") == word
    thread.join(5)


def test_a_proxy_that_is_dead_or_stuck_is_silent(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "TIMEOUT", 0.1)
    assert gate.ask(str(tmp_path / "none"), "/primary") == "silent"
    with socket.socket(socket.AF_UNIX) as stuck:
        stuck.bind(str(tmp_path / "stuck"))
        stuck.listen(1)
        assert gate.ask(str(tmp_path / "stuck"), "/primary") == "silent"


def test_systemd_hears_when_the_gate_is_open_and_gets_a_failure_when_it_closes(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["alone", "open", "open", "alone", "alone"])
    monkeypatch.setattr(gate, "ask", lambda *_: next(answers))
    monkeypatch.setattr(gate, "INTERVAL", 0.0)
    monkeypatch.setattr(gate, "PATIENCE", {"alone": 0.0, "silent": 0.0})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        assert gate.main("socket", "/primary") == 1
        assert systemd.recv(100) == b"READY=1"
