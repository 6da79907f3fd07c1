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
  - Reads versioning, lock and expiry of buckets from the store itself.
author:
  - The tierline.erp contributors (@tierline)
options:
  names:
    description: Names of the buckets to read.
    type: list
    elements: str
    required: true
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
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.object_store.arguments import CONNECTION, open_client
from ..module_utils.object_store.client import Client
from ..module_utils.object_store.errors import ObjectStoreError

ARGUMENTS: dict[str, Any] = {**CONNECTION, "names": {"type": "list", "elements": "str", "required": True}}


def run(client: Client, names: list[str]) -> dict[str, Any]:
    seen = (client.bucket(name) for name in names)
    return {"changed": False, "buckets": [asdict(bucket) for bucket in seen if bucket]}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(open_client(module.params), module.params["names"])
    except ObjectStoreError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
