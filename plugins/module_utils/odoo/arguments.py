# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs that the modules share."""

from __future__ import annotations

from typing import Any

from .errors import OdooError
from .models import Settings


def environments() -> dict[str, Any]:
    return {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "environment": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "tenant": {"type": "str"},
            "image": {"type": "str"},
            "domains": {"type": "list", "elements": "str"},
            "modules": {"type": "list", "elements": "str"},
            "database": _database(),
            "redis": _redis(),
            "ports": _ports(),
            **_sizes(),
            "uid": {"type": "int"},
            "options": {"type": "dict", "default": {}},
            "remove_filestore": {"type": "bool", "default": False},
            "egress": {"type": "bool", "default": True},
            "front_image": {"type": "str"},
            "addons": {
                "type": "list",
                "elements": "dict",
                "options": {"archive": {"type": "str"}, "sha256": {"type": "str", "required": True}},
            },
            "secrets": _secrets(),
        },
    }


def _ports() -> dict[str, Any]:
    needed = {name: {"type": "int", "required": True} for name in ("http", "websocket")}
    return {"type": "dict", "options": {**needed, **{f"green_{name}": {"type": "int"} for name in needed}}}


def _database() -> dict[str, Any]:
    needed = {name: {"type": "str", "required": True} for name in ("name", "user", "host")}
    return {"type": "dict", "options": {**needed, "port": {"type": "int", "default": 6432}}}


def _redis() -> dict[str, Any]:
    return {
        "type": "dict",
        "options": {
            "host": {"type": "str"},
            "port": {"type": "int", "default": 6379},
            "sentinels": {"type": "list", "elements": "str", "default": []},
            "sentinel_port": {"type": "int", "default": 26379},
            "primary": {"type": "str"},
            "user": {"type": "str", "required": True},
            "key_prefix": {"type": "str", "required": True, "no_log": False},
        },
    }


def _sizes() -> dict[str, Any]:
    return {
        "workers": {"type": "int", "default": 2},
        "cron_threads": {"type": "int", "default": 1},
        "memory_mb": {"type": "int", "default": 1024},
        "cpus": {"type": "float", "default": 1.0},
    }


def _secrets() -> dict[str, Any]:
    names = ("database", "admin", "master", "redis")
    return {"type": "dict", "no_log": False, "options": {name: {"type": "str", "no_log": True} for name in names}}


def reconciling() -> dict[str, Any]:
    """What every module takes that works on environments: which, where their files are, how many at a time."""
    return {"environments": environments(), **places(), "parallel": {"type": "int", "default": 2}}


def places() -> dict[str, Any]:
    defaults = Settings()
    return {
        "config_dir": {"type": "path", "default": defaults.config_dir},
        "data_dir": {"type": "path", "default": defaults.data_dir},
        "ca_file": {"type": "path", "default": defaults.ca_file},
    }


def serving() -> dict[str, Any]:
    """What modules take that run Odoo as a service."""
    return {
        "addons_dir": {"type": "path", "default": Settings().addons_dir},
        "listen_addresses": {"type": "list", "elements": "str", "default": ["0.0.0.0"]},
        "server_module": {"type": "dict", "required": True},
        "wait_timeout": {"type": "int", "default": 300},
    }


def settings(params: dict[str, Any]) -> Settings:
    known = {name: params[name] for name in ("config_dir", "data_dir", "addons_dir", "ca_file") if params.get(name)}
    for name, value in known.items():
        if not value.startswith("/"):
            raise OdooError(f"{name} is {value!r}: an absolute path is needed")
    if params.get("listen_addresses"):
        known["listen_addresses"] = tuple(params["listen_addresses"])
    if "server_module" in params:
        known["server_module"] = _server_module(params["server_module"])
    return Settings(**known)


def _server_module(files: dict[str, Any]) -> dict[str, str]:
    if "__manifest__.py" not in files:
        raise OdooError("server_module has no __manifest__.py: give the answer of the lookup tierline.erp.odoo_server_module")
    wrong = sorted(name for name in files if "/" in name or not name.endswith(".py"))
    if wrong:
        raise OdooError(f"server_module has {', '.join(wrong)}: Python files without directories are needed")
    return {name: str(text) for name, text in files.items()}
