#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_probe
version_added: 0.1.0
short_description: Look at an Odoo environment as its users do
description:
  - Meets an environment from outside, over verified TLS, and reports what works and which layer is at fault where it does not.
  - "The checks are: the TLS chain for the domain; the redirect from HTTP to HTTPS; the login page; the database behind it; the
    closed database manager; a websocket handshake; logins over the web and over JSON-RPC; a customer invoice that is created,
    posted, read back with the right total and withdrawn; a scheduled action that Odoo's scheduler executes."
  - All checks are run, except those that need one that failed. Nothing, least of all the password, is sent to a server whose
    certificate is not trusted.
  - The module fails only when it can't run. Whether the environment is well is returned in RV(ok); use
    P(tierline.erp.checks_table#filter) to print the checks and P(tierline.erp.checks_blame#filter) to fail.
  - B(What it leaves behind). A posted invoice consumes a number, so it gets one of a journal of its own, C(TLCHK) "Tierline
    verification", and the numbers of the journals in which finance works stay without gaps. Afterwards the invoice is set back to
    draft and cancelled, so that it stands in no ledger or report and yet stays visible to an auditor. A partner and an inactive
    scheduled action of the same name are made once. With O(verify_invoice=false) nothing is written to the books.
extends_documentation_fragment: tierline.erp.attributes
author: The tierline.erp contributors (@tierline)
attributes:
  check_mode:
    support: full
    details:
      - The invoice and the scheduled action are skipped in check mode, because they write to the database.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Each run posts and withdraws an invoice of its own.
options:
  environment:
    description: Name of the environment, for the report.
    type: str
    required: true
  domain:
    description: Host name under which users reach the environment.
    type: str
    required: true
  address:
    description: Address to connect to where it is not that of the domain, for example before DNS is moved. Defaults to O(domain).
    type: str
  port:
    description: Port of HTTPS at O(address).
    type: int
    default: 443
  http_port:
    description: Port of plain HTTP at O(address), from which users are redirected. V(0) skips the check.
    type: int
    default: 80
  ca_path:
    description: File with the certificate authority that users trust. Defaults to the controller's own trusted authorities.
    type: path
  database:
    description: Name of the environment's database.
    type: str
    required: true
  login:
    description: Login of a user that may administer Odoo and post invoices.
    type: str
    default: admin
  password:
    description: Password of O(login).
    type: str
    required: true
  verify_invoice:
    description: Whether a customer invoice is posted and withdrawn.
    type: bool
    default: true
  invoice_skip_reason:
    description: Why no invoice is posted, for the report.
    type: str
    default: verify_invoice is false
  timeout:
    description: Seconds that one answer may take.
    type: int
    default: 60
  cron_timeout:
    description: Seconds within which a due scheduled action has to be executed. Odoo looks at least once a minute.
    type: int
    default: 120
  certificate_days:
    description: Days for which the certificate must still be valid.
    type: int
    default: 7
seealso:
  - module: tierline.erp.tenant_isolation_info
"""

EXAMPLES = r"""
- name: Look at an environment as its users do
  tierline.erp.odoo_probe:
    environment: acme_prod
    domain: erp.acme.example.com
    database: acme_prod
    password: "{{ estate_secrets.environments.acme_prod.admin }}"
  register: probe

- name: Look at an environment whose finance department forbids test documents
  tierline.erp.odoo_probe:
    environment: acme_prod
    domain: erp.acme.example.com
    address: 192.0.2.10
    ca_path: /etc/ssl/acme-ca.crt
    database: acme_prod
    password: "{{ estate_secrets.environments.acme_prod.admin }}"
    verify_invoice: false
    invoice_skip_reason: forbidden by finance, see FIN-2041
"""

RETURN = r"""
environment:
  description: Name of the environment.
  returned: success
  type: str
  sample: acme_prod
ok:
  description: Whether every check passed or was skipped on purpose.
  returned: success
  type: bool
  sample: true
checks:
  description: One entry per check, in the order in which they were run.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: Name of the check., type: str, sample: invoice}
    layer:
      description: The layer that the check looks at, or the one at fault where it failed.
      type: str
      sample: books
    status: {description: "One of V(passed), V(failed), V(blocked) by an earlier failure, V(skipped).", type: str, sample: passed}
    ok: {description: Whether the check passed or was skipped on purpose., type: bool, sample: true}
    detail: {description: What was seen., type: str, sample: "TLCHK/2026/00001 posted, total 123.40 USD read back"}
    seconds: {description: How long it took., type: float, sample: 0.81}
layers_at_fault:
  description: The layers that failed checks blame.
  returned: success
  type: list
  elements: str
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.probe.checks import steps
from ansible_collections.tierline.erp.plugins.module_utils.probe.client import Client
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import FAILED, PASSED, Check, Target
from ansible_collections.tierline.erp.plugins.module_utils.probe.runner import ClientLike, Context, run


def argument_spec() -> dict[str, Any]:
    return {
        "environment": {"type": "str", "required": True},
        "domain": {"type": "str", "required": True},
        "address": {"type": "str"},
        "port": {"type": "int", "default": 443},
        "http_port": {"type": "int", "default": 80},
        "ca_path": {"type": "path"},
        "database": {"type": "str", "required": True},
        "login": {"type": "str", "default": "admin"},
        "password": {"type": "str", "required": True, "no_log": True},
        "verify_invoice": {"type": "bool", "default": True},
        "invoice_skip_reason": {"type": "str", "default": "verify_invoice is false"},
        "timeout": {"type": "int", "default": 60},
        "cron_timeout": {"type": "int", "default": 120},
        "certificate_days": {"type": "int", "default": 7},
    }


def target_from(params: dict[str, Any]) -> Target:
    return Target(
        domain=params["domain"],
        address=params["address"] or params["domain"],
        port=params["port"],
        http_port=params["http_port"] or None,
        ca_path=params["ca_path"],
        timeout=params["timeout"],
    )


def probe(params: dict[str, Any], client: ClientLike, check_mode: bool) -> dict[str, Any]:
    context = Context(
        client=client,
        database=params["database"],
        login=params["login"],
        password=params["password"],
        cron_timeout=params["cron_timeout"],
        certificate_days=params["certificate_days"],
    )
    writes = "nothing is written in check mode" if check_mode else ""
    chosen = steps(
        skip_http="" if params["http_port"] else "http_port is 0",
        skip_invoice=writes or ("" if params["verify_invoice"] else params["invoice_skip_reason"]),
        skip_cron=writes,
    )
    return report(params["environment"], run(context, chosen))


def report(environment: str, checks: list[Check]) -> dict[str, Any]:
    wrote = any(check.name in ("invoice", "scheduled_action") and check.status == PASSED for check in checks)
    return {
        "changed": wrote,
        "environment": environment,
        "ok": all(check.ok for check in checks),
        "checks": [check.to_dict() for check in checks],
        "layers_at_fault": sorted({check.layer for check in checks if check.status == FAILED}),
    }


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    module.exit_json(**probe(module.params, Client(target_from(module.params)), module.check_mode))


if __name__ == "__main__":
    main()
