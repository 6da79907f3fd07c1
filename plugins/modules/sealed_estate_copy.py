#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sealed_estate_copy
short_description: Keep a sealed estate in the store
version_added: 0.1.0
description:
  - Puts what M(tierline.erp.sealed_estate) has sealed into a bucket, as C(sealed/estate.json), where it isn't there yet.
  - In a bucket with versions and a lock nobody can remove what was there before, and M(tierline.erp.unsealed_estate) finds it.
  - What somebody else has put there, which the estate's authority hasn't signed, counts as nothing.
author:
  - The tierline.erp contributors (@tierline)
options:
  bucket:
    description: The bucket.
    type: str
    required: true
  content:
    description: What was sealed.
    type: str
    required: true
  authority_path:
    description: Certificates of the estate's authority on this host.
    type: path
    default: /etc/tierline/pki/ca.crt
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.object_store
requirements:
  - cryptography
seealso:
  - module: tierline.erp.sealed_estate
"""

EXAMPLES = r"""
- name: The store has the estate
  tierline.erp.sealed_estate_copy:
    endpoint: https://store.example.net:8333
    ca_path: /etc/tierline/pki/ca.crt
    access_key: "{{ vault_writer.access_key }}"
    secret_key: "{{ vault_writer.secret_key }}"
    bucket: shared-database
    content: "{{ sealed.content }}"
"""

RETURN = r"""
digest:
  description: Of what was sealed.
  returned: success
  type: str
  sample: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.object_store.arguments import CONNECTION, open_client
from ..module_utils.object_store.client import Client
from ..module_utils.object_store.errors import ObjectStoreError
from ..module_utils.pki.errors import PkiError
from ..module_utils.sealing import envelope
from ..module_utils.sealing.errors import SealingError

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "bucket": {"type": "str", "required": True},
    "content": {"type": "str", "required": True},
    "authority_path": {"type": "path", "default": "/etc/tierline/pki/ca.crt"},
}


def run(client: Client, bucket: str, content: bytes, authorities: bytes, check_mode: bool) -> dict[str, Any]:
    wanted = envelope.parse(content)
    if not wanted.authentic(authorities):
        raise SealingError("this host's authority hasn't signed what was sealed: run the role pki on it first")
    kept = _kept(client, bucket, authorities)
    changed = kept != wanted.digest
    if changed and not check_mode:
        client.put(bucket, envelope.KEY, content)
    return {"changed": changed, "digest": wanted.digest, "diff": {"before": f"{kept}\n", "after": f"{wanted.digest}\n"}}


def _kept(client: Client, bucket: str, authorities: bytes) -> str:
    content = client.find(bucket, envelope.KEY)
    if content is None:
        return ""
    try:
        found = envelope.parse(content)
    except SealingError:
        return ""
    return found.digest if found.authentic(authorities) else ""


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if envelope.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=envelope.IMPORT_ERROR)
    params = module.params
    try:
        authorities = Path(params["authority_path"]).read_bytes()
        result = run(open_client(params), params["bucket"], params["content"].encode(), authorities, module.check_mode)
    except (SealingError, PkiError, ObjectStoreError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
