#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sealed_estate
short_description: Seal what an empty site needs besides the backups
version_added: 0.1.0
description:
  - Packs the estate's configuration, its secrets and its certificate authority into one bundle, which only a recovery key opens
    that whoever seals hasn't got.
  - The bundle is encrypted as C(age) does, and signed by the authority, so that nobody who can write to the store can put
    another one in its place.
  - Runs on the controller. It changes nothing; M(tierline.erp.sealed_estate_copy) puts what it returns into a store.
author:
  - The tierline.erp contributors (@tierline)
options:
  sources:
    description: Folders and files of the configuration, such as inventories. Hidden ones in them are left out.
    type: list
    elements: path
    required: true
  authority:
    description: Folder of the certificate authority, with C(ca.key) and C(ca.crt).
    type: path
    required: true
  secrets:
    description: All secrets of the estate, as YAML or JSON.
    type: str
    required: true
  recipients:
    description: Public keys of the recovery keys, each of which opens the bundle, such as C(age1...).
    type: list
    elements: str
    required: true
  facts:
    description: Whatever else somebody should know who rebuilds the site, such as images by digest.
    type: dict
    default: {}
extends_documentation_fragment:
  - tierline.erp.attributes.info
requirements:
  - pyrage
  - cryptography
seealso:
  - module: tierline.erp.sealed_estate_copy
  - module: tierline.erp.unsealed_estate
"""

EXAMPLES = r"""
- name: The estate is sealed
  tierline.erp.sealed_estate:
    sources: [inventories/production]
    authority: /srv/pki
    secrets: "{{ estate_secrets | to_json }}"
    recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]
  delegate_to: localhost
  register: sealed
"""

RETURN = r"""
content:
  description: What goes into the store. Nothing secret can be read from it.
  returned: success
  type: str
  sample: '{"digest": "2c26b46b68ffc68ff99b453c1d304134", "format": 1, "sealed": "YWdlLWVuY3J5cHRpb24=", "signature": "MGUCMQ=="}'
digest:
  description: Of what was sealed. The same files have the same, however often they are sealed.
  returned: success
  type: str
  sample: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
files:
  description: Names of the files in the bundle.
  returned: success
  type: list
  elements: str
  sample: [inventories/production/hosts.yml, pki/ca.crt, pki/ca.key, secrets.yml]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.pki.errors import PkiError
from ..module_utils.sealing import bundle, envelope, folders
from ..module_utils.sealing.errors import SealingError

ARGUMENTS: dict[str, Any] = {
    "sources": {"type": "list", "elements": "path", "required": True},
    "authority": {"type": "path", "required": True},
    # One text rather than a mapping: of that each value, however short, would be looked for in what is returned.
    "secrets": {"type": "str", "required": True, "no_log": True},
    "recipients": {"type": "list", "elements": "str", "required": True},
    "facts": {"type": "dict", "default": {}},
}


def run(params: dict[str, Any]) -> dict[str, Any]:
    if not params["recipients"]:
        raise SealingError("recipients is empty: without a recovery key nobody could open what is sealed")
    authority = {path.split("/", 1)[1]: content for path, content in folders.read([params["authority"]]).items()}
    if "ca.key" not in authority:
        raise SealingError(f"{params['authority']} has no ca.key: run the role pki first")
    files = {
        **{f"inventories/{path}": content for path, content in folders.read(params["sources"]).items()},
        **{f"pki/{path}": content for path, content in authority.items()},
        "secrets.yml": params["secrets"].encode() + b"\n",
    }
    listed = bundle.manifest(files, {**params["facts"], "recipients": sorted(params["recipients"])})
    sealed = envelope.seal(listed, bundle.pack(files, listed), params["recipients"], authority["ca.key"])
    return {"changed": False, "content": sealed.serialise().decode(), "digest": sealed.digest, "files": sorted(files)}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if envelope.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=envelope.IMPORT_ERROR)
    try:
        result = run(module.params)
    except (SealingError, PkiError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
