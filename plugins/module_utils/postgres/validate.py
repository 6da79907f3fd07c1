# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses wishes that can't be granted, before any connection is opened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from .errors import PostgresError
from .models import TEMPLATE_DATABASE, UNLIMITED, Tenant

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_EXTENSION = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
_SETTING = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_PASSWORD = re.compile(r"[\x20-\x7e]+")
_RESERVED = frozenset(
    {"postgres", "template0", "template1", "public", "none", "pgbouncer", "pgbouncer_admin", "replicator", TEMPLATE_DATABASE}
)


def validate_tenants(tenants: Sequence[Tenant], allow_removal: bool) -> None:
    """Raise one error that names every problem."""
    problems = [*_duplicates("database", (t.database for t in tenants)), *_duplicates("owner", (t.owner for t in tenants))]
    for tenant in tenants:
        problems += _problems(tenant, allow_removal)
    if problems:
        raise PostgresError("; ".join(problems))


def validate_role(what: str, name: str, password: str) -> None:
    problems = [] if _NAME.fullmatch(name) and not name.startswith("pg_") else [f"{what}: bad role name '{name}'"]
    problems += _password_problems(what, password)
    if problems:
        raise PostgresError("; ".join(problems))


def setting_text(value: object) -> str:
    """A setting as the server stores it: YAML's true is PostgreSQL's on."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _duplicates(what: str, names: Iterable[str]) -> list[str]:
    return [f"{what} '{name}' is given {count} times: once is allowed" for name, count in Counter(names).items() if count > 1]


def _problems(tenant: Tenant, allow_removal: bool) -> list[str]:
    who = f"tenant '{tenant.database}'"
    problems = _name_problems(who, "database", tenant.database) + _name_problems(who, "owner", tenant.owner)
    if not tenant.present:
        if not allow_removal:
            problems.append(f"{who}: state is absent, which drops all its data; confirm with allow_removal=true")
        return problems
    if tenant.password is not None:
        problems += _password_problems(who, tenant.password)
    if tenant.connection_limit < UNLIMITED:
        problems.append(f"{who}: connection_limit is {tenant.connection_limit}; allowed are -1 (unlimited), 0 and above")
    problems += [f"{who}: bad extension name '{e}'" for e in tenant.extensions if not _EXTENSION.fullmatch(e)]
    problems += [f"{who}: bad setting name '{s}'" for s in tenant.settings or () if not _SETTING.fullmatch(s)]
    return problems


def _name_problems(who: str, what: str, name: str) -> list[str]:
    if not _NAME.fullmatch(name):
        return [f"{who}: bad {what} name '{name}'; needed are up to 63 of a-z, 0-9 and _, no digit first"]
    if name in _RESERVED or name.startswith("pg_"):
        return [f"{who}: {what} name '{name}' is reserved"]
    return []


def _password_problems(who: str, password: str) -> list[str]:
    # Within these characters SASLprep (RFC 4013) is the identity, so clients and verifier agree.
    return [] if _PASSWORD.fullmatch(password) else [f"{who}: the password is empty or has characters outside printable ASCII"]
