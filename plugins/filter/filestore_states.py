# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: filestore_states
short_description: Say in recovery points up to when files had been copied
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Each copy of a filestore that copied everything writes a file of metrics, whose age is the age of the copy.
  - An environment without such a file is returned as it is.
positional: copies
options:
  _input:
    description: Environments, each with C(environment) and maybe C(facts), as M(tierline.erp.recovery_point) takes them.
    type: list
    elements: dict
    required: true
  copies:
    description: The files of metrics, with C(path) and C(mtime), as M(ansible.builtin.find) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Name the moment, and say up to when files had been copied
  ansible.builtin.include_role:
    name: tierline.erp.backup_agent
    tasks_from: point
  vars:
    backup_agent_point_environments: "{{ environments | tierline.erp.filestore_states(copies.files) }}"
"""

RETURN = r"""
_value:
  description: The environments; C(facts.filestore.copied) is when the last copy ended, in UTC.
  type: list
  elements: dict
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

_NAME = re.compile(r".*/tierline_filestore_(.+)\.prom")


def filestore_states(environments: Iterable[Mapping[str, Any]], copies: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Where a machine that ran the environment before still has its file, the later one counts."""
    copied: dict[str, float] = {}
    for file in copies:
        if found := _NAME.fullmatch(file["path"]):
            copied[found[1]] = max(copied.get(found[1], 0), file["mtime"])
    return [_with(item, copied.get(item["environment"])) for item in environments]


def _with(item: Mapping[str, Any], at: float | None) -> dict[str, Any]:
    if at is None:
        return dict(item)
    state = {"copied": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {**item, "facts": {**item.get("facts", {}), "filestore": state}}


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"filestore_states": filestore_states}
