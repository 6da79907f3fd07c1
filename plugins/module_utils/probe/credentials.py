# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Which logins prove that a secret is dead, and that the one in its place works. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.probe import doors
from ansible_collections.tierline.erp.plugins.module_utils.probe.isolation import CA_FILE

_ODOO = "http://127.0.0.1:8069/jsonrpc"
USER = "_user"


def attempts(item: Mapping[str, Any], secrets: Mapping[str, str], word: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """Logins with those of an environment's secrets whose names are given."""
    return [{**attempt, "id": f"{word} {name}{attempt['id']}"} for name in names for attempt in KINDS[name](item, secrets)]


def page(item: Mapping[str, Any]) -> dict[str, Any]:
    """What users see first: whether the application itself is well with what is in use."""
    return {"id": "login page", "kind": "page", "domain": item["domains"][0]}


def _database(item: Mapping[str, Any], secrets: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Through the pooler of each member: each of them keeps sessions and credentials of its own."""
    database = item["database"]
    for host in [part.strip() for part in str(database["host"]).split(",")]:
        yield {
            "id": f" at {host}:{database['port']}",
            "kind": "database",
            "host": host,
            "port": database["port"],
            "database": database["name"],
            "user": secrets.get("database" + USER) or database["user"],
            "password": secrets["database"],
        }


def _redis(item: Mapping[str, Any], secrets: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    redis: Mapping[str, Any] = item.get("redis") or {}
    for door in [*doors.servers(redis), *doors.sentinels(redis)]:
        place = {"host": door.host, "port": door.port, "user": redis["user"]}
        name = f" at {door.host}:{door.port}" if redis.get("sentinels") else ""
        yield {"id": name, "kind": "redis", **place, "password": secrets["redis"], "ca_path": CA_FILE}


def _admin(item: Mapping[str, Any], secrets: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    place = {"url": _ODOO, "domain": item["domains"][0], "database": item["database"]["name"]}
    yield {"id": "", "kind": "odoo", **place, "user": "admin", "password": secrets["admin"]}


def _master(_item: Mapping[str, Any], secrets: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    yield {"id": "", "kind": "master", "password": secrets["master"]}


KINDS = {"admin": _admin, "database": _database, "master": _master, "redis": _redis}
