#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: object_store_buckets
short_description: Reconcile versioned and locked buckets of an S3-compatible store
version_added: 0.1.0
description:
  - Makes a list of buckets what it should be, with one plan. Every bucket is versioned.
  - Protection only ever grows. A shorter retention, a weaker mode, and a lock on a bucket that was made without one are refused
    before anything is changed.
  - Buckets that are not listed are left alone. No bucket is ever removed.
  - Works with any store that speaks S3 with the bucket in the path, and needs nothing but Python on the host.
author:
  - The tierline.erp contributors (@tierline)
options:
  buckets:
    description: The buckets to reconcile.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the bucket.
        type: str
        required: true
      lock_mode:
        description:
          - What protects a version of an object until its date, by default.
          - V(compliance) binds everybody, the store's administrator too. V(governance) can be lifted by who has that right.
        type: str
        choices: [none, governance, compliance]
        default: none
      lock_days:
        description: Days for which each version is locked from when it is written.
        type: int
        default: 0
      noncurrent_days:
        description: Days after which versions that were replaced or deleted are removed for good. V(0) keeps them for ever.
        type: int
        default: 0
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.object_store
seealso:
  - module: tierline.erp.object_store_buckets_info
"""

EXAMPLES = r"""
- name: Keep backups where nobody can delete them for 122 days
  tierline.erp.object_store_buckets:
    endpoint: https://store.example.net:8333
    ca_path: /etc/tierline/pki/ca.crt
    access_key: admin
    secret_key: "{{ vault_store_admin }}"
    buckets:
      - name: shared-database
        lock_mode: compliance
        lock_days: 122
        noncurrent_days: 130
"""

RETURN = r"""
buckets_changed:
  description: What was done to which bucket, in this order.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: shared-database, action: create}
    - {name: shared-database, action: lock}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.object_store.arguments import BUCKET, CONNECTION, open_client
from ..module_utils.object_store.client import Client
from ..module_utils.object_store.errors import ObjectStoreError, ObjectStoreUnreachableError
from ..module_utils.object_store.models import Bucket, parse_buckets
from ..module_utils.object_store.plan import as_diff, plan

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "buckets": {"type": "list", "elements": "dict", "required": True, "options": BUCKET},
}


def run(client: Client, wanted: list[Bucket], check_mode: bool) -> dict[str, Any]:
    changes = plan(_read(client, wanted, check_mode), wanted)
    if not check_mode:
        for change in changes:
            client.apply(change)
    return {
        "changed": bool(changes),
        "buckets_changed": [{"name": change.bucket.name, "action": change.action} for change in changes],
        "diff": as_diff(changes),
    }


def _read(client: Client, wanted: list[Bucket], check_mode: bool) -> dict[str, Bucket]:
    try:
        seen = [client.bucket(bucket.name) for bucket in wanted]
    except ObjectStoreUnreachableError:
        if check_mode:  # The run that would start the store would find it empty.
            return {}
        raise
    return {bucket.name: bucket for bucket in seen if bucket}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(open_client(module.params), parse_buckets(module.params["buckets"]), module.check_mode)
    except ObjectStoreError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
