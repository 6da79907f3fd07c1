# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.odoo import database, setup


class Cursor:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def execute(self, *_: Any) -> None:
        self.answer = self.answers.pop(0)

    def fetchone(self) -> Any:
        return self.answer

    def fetchall(self) -> Any:
        return self.answer


def test_databases_are_read_as_far_as_odoo_got() -> None:
    assert database._read(Cursor((0, False, False))) == setup.DatabaseState()
    rows = [("base", "installed", "19.0.1.3"), ("account", "to install", None)]
    state = database._read(Cursor((80, True, True), rows, [("web.base.url", "https://a")]))
    assert state == setup.DatabaseState(
        80, {"base": "installed", "account": "to install"}, {"web.base.url": "https://a"}, "19.0.1.3"
    )
    assert not state.complete
