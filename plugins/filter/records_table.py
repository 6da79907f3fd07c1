# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: records_table
short_description: Print which records are kept
version_added: 0.1.0
description: Records as M(tierline.erp.finance_record_info) returns them become lines of columns.
author:
  - The tierline.erp contributors (@tierline)
positional: _input
options:
  _input:
    description: The records.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Print them
  ansible.builtin.debug:
    msg: "{{ kept.records | tierline.erp.records_table | join('\\n') }}"
"""

RETURN = r"""
_value:
  description: A line for each record, by environment, the newest first, under a line of headings.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.columns import as_lines

_HEAD = ("environment", "record", "shows", "kept until", "locked until", "dump", "files", "in the store")
_TAMPERED = "altered since, the first one counts"


def records_table(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """One line each."""
    found = sorted(records, key=lambda record: str(record["taken"]), reverse=True)
    found.sort(key=lambda record: str(record["environment"]))
    return as_lines([_HEAD, *map(_row, found)])


def _row(record: Mapping[str, Any]) -> tuple[str, ...]:
    words = [record[name] for name in ("environment", "name", "time", "keep_until")]
    locked = record["locked_until"][:10] or "not locked"
    size = f"{record['dump']['bytes'] / 1048576:.1f} MiB"
    state = _TAMPERED if record["tampered"] else "as it was written"
    return *map(str, words), locked, size, str(record["files"]), state


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"records_table": records_table}
