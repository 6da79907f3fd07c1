#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: traefik_routes
version_added: 0.1.0
short_description: Routes of many environments through one Traefik edge
description:
  - Reconciles the routes of any number of environments in one call, in one file of dynamic configuration that is sorted,
    validated and replaced in one step. Traefik loads it without a restart and without dropping connections.
  - Only the environments that are given are touched; the others stay as they are.
  - Each environment gets its pages, its websocket on the evented server, a closed database manager, HSTS and security
    headers, TLS 1.2 or later with modern cipher suites, and a limit for request bodies. A client that names an unknown
    host is refused during the TLS handshake. Nothing is retried.
  - The file records the fingerprint of each certificate, so that a renewed certificate is a change, and Traefik loads it.
  - Where Traefik gets a certificate by ACME, the module waits for it, and warns when it doesn't come. Traefik asks once, and
    again only when its configuration changes; the next run of this module sees to that, which is a change.
  - When Traefik runs, the module waits until Traefik has loaded a changed file, and fails when it doesn't.
extends_documentation_fragment: tierline.erp.attributes
author: The tierline.erp contributors (@tierline)
options:
  routes:
    description: The environments and how each is reached.
    type: list
    elements: dict
    required: true
    suboptions:
      environment:
        description: Name of the environment.
        type: str
        required: true
      state:
        description: Whether the environment has routes.
        type: str
        choices: [present, absent]
        default: present
      tenant:
        description: Tenant that owns the environment. Recorded only. Defaults to the environment's name.
        type: str
      domains:
        description:
          - Host names under which the environment is reached, without scheme, port or wildcard. Needed when present.
          - A domain that another environment has is refused.
        type: list
        elements: str
      certificate:
        description: Name of the certificate, a directory below O(pki_dir). Defaults to the environment's name.
        type: str
      acme:
        description:
          - Whether Traefik gets the certificate by ACME, from the authority of O(acme_resolver), and renews it.
          - Then O(routes[].certificate) names nothing.
        type: bool
        default: false
      web:
        description: Servers for pages, each as V(http://host:port). Needed when present.
        type: list
        elements: str
      websocket:
        description: Servers for C(/websocket) and C(/longpolling), each as V(http://host:port). Needed when present.
        type: list
        elements: str
      allow_from:
        description: Networks that may come, in CIDR notation. Others get 403. Everybody may where none is named.
        type: list
        elements: str
        default: []
      limits:
        description:
          - How often something may be asked for. What is too much gets 429 with C(Retry-After) and never reaches Odoo.
          - Each is counted by itself, and by each edge by itself.
        type: list
        elements: dict
        default: []
        suboptions:
          requests:
            description:
              - V(login) is whatever tries a password in a browser, with or without a language in its path. V(api) is C(/json),
                C(/jsonrpc) and C(/xmlrpc), V(websocket) are new websockets and long polls, and V(pages) is all else.
            type: str
            choices: [pages, login, api, websocket]
            required: true
          per:
            description: Whether it is counted for each client address, or for all who come to a domain together.
            type: str
            choices: [address, domain]
            default: address
          average:
            description: Requests in a period, in the long run.
            type: int
            required: true
          period_seconds:
            description: Length of a period.
            type: int
            default: 1
          burst:
            description: Requests that may come at once. By default as many as O(routes[].limits[].average).
            type: int
      forward_auth:
        description:
          - Who is asked about each request before Odoo sees it, such as single sign-on or a web application firewall.
          - An answer of 2xx lets the request through; any other goes to the client as it is. Where nobody answers, nobody
            comes in.
        type: dict
        suboptions:
          address:
            description: Where to ask, by HTTPS, or by HTTP on loopback.
            type: str
            required: true
          requests:
            description: Of what, as in O(routes[].limits[].requests). Everything by default.
            type: list
            elements: str
            choices: [pages, login, api, websocket]
          headers:
            description: Headers of the answer that Odoo is given. What a client sends under these names is dropped.
            type: list
            elements: str
            default: []
          ca_path:
            description: Authority of its certificate, on the edge. By default the host's own trusted authorities.
            type: str
            default: ""
  exclusive:
    description: Remove every environment that is not in O(routes).
    type: bool
    default: false
  path:
    description: The file of dynamic configuration. Its directory must exist.
    type: path
    default: /etc/traefik/dynamic/tierline.yml
  group:
    description: Group that may read the file. It is written with mode 0640.
    type: str
    default: traefik
  pki_dir:
    description: Directory that holds the certificates, as C(<name>/tls.crt) and C(<name>/tls.key).
    type: path
    default: /etc/tierline/pki
  ca_path:
    description:
      - Authority that must have signed the certificates. They are checked against it before they are used.
      - An empty string means the host's own trusted authorities.
    type: str
    default: /etc/tierline/pki/ca.crt
  acme_resolver:
    description:
      - Name of the certificate resolver in Traefik's static configuration that gets certificates by ACME.
      - An empty string says that there is none; routes with O(routes[].acme) are refused then.
    type: str
    default: ""
  acme_ca_path:
    description:
      - Authority that signs certificates got by ACME. By default the host's own trusted authorities.
    type: str
    default: ""
  acme_timeout:
    description: Seconds to wait for a certificate by ACME before warning that it isn't there.
    type: int
    default: 60
  https_port:
    description: Port on which Traefik serves HTTPS; on it the module looks for certificates got by ACME.
    type: int
    default: 443
  hsts_seconds:
    description: For how many seconds browsers shall insist on HTTPS.
    type: int
    default: 31536000
  body_limit_mb:
    description: Largest accepted request body in MiB.
    type: int
    default: 256
  trusted_proxies:
    description:
      - Networks of load balancers in front, whose word on a client's address counts for lists and limits.
      - Where some are named, everybody has to come by them; who comes past them has no address, and is on no list.
    type: list
    elements: str
    default: []
  maintenance_url:
    description:
      - Who answers, with a page, for servers that Traefik doesn't reach, as V(http://127.0.0.1:8083). The status is 503 then.
      - An empty string leaves that to Traefik, which says C(Bad Gateway).
    type: str
    default: ""
  metrics_url:
    description: Where Traefik's metrics are read to see that the file was loaded.
    type: str
    default: http://127.0.0.1:8082/metrics
  load_timeout:
    description: Seconds that Traefik may take to load a changed file.
    type: int
    default: 15
seealso:
  - module: tierline.erp.traefik_routes_info
"""

EXAMPLES = r"""
- name: Reach two environments through this edge
  tierline.erp.traefik_routes:
    routes:
      - environment: acme_prod
        tenant: acme
        domains: [erp.acme.example.com]
        certificate: acme_prod
        web: ["http://app1.example.com:10008"]
        websocket: ["http://app1.example.com:10009"]
      - environment: acme_staging
        tenant: acme
        domains: [staging.acme.example.com]
        certificate: acme_staging
        web: ["http://app1.example.com:10012"]
        websocket: ["http://app1.example.com:10013"]

- name: Reach an environment under a certificate that everybody trusts
  tierline.erp.traefik_routes:
    acme_resolver: acme
    routes:
      - environment: globex_prod
        domains: [erp.globex.example.com]
        acme: true
        web: ["http://app1.example.com:10016"]
        websocket: ["http://app1.example.com:10017"]

- name: Close an environment that was decommissioned
  tierline.erp.traefik_routes:
    routes:
      - environment: acme_training
        state: absent
"""

RETURN = r"""
environments:
  description: What was, or in check mode would be, added, changed and removed.
  returned: success
  type: dict
  sample: {added: [acme_prod], changed: [], removed: []}
loaded:
  description:
    - Whether a running Traefik has loaded the file.
    - False in check mode, where nothing had to be loaded, and where Traefik doesn't run yet.
  returned: success
  type: bool
  sample: true
"""

import time
from collections.abc import Collection
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import RouteError, TraefikError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.guards import CLASSES, PER
from ansible_collections.tierline.erp.plugins.module_utils.traefik.models import Policy, Route, proxies, route_from
from ansible_collections.tierline.erp.plugins.module_utils.traefik.plan import (
    changed_environments,
    merge,
    with_attempts,
    with_fingerprints,
)
from ansible_collections.tierline.erp.plugins.module_utils.traefik.render import needs_loading, parse, render
from ansible_collections.tierline.erp.plugins.module_utils.traefik.store import Certificates, DynamicFile, Metrics, Served

LIMIT = {
    "requests": {"type": "str", "choices": list(CLASSES), "required": True},
    "per": {"type": "str", "choices": list(PER), "default": "address"},
    "average": {"type": "int", "required": True},
    "period_seconds": {"type": "int", "default": 1},
    "burst": {"type": "int"},
}
FORWARD_AUTH = {
    "address": {"type": "str", "required": True},
    "requests": {"type": "list", "elements": "str", "choices": list(CLASSES)},
    "headers": {"type": "list", "elements": "str", "default": []},
    "ca_path": {"type": "str", "default": ""},
}


def argument_spec() -> dict[str, Any]:
    return {
        "routes": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "environment": {"type": "str", "required": True},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                "tenant": {"type": "str"},
                "domains": {"type": "list", "elements": "str"},
                "certificate": {"type": "str"},
                "acme": {"type": "bool", "default": False},
                "web": {"type": "list", "elements": "str"},
                "websocket": {"type": "list", "elements": "str"},
                "allow_from": {"type": "list", "elements": "str", "default": []},
                "limits": {"type": "list", "elements": "dict", "default": [], "options": LIMIT},
                "forward_auth": {"type": "dict", "options": FORWARD_AUTH},
            },
            "required_if": [("state", "present", ("domains", "web", "websocket"))],
        },
        "exclusive": {"type": "bool", "default": False},
        "path": {"type": "path", "default": "/etc/traefik/dynamic/tierline.yml"},
        "group": {"type": "str", "default": "traefik"},
        "pki_dir": {"type": "path", "default": "/etc/tierline/pki"},
        "ca_path": {"type": "str", "default": "/etc/tierline/pki/ca.crt"},
        "acme_resolver": {"type": "str", "default": ""},
        "acme_ca_path": {"type": "str", "default": ""},
        "acme_timeout": {"type": "int", "default": 60},
        "https_port": {"type": "int", "default": 443},
        "hsts_seconds": {"type": "int", "default": 31536000},
        "body_limit_mb": {"type": "int", "default": 256},
        "trusted_proxies": {"type": "list", "elements": "str", "default": []},
        "maintenance_url": {"type": "str", "default": ""},
        "metrics_url": {"type": "str", "default": "http://127.0.0.1:8082/metrics"},
        "load_timeout": {"type": "int", "default": 15},
    }


def run(
    params: dict[str, Any], store: DynamicFile, certificates: Certificates, served: Served, metrics: Metrics, check_mode: bool
) -> dict[str, Any]:
    before = store.read()
    # Whoever gives all the routes doesn't need what a hand has spoilt.
    current = _readable(before) if params["exclusive"] else parse(before)
    present, absent = _desired(params["routes"])
    present = with_fingerprints(present, {route.certificate: certificates.fingerprint(route.certificate) for route in present})
    policy = Policy(
        hsts_seconds=params["hsts_seconds"],
        body_limit_mb=params["body_limit_mb"],
        pki_dir=params["pki_dir"],
        maintenance_url=params["maintenance_url"],
        acme_resolver=params["acme_resolver"],
        trusted_proxies=proxies(params["trusted_proxies"]),
    )

    def planned(again: Collection[str] = ()) -> tuple[list[Route], str]:
        desired = merge(current, with_attempts(present, current, again), absent, params["exclusive"])
        return desired, render(desired, policy)

    desired, after = planned()
    _refuse_unasked(desired, params["acme_resolver"])
    by_acme = [route for route in present if route.acme]
    if after == before and metrics.reloads() is not None:
        desired, after = planned([route.environment for route in by_acme if served.trouble(route.domains)])
    changed = before != after
    loaded, warnings = False, []
    if not check_mode:
        for route in present:
            if not route.acme:
                certificates.check(route.certificate, route.domains)
        if changed:
            loaded = _replace(store, metrics, before, after)
        if loaded:
            warnings = _missing(by_acme, served, params["acme_timeout"])
    return {
        "changed": changed,
        "environments": changed_environments(current, desired),
        "loaded": loaded,
        "warnings": warnings,
        "diff": {"before": before, "after": after, "before_header": store.path, "after_header": store.path},
    }


def _refuse_unasked(routes: list[Route], resolver: str) -> None:
    """Of the routes that stay as they are, too: without a resolver their certificates would be gone."""
    found = [route.environment for route in routes if route.acme]
    if found and not resolver:
        raise RouteError(
            f"route of environment {found[0]!r}: acme is true, but this edge asks nobody for certificates; "
            "set acme_resolver (traefik_acme_directory of the role), or leave acme out."
        )


def _missing(routes: list[Route], served: Served, timeout: float) -> list[str]:
    deadline = time.monotonic() + timeout
    troubles = {route.environment: served.wait(route.domains, deadline - time.monotonic()) for route in routes}
    return [
        f"environment {environment!r} has no certificate by ACME yet ({trouble}). `journalctl -u traefik` says why; "
        "once that is mended, run this again, which makes Traefik ask once more."
        for environment, trouble in troubles.items()
        if trouble
    ]


def _readable(text: str) -> list[Route]:
    try:
        return parse(text)
    except TraefikError:
        return []


def _desired(items: list[dict[str, Any]]) -> tuple[list[Route], list[str]]:
    present = [route_from(item) for item in items if item["state"] == "present"]
    return present, [item["environment"] for item in items if item["state"] == "absent"]


def _replace(store: DynamicFile, metrics: Metrics, before: str, after: str) -> bool:
    reloads = metrics.reloads()
    store.write(after)
    if reloads is None or not needs_loading(before, after):
        return False
    metrics.wait_for_reload(reloads)
    return True


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    params = module.params
    store = DynamicFile(params["path"], params["group"] or None)
    certificates = Certificates(params["pki_dir"], params["ca_path"] or None)
    served = Served(params["https_port"], params["acme_ca_path"] or None)
    metrics = Metrics(params["metrics_url"], params["load_timeout"])
    try:
        result = run(params, store, certificates, served, metrics, module.check_mode)
    except TraefikError as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
