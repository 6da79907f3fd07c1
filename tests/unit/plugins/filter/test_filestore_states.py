# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.filter.filestore_states import FilterModule

filestore_states = FilterModule().filters()["filestore_states"]


def copy(name: str, mtime: float) -> dict:
    return {"path": f"/var/lib/tierline/metrics/tierline_filestore_{name}.prom", "mtime": mtime, "mode": "0644"}


def test_a_recovery_point_says_up_to_when_files_had_been_copied() -> None:
    items = [
        {"environment": "acme", "database": "acme", "facts": {"image": "odoo"}},
        {"environment": "acme_staging", "database": "books"},
        {"environment": "globex", "database": "globex"},
    ]
    found = filestore_states(items, [copy("acme", 1795334400.7), copy("acme_staging", 0.0), {"path": "/x/tierline_backup.prom"}])
    assert found == [
        {"environment": "acme", "database": "acme", "facts": {"image": "odoo", "filestore": {"copied": "2026-11-22T08:00:00Z"}}},
        {"environment": "acme_staging", "database": "books", "facts": {"filestore": {"copied": "1970-01-01T00:00:00Z"}}},
        {"environment": "globex", "database": "globex"},
    ]
    assert items[0]["facts"] == {"image": "odoo"}, "what was given stays as it was"


def test_of_two_machines_the_later_copy_counts() -> None:
    (found,) = filestore_states([{"environment": "acme"}], [copy("acme", 1795334400), copy("acme", 60)])
    assert found["facts"]["filestore"]["copied"] == "2026-11-22T08:00:00Z"
