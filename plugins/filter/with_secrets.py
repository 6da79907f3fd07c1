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
  - An item with C(secret) loses that key and gains C(password).
  - An item with C(secrets), a mapping of names, gets the values in place of the names.
  - An item with neither is returned as it is.
positional: secrets
options:
  _input:
    description: Items, each with a key C(environment).
    type: list
    elements: dict
    required: true
  secrets:
    description:
      - The variable C(estate_secrets).
      - The secrets of an environment lie under C(environments), by its name.
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


def with_secrets(items: Any, secrets: Mapping[str, Any]) -> list[Any]:
    """Join each item with the secrets it names."""
    if not isinstance(items, (list, tuple)):
        raise AnsibleFilterError(f"with_secrets takes a list of items, not {type(items).__name__}.")
    return [_joined(dict(item), secrets) for item in items]


def _joined(item: dict[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    if "secret" in item:
        item["password"] = _value(item.get("environment"), item.pop("secret"), secrets)
    if "secrets" in item:
        item["secrets"] = {key: _value(item.get("environment"), name, secrets) for key, name in item["secrets"].items()}
    return item


def _value(environment: str | None, name: str, secrets: Mapping[str, Any]) -> Any:
    """One secret. The message of a failure names the place, never a value."""
    place = f"estate_secrets.environments.{environment}.{name}"
    value = ((secrets.get("environments") or {}).get(environment) or {}).get(name)
    if value is None or value == "":
        raise AnsibleFilterError(f"{place} is missing: add it to the secret backend that fills estate_secrets.")
    return value


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"with_secrets": with_secrets}
