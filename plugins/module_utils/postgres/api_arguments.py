# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options by which modules reach the members of a cluster: Patroni's API, and PgBouncer's admin console."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ..etcd.client import EtcdClient
from ..etcd.errors import EtcdError
from ..etcd.models import url
from .errors import PostgresError
from .health import DEFAULT_MAXIMUM_LAG, Rules
from .operations import Limits, Operator
from .patroni import PatroniApi
from .pgbouncer import PSYCOPG2_IMPORT_ERROR, Poolers
from .resignation import Resignation, kill_patroni

API_ARGUMENTS: dict[str, Any] = {
    "members": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"name": {"type": "str", "required": True}, "address": {"type": "str", "required": True}},
    },
    "api_port": {"type": "int", "default": 8008},
    "api_user": {"type": "str", "default": "patroni"},
    "api_password": {"type": "str", "required": True, "no_log": True},
    "ca_cert": {"type": "path", "default": "/etc/tierline/pki/ca.crt"},
    "client_cert": {"type": "path", "default": "/etc/tierline/pki/patroni/tls.crt"},
    "client_key": {"type": "path", "default": "/etc/tierline/pki/patroni/tls.key", "no_log": False},
}
POOLER_ARGUMENTS: dict[str, Any] = {
    "pgbouncer_port": {"type": "int", "default": 6432},
    "pgbouncer_user": {"type": "str", "default": "pgbouncer_admin"},
    "pgbouncer_password": {"type": "str", "no_log": True},
}
# What counts as a healthy cluster: see Rules.
HEALTH_ARGUMENTS: dict[str, Any] = {"maximum_lag": {"type": "int", "default": DEFAULT_MAXIMUM_LAG}}
# What an operation on a running cluster may take: see Limits.
OPERATION_ARGUMENTS: dict[str, Any] = {
    "transactions_timeout": {"type": "float", "default": 5},
    "interrupt": {"type": "bool", "default": False},
    "resigned_delay": {"type": "float", "default": 0},
    "endpoints_delay": {"type": "float", "default": 0},
    "healthy_timeout": {"type": "int", "default": 120},
    "switchover_timeout": {"type": "int", "default": 30},
}
# A primary on this host that resigns: see Resignation.
RESIGNATION_ARGUMENTS: dict[str, Any] = {
    "data_directory": {"type": "path"},
    "etcd_prefix": {"type": "str"},
    "etcd_port": {"type": "int", "default": 2379},
    "etcd_addresses": {"type": "list", "elements": "str", "default": []},
}


class Monotonic:
    """The time that passes."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def addresses(params: Mapping[str, Any]) -> dict[str, str]:
    members = {member["name"]: member["address"] for member in params["members"]}
    if not members or len(members) != len(params["members"]):
        raise PostgresError("members must name each member of the cluster once")
    return members


def open_api(params: Mapping[str, Any]) -> PatroniApi:
    return PatroniApi(
        addresses(params),
        params["api_port"],
        params["ca_cert"],
        params["client_cert"],
        params["client_key"],
        params["api_user"],
        params["api_password"],
    )


def open_poolers(params: Mapping[str, Any]) -> Poolers | None:
    """None where no password was given: a cluster without PgBouncer."""
    if not params["pgbouncer_password"]:
        return None
    if PSYCOPG2_IMPORT_ERROR:
        raise PostgresError("PgBouncer is paused through psycopg2, which this host lacks: install python3-psycopg2")
    return Poolers(
        addresses(params), params["pgbouncer_port"], params["pgbouncer_user"], params["pgbouncer_password"], params["ca_cert"]
    )


def open_resignation(params: Mapping[str, Any]) -> Resignation | None:
    """None where nobody said where PostgreSQL's data lies: then Patroni switches over."""
    if not params.get("data_directory"):
        return None
    endpoints = [url(address, params["etcd_port"]) for address in params["etcd_addresses"] or addresses(params).values()]
    try:
        etcd = EtcdClient(endpoints, params["ca_cert"], params["client_cert"], params["client_key"], timeout=1)
    except EtcdError as error:
        raise PostgresError(str(error)) from error
    return Resignation(etcd, params["etcd_prefix"], params["data_directory"], kill_patroni)


def open_operator(params: Mapping[str, Any]) -> Operator:
    limits = Limits(
        healthy=params["healthy_timeout"],
        restart=params.get("restart_timeout") or Limits.restart,
        switchover=params["switchover_timeout"],
        transactions=params["transactions_timeout"],
        resigned=params["resigned_delay"],
        endpoints=params["endpoints_delay"],
        interrupt=params["interrupt"],
    )
    rules = Rules(params["maximum_lag"])
    return Operator(open_api(params), open_poolers(params), Monotonic(), rules, limits, open_resignation(params))
