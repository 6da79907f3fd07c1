# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hardening modules are given; documented in the modules and their fragments hardening and hardening_trial."""

from __future__ import annotations

from typing import Any

CONTROLS: dict[str, Any] = {"controls": {"type": "list", "elements": "dict", "required": True}}
TRIAL: dict[str, Any] = {
    "state": {"type": "str", "choices": ["tried", "kept", "restored"], "default": "tried"},
    "rollback_seconds": {"type": "int", "default": 60},
}
# From a check of somebody else's scanner.
SCAN_EXCEPTION: dict[str, Any] = {name: {"type": "str", "required": True} for name in ("check", "reason", "expires")}
