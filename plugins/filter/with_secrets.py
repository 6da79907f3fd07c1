# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: with_secrets
short_description: Join items of the estate with their secrets
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - The estate names secrets but never holds them. This filter joins an item with what its names stand for.
  - An item with C(secret) loses that key and gains C(password). While that secret is rotated it also gains C(other_passwords),
    those that are valid besides.
  - An item with C(secret) and C(logins), two users who take turns, loses both and gains what M(tierline.erp.postgres_tenants)
    takes - C(password) or C(login) for its owner, who is the first of them, and C(roles) for the second as soon as the secret
    has been rotated once.
  - An item with C(secrets), a mapping of names, gets the values in place of the names. Its C(database.user) becomes the user
    whose turn it is.
  - An item with C(cell) takes its C(secrets) from that cell. It loses C(cell), C(environment) and C(secrets), and gains each of
    them under its own name, as identities of an object store and filestores have them. Its C(access_key) becomes the one whose
    turn it is to have the C(secret_key). With C(logins), the two that take turns, it gains C(other_keys) while both are valid.
  - An item with neither is returned as it is.
positional: secrets
options:
  _input:
    description: Items, each with a key C(environment) or C(cell).
    type: list
    elements: dict
    required: true
  secrets:
    description:
      - The variable C(estate_secrets).
      - The secrets of an environment lie under C(environments), by its name; those of a cell under C(cells).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Reconcile the Redis users of the environments this run is about
  ansible.builtin.include_role:
    name: tierline.erp.redis
    tasks_from: users
  vars:
    redis_users: "{{ estate_redis_users | tierline.erp.selected(groups) | tierline.erp.with_secrets(estate_secrets) }}"
"""

RETURN = r"""
_value:
  description: The items with their secrets. Never print it.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.module_utils.secrets import rotation


def with_secrets(items: Any, secrets: Mapping[str, Any]) -> list[Any]:
    """Join each item with the secrets it names."""
    if not isinstance(items, (list, tuple)):
        raise AnsibleFilterError(f"with_secrets takes a list of items, not {type(items).__name__}.")
    return [_joined(dict(item), secrets) for item in items]


def _joined(item: dict[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    if "cell" in item:
        return _of_cell(item, secrets)
    environment = item.get("environment")
    own = (secrets.get("environments") or {}).get(environment) or {}
    if "secret" in item:
        name = item.pop("secret")
        password = _value(environment, name, own)
        item.update(_logins(own, name, item) if "logins" in item else _passwords(own, name, password))
    if "secrets" in item:
        item.update(_application(own, item))
        item["secrets"] = {key: _value(environment, name, own) for key, name in item["secrets"].items()}
    return item


def _of_cell(item: dict[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    cell, names = item.pop("cell"), item.pop("secrets")
    item.pop("environment", None)
    logins = item.pop("logins", None)
    own = (secrets.get("cells") or {}).get(cell) or {}
    values = {key: _present(f"cells.{cell}.{name}", own.get(name)) for key, name in names.items()}
    return {**item, **values, **_keys(own, names.get("secret_key"), item, logins)}


def _keys(own: Mapping[str, Any], name: str | None, item: dict[str, Any], logins: list[str] | None) -> dict[str, Any]:
    """The access key belongs to the secret that stands beside it."""
    if not name or "access_key" not in item:
        return {}
    active = rotation.user(own, name, item["access_key"])
    valid = rotation.logins(own, name, logins) if logins else {}
    others = [{"access_key": key, "secret_key": secret} for key, secret in valid.items() if secret and key != active]
    return {"access_key": active, **({"other_keys": others} if others else {})}


def _passwords(own: Mapping[str, Any], name: str, password: str) -> dict[str, Any]:
    others = rotation.accepted(own, name)[1:]
    return {"password": password, **({"other_passwords": others} if others else {})}


def _logins(own: Mapping[str, Any], name: str, item: dict[str, Any]) -> dict[str, Any]:
    owner, *others = [(user, _login(password)) for user, password in rotation.logins(own, name, item.pop("logins")).items()]
    limit = {key: item[key] for key in ("connection_limit",) if key in item}
    roles = [{"name": user, "access": "application", **limit, **login} for user, login in others]
    return {**owner[1], **({"roles": roles} if roles else {})}


def _login(password: str | None) -> dict[str, Any]:
    return {"login": False} if password is None else {"password": password}


def _application(own: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """The user belongs to the password that stands beside it."""
    name, database = item["secrets"].get("database"), item.get("database")
    if not name or not isinstance(database, Mapping) or "user" not in database:
        return {}
    return {"database": {**database, "user": rotation.user(own, name, database["user"])}}


def _value(environment: str | None, name: str, own: Mapping[str, Any]) -> Any:
    """One secret. The message of a failure names the place, never a value."""
    return _present(f"environments.{environment}.{name}", own.get(name))


def _present(place: str, value: Any) -> Any:
    if value is None or value == "":
        raise AnsibleFilterError(f"estate_secrets.{place} is missing: add it to the secret backend that fills estate_secrets.")
    return value


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"with_secrets": with_secrets}
