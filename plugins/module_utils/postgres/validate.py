# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses wishes that can't be granted, before any connection is opened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from .errors import PostgresError
from .logins import TURNS
from .models import TEMPLATE_DATABASE, UNLIMITED, Tenant, TenantRole
from .services import Service

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_EXTENSION = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
_SETTING = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_PASSWORD = re.compile(r"[\x20-\x7e]+")
# They make a role of a tenant what it is.
_OWN = frozenset({"role", "session_authorization", "default_transaction_read_only"})
_BACKUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{2,199}")
_SERVER = ("postgres", "template0", "template1", "public", "none", TEMPLATE_DATABASE)
_SERVICES = ("rewinder", "monitoring", "backup")
_RESERVED = frozenset({*_SERVER, *_SERVICES, *(name for pair in TURNS.values() for name in pair)})


def validate_tenants(tenants: Sequence[Tenant], allow_removal: bool) -> None:
    """Raise one error that names every problem."""
    roles = (name for tenant in tenants for name in tenant.role_names)
    problems = [*_duplicates("database", (t.database for t in tenants)), *_duplicates("role", roles)]
    for tenant in tenants:
        problems += _problems(tenant, allow_removal)
    if problems:
        raise PostgresError("; ".join(problems))


def validate_services(services: Sequence[Service]) -> None:
    problems = _duplicates("role", (service.name for service in services))
    for service in services:
        if not _NAME.fullmatch(service.name) or service.name.startswith("pg_") or service.name in _SERVER:
            problems.append(f"{service.kind}: bad role name '{service.name}'")
        problems += _password_problems(service.kind, service.password)
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
    for role in tenant.roles:
        problems += _name_problems(who, "role", role.name)
    if not tenant.present:
        return problems + _removal_problems(who, tenant, allow_removal)
    problems += _login_problems(who, tenant)
    for role in tenant.roles:
        problems += _login_problems(f"{who}, role '{role.name}'", role)
        problems += [f"{who}, role '{role.name}': setting '{s}' is not yours" for s in sorted(_OWN & set(role.settings))]
    problems += [f"{who}: bad extension name '{e}'" for e in tenant.extensions if not _EXTENSION.fullmatch(e)]
    return problems


def _login_problems(who: str, login: Tenant | TenantRole) -> list[str]:
    problems = _password_problems(who, login.password)
    if not login.login and login.password is not None:
        problems.append(f"{who}: login is false and a password is given: who doesn't come in has none")
    if login.connection_limit < UNLIMITED:
        problems.append(f"{who}: connection_limit is {login.connection_limit}; allowed are -1 (unlimited), 0 and above")
    return problems + [f"{who}: bad setting name '{s}'" for s in login.settings or () if not _SETTING.fullmatch(s)]


def _removal_problems(who: str, tenant: Tenant, allow_removal: bool) -> list[str]:
    problems = []
    if not allow_removal:
        problems.append(f"{who}: state is absent, which drops all its data; confirm with allow_removal=true")
    if not tenant.final_backup:
        problems.append(f"{who}: state is absent, which needs final_backup: the name of the backup that still has its data")
    elif not _BACKUP.fullmatch(tenant.final_backup):
        problems.append(f"{who}: final_backup '{tenant.final_backup}' is no name of a backup")
    return problems


def _name_problems(who: str, what: str, name: str) -> list[str]:
    if not _NAME.fullmatch(name):
        return [f"{who}: bad {what} name '{name}'; needed are up to 63 of a-z, 0-9 and _, no digit first"]
    if name in _RESERVED or name.startswith("pg_"):
        return [f"{who}: {what} name '{name}' is reserved"]
    return []


def _password_problems(who: str, password: str | None) -> list[str]:
    if password is None:
        return []
    # Within these characters SASLprep (RFC 4013) is the identity, so clients and verifier agree.
    return [] if _PASSWORD.fullmatch(password) else [f"{who}: the password is empty or has characters outside printable ASCII"]
