# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""How the Redis modules reach a server; documented in the fragment tierline.erp.redis."""

from typing import Any

from .models import ADMIN
from .store import RedisStore, Server

CONNECTION: dict[str, Any] = {
    "unix_socket": {"type": "path"},
    "host": {"type": "str", "default": "localhost"},
    "port": {"type": "int", "default": 6379},
    "ca_path": {"type": "path"},
    "login_user": {"type": "str", "default": ADMIN},
    "login_password": {"type": "str", "required": True, "no_log": True},
    "timeout": {"type": "int", "default": 10},
}


def open_store(params: dict[str, Any]) -> RedisStore:
    server = Server(
        params["unix_socket"],
        params["host"],
        params["port"],
        params["ca_path"],
        transactions=not params.get("sentinel_acl_file"),
    )
    return RedisStore(server, params["login_user"], params["login_password"], params["timeout"])
