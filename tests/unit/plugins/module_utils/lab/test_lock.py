# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.lab.errors import LabError
from ansible_collections.tierline.erp.plugins.module_utils.lab.lock import exclusive


def test_the_second_waits_for_the_first(tmp_path):
    order = []
    path = tmp_path / "run" / "lab.lock"

    def second():
        with exclusive(path):
            order.append("second")

    with exclusive(path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
    assert path.stat().st_mode & 0o077 == 0


def test_let_go_after_a_failure(tmp_path):
    with pytest.raises(ValueError, match="spoilt"), exclusive(tmp_path / "lock"):
        raise ValueError("spoilt")
    with exclusive(tmp_path / "lock"):
        pass


def test_a_lock_that_cannot_be_opened(tmp_path):
    with pytest.raises(LabError, match="cannot open the lock"), exclusive(tmp_path):
        pass
