# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.module_utils.probe import table
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Check


def test_the_table_lines_up_and_blame_is_one_line() -> None:
    found = [
        Check("tls", "pki", "passed", "fine", 0.5),
        Check("invoice", "books", "failed", "total is wrong"),
        Check("cron", "app", "blocked", "not tried"),
        Check("http", "edge", "skipped", "no port"),
    ]
    plain = [check.to_dict() for check in found]
    lines = table.as_lines(plain)
    assert lines[0].split() == ["check", "result", "layer", "seconds", "what", "was", "seen"]
    assert lines[2] == "invoice  FAILED   books  0.00     total is wrong"
    assert len({line.index(text) for line, text in zip(lines[1:], ("fine", "total", "not tried", "no port"), strict=True)}) == 1
    assert table.blame(plain) == "layer at fault: books. invoice: total is wrong"
    assert table.blame(plain[:1]) == ""
