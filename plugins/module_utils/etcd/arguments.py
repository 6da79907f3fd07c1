# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""How the etcd modules reach a cluster; documented in the fragment tierline.erp.etcd."""

from collections.abc import Mapping
from typing import Any

from .client import EtcdClient
from .models import Wanted, url

CONNECTION: dict[str, Any] = {
    "members": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"name": {"type": "str", "required": True}, "address": {"type": "str", "required": True}},
    },
    "client_port": {"type": "int", "default": 2379},
    "ca_cert": {"type": "path", "required": True},
    "client_cert": {"type": "path", "required": True},
    "client_key": {"type": "path", "required": True, "no_log": False},
}


def open_client(params: Mapping[str, Any]) -> EtcdClient:
    endpoints = [url(member["address"], params["client_port"]) for member in params["members"]]
    return EtcdClient(endpoints, params["ca_cert"], params["client_cert"], params["client_key"])


def wanted(params: Mapping[str, Any]) -> list[Wanted]:
    return [Wanted(member["name"], url(member["address"], params["peer_port"])) for member in params["members"]]
