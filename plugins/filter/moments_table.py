# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: moments_table
short_description: Print to which moments environments can be brought back, as a table
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - Lays out recovery points as lines of a table, for M(ansible.builtin.debug), the newest first.
positional: oldest
options:
  _input:
    description: Recovery points as M(tierline.erp.recovery_point_info) returns them, of any number of environments.
    type: list
    elements: dict
    required: true
  oldest:
    description:
      - The oldest moment that can be restored, as M(tierline.erp.restore_window_info) returns it; empty where nothing can.
      - Points before it are not listed.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what there is
  ansible.builtin.debug:
    msg: "{{ read.points | tierline.erp.moments_table(window.oldest) }}"
"""

RETURN = r"""
_value:
  description: Lines of text, the head first.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.columns import as_lines

_HEAD = ("environment", "recovery point", "moment", "on its way", "in the store")
_TAMPERED = "altered since, the first record counts"


def moments_table(points: Iterable[Mapping[str, Any]], oldest: str) -> list[str]:
    """One line each."""
    within = [point for point in points if oldest and point["time"] > oldest]
    within.sort(key=lambda point: str(point["time"]), reverse=True)
    within.sort(key=lambda point: str(point["environment"]))
    return as_lines([_HEAD, *map(_row, within)])


def _row(point: Mapping[str, Any]) -> tuple[str, ...]:
    state = _TAMPERED if point["tampered"] else "as it was written"
    return str(point["environment"]), str(point["name"]), str(point["time"]), f"{point['delay']:.1f} s", state


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"moments_table": moments_table}
