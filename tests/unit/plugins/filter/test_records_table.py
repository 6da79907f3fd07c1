# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.filter.records_table import FilterModule

records_table = FilterModule().filters()["records_table"]
RECORD = {
    "environment": "acme_prod",
    "name": "2026-closed",
    "time": "2027-02-10T08:00:00Z",
    "taken": "2027-02-10T08:04:00Z",
    "keep_until": "2037-02-10",
    "locked_until": "2037-02-17T08:04:00Z",
    "dump": {"bytes": 7340032},
    "files": 42,
    "tampered": False,
}


def test_newest_first_by_environment() -> None:
    older = {**RECORD, "name": "2025-closed", "taken": "2026-02-10T08:04:00Z", "locked_until": "", "tampered": True}
    other = {**RECORD, "environment": "aaa"}
    head, *lines = records_table([older, other, RECORD])
    assert head.split()[:2] == ["environment", "record"]
    assert [line.split()[:2] for line in lines] == [
        ["aaa", "2026-closed"],
        ["acme_prod", "2026-closed"],
        ["acme_prod", "2025-closed"],
    ]
    assert "2037-02-17" in lines[1]
    assert "7.0 MiB" in lines[1]
    assert "not locked" in lines[2]
    assert "altered" in lines[2]
