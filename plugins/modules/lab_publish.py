#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_publish
short_description: Publish an image of the local engine in the lab's registry
version_added: 0.1.0
description:
  - Pushes an image to a registry on the loopback address and returns the digest under which it can be pulled.
  - Nothing is pushed when the registry already has the image.
extends_documentation_fragment: [tierline.erp.attributes]
options:
  image:
    description: Reference of the image in the local engine.
    type: str
    required: true
  registry:
    description: Address and port of the registry, for example V(127.0.0.1:5500).
    type: str
    required: true
  repository:
    description: Repository in the registry.
    type: str
    required: true
  ca:
    description: Certificate that the registry's own certificate is checked against.
    type: path
    required: true
author:
  - The tierline.erp contributors (@tierline)
"""

EXAMPLES = r"""
- name: The Odoo image can be pulled by digest
  tierline.erp.lab_publish:
    image: tierline-lab/odoo:19.0
    registry: 127.0.0.1:5500
    repository: odoo
    ca: .cache/lab/demo/registry/tls.crt
"""

RETURN = r"""
digest:
  description: The manifest's digest. Empty where check mode has not pushed.
  type: str
  returned: always
  sample: sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.lab.errors import LabError
from ansible_collections.tierline.erp.plugins.module_utils.lab.registry import Registry
from ansible_collections.tierline.erp.plugins.module_utils.lab.store import connect


def main():
    module = AnsibleModule(
        argument_spec={
            "image": {"type": "str", "required": True},
            "registry": {"type": "str", "required": True},
            "repository": {"type": "str", "required": True},
            "ca": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        client = connect()
        registry = Registry(module.params["registry"], module.params["ca"])
        image = registry.local_image(client, module.params["image"])
        digest = registry.digest(module.params["repository"], registry.tag_of(image))
        changed = not digest
        if changed and not module.check_mode:
            digest = registry.push(client, image, module.params["repository"])
    except LabError as error:
        module.fail_json(msg=str(error))
    after = f"{module.params['repository']} {digest}\n"
    module.exit_json(changed=changed, digest=digest, diff={"before": "" if changed else after, "after": after})


if __name__ == "__main__":
    main()
