# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How a change is put on trial, as the modules take it that could lock somebody out."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(tried) puts what is wanted to use until it is confirmed.
      - V(kept) confirms what is on trial, for good.
      - V(restored) goes back to what was before at once.
    type: str
    choices: [tried, kept, restored]
    default: tried
  rollback_seconds:
    description: How long a change is on trial before the host goes back by itself.
    type: int
    default: 60
"""
