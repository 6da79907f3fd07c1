# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: hardening_controls
short_description: Choose the controls of a profile and attach the exceptions
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - Gives the controls that belong to one of the profiles. One that has an exception stays
    in the list, with its reason and its date.
  - Refused, all at once - an unknown profile or control, an exception without a reason or a date, past its date, or longer than
    400 days.
positional: profiles, exceptions
options:
  _input:
    description: The catalogue, as M(tierline.erp.hardening) takes controls.
    type: list
    elements: dict
    required: true
  profiles:
    description: Profiles, of V(cis_level1_server), V(cis_level2_server), V(anssi_bp28) and V(lynis).
    type: list
    elements: str
    required: true
  exceptions:
    description: Exceptions with C(control), C(reason) and C(expires).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Count what level 1 asks for
  ansible.builtin.debug:
    msg: "{{ catalogue | tierline.erp.hardening_controls(['cis_level1_server'], []) | length }}"
"""

RETURN = r"""
_value:
  description: The controls; C(exemption) is null or holds C(reason) and C(expires).
  type: list
  elements: dict
"""

import datetime
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.selection import select


def hardening_controls(catalogue: Any, profiles: Any, exceptions: Any = ()) -> list[dict[str, Any]]:
    try:
        return [dict(control) for control in select(catalogue, profiles, exceptions, datetime.date.today())]
    except HardeningError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"hardening_controls": hardening_controls}
