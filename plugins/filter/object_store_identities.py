# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: object_store_identities
short_description: The identities of an object store, with exactly the rights that their kind needs
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Computes SeaweedFS's file of identities and policies.
  - A C(writer) adds and reads objects of its buckets. What it deletes or overwrites stays as an older version, which it can't
    remove; nor can it change a bucket's versioning, lock or rules.
  - A C(restorer) reads its buckets, older versions included, and changes nothing.
positional: identities
options:
  _input:
    description: The store's administrator, C(access_key) and C(secret_key).
    type: dict
    required: true
  identities:
    description: The others, each with C(name), C(kind), C(buckets), C(access_key) and C(secret_key).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Compute who may do what
  ansible.builtin.set_fact:
    identities: "{{ object_store_admin | tierline.erp.object_store_identities(object_store_identities) }}"
"""

RETURN = r"""
_value:
  description: The content of the file. It holds secrets, never print it.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.module_utils.object_store.errors import ObjectStoreError
from ansible_collections.tierline.erp.plugins.module_utils.object_store.identities import configuration


def object_store_identities(admin: Mapping[str, str], identities: list[Mapping[str, Any]]) -> dict[str, Any]:
    try:
        return configuration(admin, identities)
    except ObjectStoreError as error:
        raise AnsibleFilterError(f"object_store_identities: {error}.") from error


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"object_store_identities": object_store_identities}
