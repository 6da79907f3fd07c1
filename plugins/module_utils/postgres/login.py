# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login options that all modules of this domain share: plugins/doc_fragments/postgres.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOGIN_ARGUMENTS: dict[str, dict[str, Any]] = {
    "login_unix_socket": {"type": "path", "default": "/var/run/postgresql"},
    "login_host": {"type": "str"},
    "login_port": {"type": "int", "default": 5432},
    "login_user": {"type": "str", "default": "postgres"},
    "login_password": {"type": "str", "no_log": True},
    "ssl_mode": {
        "type": "str",
        "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        "default": "verify-full",
    },
    "ca_cert": {"type": "path"},
}


def login(params: Mapping[str, Any]) -> dict[str, Any]:
    """The same in libpq's words."""
    remote = params["login_host"]
    return {
        "host": remote or params["login_unix_socket"],
        "port": params["login_port"],
        "user": params["login_user"],
        "password": params["login_password"],
        "sslmode": params["ssl_mode"] if remote else None,
        "sslrootcert": params["ca_cert"] if remote else None,
    }
