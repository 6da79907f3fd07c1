# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine that we started is told from one that we did not."""

import os

from ansible_collections.tierline.erp.plugins.module_utils.lab import engine


def test_a_mark_whose_process_is_gone_or_is_something_else_is_not_ours(tmp_path):
    assert engine.started_pid(tmp_path) is None
    (tmp_path / engine.STARTED_MARK).write_text(f"{os.getpid()}\n")
    assert engine.started_pid(tmp_path) is None
    (tmp_path / engine.STARTED_MARK).write_text("nonsense\n")
    assert engine.started_pid(tmp_path) is None


def test_the_note_of_a_killed_engine_is_forgotten_and_that_of_a_live_process_kept(tmp_path):
    note = tmp_path / "docker.pid"
    note.write_text(f"{os.getpid()}")
    with open(f"/proc/{os.getpid()}/comm") as stream:
        own_name = stream.read().strip()
    engine.forget_dead(note, own_name)
    assert note.exists()
    engine.forget_dead(note, "dockerd")
    assert not note.exists()
    engine.forget_dead(note, "dockerd")
