# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""How modules reach a store, documented in the fragment tierline.erp.object_store, and what they are told of a bucket."""

from typing import Any

from .client import Client
from .models import MODES
from .signature import Credentials

CONNECTION: dict[str, Any] = {
    "endpoint": {"type": "str", "required": True},
    "region": {"type": "str", "default": "us-east-1"},
    "access_key": {"type": "str", "required": True, "no_log": False},
    "secret_key": {"type": "str", "required": True, "no_log": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 20},
}
BUCKET: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "lock_mode": {"type": "str", "choices": list(MODES), "default": "none"},
    "lock_days": {"type": "int", "default": 0},
    "noncurrent_days": {"type": "int", "default": 0},
}


def open_client(params: dict[str, Any]) -> Client:
    credentials = Credentials(params["access_key"], params["secret_key"])
    return Client(params["endpoint"], params["region"], credentials, params["ca_path"], params["timeout"])
