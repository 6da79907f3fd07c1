# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The argument that the modules of the internal authority share; documented in the fragment tierline.erp.pki."""

from typing import Any

from .models import USAGES

CERTIFICATES: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "common_name": {"type": "str", "required": True},
        "dns_names": {"type": "list", "elements": "str", "default": []},
        "ip_addresses": {"type": "list", "elements": "str", "default": []},
        "group": {"type": "str", "default": "root"},
        "usages": {"type": "list", "elements": "str", "choices": list(USAGES), "default": list(USAGES)},
        "reload": {"type": "list", "elements": "str", "default": []},
        "environment": {"type": "str"},
    },
}
