# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils import columns

_MARKS = {"passed": "ok", "failed": "FAILED", "blocked": "BLOCKED", "skipped": "skipped"}
_COLUMNS = (("check", "name"), ("result", "status"), ("layer", "layer"), ("seconds", "seconds"), ("what was seen", "detail"))


def as_lines(checks: Iterable[Mapping[str, Any]]) -> list[str]:
    """Lay checks out as a table that a person reads, one line each."""
    rows = [[title for title, _key in _COLUMNS]]
    rows += [[_cell(key, check[key]) for _title, key in _COLUMNS] for check in checks]
    return columns.as_lines(rows)


def _cell(key: str, value: Any) -> str:
    if key == "status":
        return _MARKS.get(value, str(value))
    return f"{value:.2f}" if key == "seconds" else str(value)


def blame(checks: Iterable[Mapping[str, Any]]) -> str:
    """Say in one line which layers are at fault and how it shows; empty when all is well."""
    failed = [check for check in checks if not check["ok"]]
    if not failed:
        return ""
    roots = [check for check in failed if check["status"] == "failed"]
    layers = dict.fromkeys(check["layer"] for check in roots)
    return f"layer at fault: {', '.join(layers)}. " + "; ".join(f"{check['name']}: {check['detail']}" for check in roots)
