#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_cluster_config
version_added: 0.1.0
short_description: Configuration of a Patroni cluster
description:
  - Reconciles the configuration that all members of a Patroni cluster share, through the API of one of them.
  - Keys that aren't given stay as they are. A key whose value is null is removed.
  - Members apply it by themselves within C(loop_wait) seconds. Settings that need a restart of PostgreSQL wait for it.
extends_documentation_fragment: tierline.erp.attributes
author: The tierline.erp contributors (@tierline)
options:
  url:
    description: URL of the API of a member.
    type: str
    required: true
  ca_cert:
    description: File with the certificate of the authority that signed the API's certificate.
    type: path
    required: true
  client_cert:
    description: File with the client certificate.
    type: path
    required: true
  client_key:
    description: File with the key of the client certificate.
    type: path
    required: true
  username:
    description: User of the API.
    type: str
    required: true
  password:
    description: Password of the user.
    type: str
    required: true
  config:
    description: The wished configuration, see U(https://patroni.readthedocs.io/en/latest/dynamic_configuration.html).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: The cluster commits on any one replica
  tierline.erp.postgres_cluster_config:
    url: https://db1.example.org:8008
    ca_cert: /etc/tierline/pki/ca.crt
    client_cert: /etc/tierline/pki/patroni/tls.crt
    client_key: /etc/tierline/pki/patroni/tls.key
    username: patroni
    password: "{{ patroni_password }}"
    config:
      synchronous_mode: quorum
"""

RETURN = r"""
patch:
  description: What was (or, in check mode, would be) sent.
  returned: success
  type: dict
  sample: {synchronous_mode: quorum}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.postgres.cluster_config import plan_config, restrict
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.patroni import PatroniApi

CONNECTION = {
    "url": {"type": "str", "required": True},
    "ca_cert": {"type": "path", "required": True},
    "client_cert": {"type": "path", "required": True},
    "client_key": {"type": "path", "required": True, "no_log": False},
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}
ARGUMENTS = {**CONNECTION, "config": {"type": "dict", "required": True}}


def run(api, config, check_mode):
    current = api.read_config()
    patch = plan_config(current, config)
    if patch and not check_mode:
        api.patch_config(patch)
    return {"changed": bool(patch), "diff": {"before": restrict(current, patch), "after": patch}, "patch": patch}


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(PatroniApi(**{key: module.params[key] for key in CONNECTION}), module.params["config"], module.check_mode)
    except PostgresError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
