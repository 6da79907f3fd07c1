# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: running_code
short_description: Say in recovery points which code runs
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - What is declared may be newer than what runs, above all before a release. The database fits what runs.
  - An environment of which no record tells what runs is returned as it is.
positional: releases
options:
  _input:
    description: Environments, each with C(environment) and maybe C(facts), as M(tierline.erp.recovery_point) takes them.
    type: list
    elements: dict
    required: true
  releases:
    description: Records of releases, as M(tierline.erp.odoo_releases_info) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Name the moment, and say which code the databases fit
  ansible.builtin.include_role:
    name: tierline.erp.backup_agent
    tasks_from: point
  vars:
    backup_agent_point_environments: "{{ environments | tierline.erp.running_code(info.releases) }}"
"""

RETURN = r"""
_value:
  description: The environments. C(facts.image) and C(facts.addons) are of the slot that serves.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def running_code(environments: Iterable[Mapping[str, Any]], releases: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """An older record knows the image only; then nothing is said of archives, rather than what is declared."""
    serves = {record["environment"]: record["released"].get(record["slot"]) for record in releases}
    return [_with(item, serves.get(item["environment"])) for item in environments]


def _with(item: Mapping[str, Any], entry: Mapping[str, Any] | None) -> dict[str, Any]:
    if not entry:
        return dict(item)
    declared = {name: value for name, value in item.get("facts", {}).items() if name != "addons"}
    archives = {"addons": [{"sha256": sha256} for sha256 in entry["addons"]]} if "addons" in entry else {}
    return {**item, "facts": {**declared, "image": entry["image"], **archives}}


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"running_code": running_code}
