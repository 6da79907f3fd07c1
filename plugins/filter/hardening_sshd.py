# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: hardening_sshd
short_description: Collect what controls ask of the SSH server
version_added: 0.1.0
author: The tierline.erp contributors (@tierline)
description:
  - Gives the settings of all controls that have no exemption, as M(tierline.erp.ssh_server) takes them.
options:
  _input:
    description: Controls, as P(tierline.erp.hardening_controls#filter) gives them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Put the settings on trial
  tierline.erp.ssh_server:
    settings: "{{ controls | tierline.erp.hardening_sshd }}"
"""

RETURN = r"""
_value:
  description: Keywords of sshd and their values.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.hardening.ssh import wanted


def hardening_sshd(controls: Any) -> dict[str, str]:
    return wanted(controls)


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"hardening_sshd": hardening_sshd}
