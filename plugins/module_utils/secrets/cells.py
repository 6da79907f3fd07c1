# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets of a cell's own logins, of which two take turns. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..postgres.logins import API, TURNS
from . import rotation

# Kind of login: the secret that is its password.
SECRETS = {"replication": "postgres_replication", "pgbouncer": "pgbouncer", "pgbouncer_admin": "pgbouncer_admin"}
_EVERY = {**SECRETS, API: "patroni_api"}


def logins(own: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Of each kind that was ever rotated: the login in use first, then the other, without a password where it may not come in."""
    found = {}
    for kind, secret in SECRETS.items():
        if own.get(secret + rotation.USER):
            active = rotation.user(own, secret, TURNS[kind][0])
            others = {name: word for name, word in rotation.logins(own, secret, TURNS[kind]).items() if name != active}
            found[kind] = [_login(active, own[secret])] + [_login(name, word) for name, word in others.items()]
    return found


def retired(own: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Logins that must be refused, with their kind."""
    gone = own.get(rotation.RETIRED) or {}
    return [{"kind": kind, **_login(_holder(gone, kind), gone[secret])} for kind, secret in _EVERY.items() if gone.get(secret)]


def in_use(own: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Logins that must be accepted, with their kind."""
    return [{"kind": kind, **_login(_holder(own, kind), own[secret])} for kind, secret in _EVERY.items()]


def _holder(values: Mapping[str, Any], kind: str) -> str:
    return rotation.user(values, _EVERY[kind], TURNS[kind][0])


def _login(name: str, password: str | None) -> dict[str, Any]:
    return {"name": name, "password": password}
