#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: traefik_routes_info
version_added: 0.1.0
short_description: Read the routes of a Traefik edge
description:
  - Reads which environments are reached through this edge, and whether their certificates changed since Traefik was told.
extends_documentation_fragment: tierline.erp.attributes.info
author: The tierline.erp contributors (@tierline)
options:
  path:
    description: The file of dynamic configuration.
    type: path
    default: /etc/traefik/dynamic/tierline.yml
  pki_dir:
    description: Directory that holds the certificates, as C(<name>/tls.crt) and C(<name>/tls.key).
    type: path
    default: /etc/tierline/pki
  metrics_url:
    description: Where Traefik's metrics are read to see that it runs.
    type: str
    default: http://127.0.0.1:8082/metrics
seealso:
  - module: tierline.erp.traefik_routes
"""

EXAMPLES = r"""
- name: Read the routes of this edge
  tierline.erp.traefik_routes_info:
  register: edge_routes
"""

RETURN = r"""
routes:
  description: One entry per environment, sorted by name.
  returned: success
  type: list
  elements: dict
  sample:
    - environment: acme_prod
      tenant: acme
      domains: [erp.acme.example.com]
      certificate: acme_prod
      certificate_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
      certificate_current: true
      web: ["http://app1.example.com:10008"]
      websocket: ["http://app1.example.com:10009"]
running:
  description: Whether Traefik answers.
  returned: success
  type: bool
  sample: true
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import TraefikError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.render import parse
from ansible_collections.tierline.erp.plugins.module_utils.traefik.store import Certificates, DynamicFile, Metrics


def argument_spec() -> dict[str, Any]:
    return {
        "path": {"type": "path", "default": "/etc/traefik/dynamic/tierline.yml"},
        "pki_dir": {"type": "path", "default": "/etc/tierline/pki"},
        "metrics_url": {"type": "str", "default": "http://127.0.0.1:8082/metrics"},
    }


def run(store: DynamicFile, certificates: Certificates, metrics: Metrics) -> dict[str, Any]:
    routes = [
        route.to_dict()
        | {"certificate_current": route.acme or certificates.fingerprint(route.certificate) == route.certificate_sha256}
        for route in parse(store.read())
    ]
    return {"changed": False, "routes": routes, "running": metrics.reloads() is not None}


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    params = module.params
    try:
        result = run(DynamicFile(params["path"], None), Certificates(params["pki_dir"], None), Metrics(params["metrics_url"], 0))
    except TraefikError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
