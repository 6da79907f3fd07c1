# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_picture
short_description: Draw what scanners say of an estate
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - A picture in SVG with a bar for each host and scanner, how it was before, and the goal; then the grade of each name
    that is served.
positional: before
options:
  _input:
    description: What the role P(tierline.erp.audit#role) writes of each host and each name.
    type: list
    elements: dict
    required: true
  before:
    description: The same, of before.
    type: list
    elements: dict
    default: []
  title:
    description: The picture's title.
    type: str
    default: What scanners say
  note:
    description: A line below it.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Draw how hosts and names stand
  ansible.builtin.copy:
    content: "{{ figures | tierline.erp.audit_picture(note='2026-11-22, hybrid') }}"
    dest: /srv/audit/estate.svg
    mode: "0640"
"""

RETURN = r"""
_value:
  description: The picture.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.hardening.picture import estate


def audit_picture(after: Any, before: Any = (), title: str = "What scanners say", note: str = "") -> str:
    return estate(title, note, after, before)


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"audit_picture": audit_picture}
