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
