#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: object_store_buckets_info
short_description: Read how buckets of an S3-compatible store are protected
version_added: 0.1.0
description:
  - Reads versioning, lock and expiry of buckets from the store itself, and says where they are less than was promised.
  - Needs the rights to list a bucket and to read its versioning, its lock and its lifecycle, and no other.
author:
  - The tierline.erp contributors (@tierline)
options:
  names:
    description: Names of the buckets to read. Either this or O(promised).
    type: list
    elements: str
  promised:
    description: The buckets to read, and what each shall protect at least. Either this or O(names).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the bucket.
        type: str
        required: true
      lock_mode:
        description: The least that each version shall be protected by.
        type: str
        choices: [none, governance, compliance]
        default: none
      lock_days:
        description: Days for which each version shall be locked at least.
        type: int
        default: 0
      noncurrent_days:
        description: Days before which no version may be removed that was replaced or deleted. V(0) says nothing about it.
        type: int
        default: 0
extends_documentation_fragment:
  - tierline.erp.attributes.info
  - tierline.erp.object_store
seealso:
  - module: tierline.erp.object_store_buckets
"""

EXAMPLES = r"""
- name: Read how the backups of the cell are protected
  tierline.erp.object_store_buckets_info:
    endpoint: https://store.example.net:8333
    ca_path: /etc/tierline/pki/ca.crt
    access_key: "{{ vault_restorer.access_key }}"
    secret_key: "{{ vault_restorer.secret_key }}"
    names: [shared-database]
  register: store

- name: Ask whether a store that somebody else runs keeps what a tier promises
  tierline.erp.object_store_buckets_info:
    endpoint: https://s3.example.net
    access_key: "{{ vault_restorer.access_key }}"
    secret_key: "{{ vault_restorer.secret_key }}"
    promised: [{name: shared-database, lock_mode: compliance, lock_days: 122}]
  register: store
  failed_when: store is failed or store.broken | length > 0
"""

RETURN = r"""
buckets:
  description: The buckets in the order of their names in the call. Those that don't exist are left out.
  returned: success
  type: list
  elements: dict
  sample:
    - name: shared-database
      versioning: true
      lockable: true
      lock_mode: compliance
      lock_days: 122
      noncurrent_days: 130
broken:
  description: Where the buckets protect less than O(promised). A bucket that doesn't exist is one.
  returned: success
  type: list
  elements: str
  sample: ["bucket shared-database locks what is written for 7 days, and 122 were promised"]
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.object_store.arguments import BUCKET, CONNECTION, open_client
from ..module_utils.object_store.client import Client
from ..module_utils.object_store.errors import ObjectStoreError
from ..module_utils.object_store.models import Bucket, parse_buckets
from ..module_utils.object_store.promises import broken

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "names": {"type": "list", "elements": "str"},
    "promised": {"type": "list", "elements": "dict", "options": BUCKET},
}
EITHER = ("names", "promised")


def run(client: Client, names: list[str], promised: list[Bucket]) -> dict[str, Any]:
    seen = {name: bucket for name in names or [each.name for each in promised] if (bucket := client.bucket(name))}
    return {"changed": False, "buckets": [asdict(bucket) for bucket in seen.values()], "broken": broken(seen, promised)}


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS, supports_check_mode=True, mutually_exclusive=[EITHER], required_one_of=[EITHER]
    )
    try:
        promised = parse_buckets(module.params["promised"] or [])
        result = run(open_client(module.params), module.params["names"] or [], promised)
    except ObjectStoreError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
