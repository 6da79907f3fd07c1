# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How modules reach all members of a Patroni cluster, and write through its API."""

    DOCUMENTATION = r"""
options:
  api_user:
    description: User of the API.
    type: str
    default: patroni
  api_password:
    description: Password of O(api_user).
    type: str
    required: true
"""

    MEMBERS = r"""
options:
  members:
    description:
      - All members of the cluster. Run the module once, from one of them or from any host that has the certificates;
        it talks to all.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the member.
        type: str
        required: true
      address:
        description: Name or IP address by which the others reach it. Its certificates carry it.
        type: str
        required: true
  api_port:
    description: Port of Patroni's API, the same on all members.
    type: int
    default: 8008
  ca_cert:
    description: File with the certificate of the authority that signed the members' certificates.
    type: path
    default: /etc/tierline/pki/ca.crt
  client_cert:
    description: File with the client certificate for Patroni's API.
    type: path
    default: /etc/tierline/pki/patroni/tls.crt
  client_key:
    description: File with the key of O(client_cert).
    type: path
    default: /etc/tierline/pki/patroni/tls.key
"""

    POOLERS = r"""
options:
  pgbouncer_port:
    description: Port of the PgBouncers through which applications write, the same on all members.
    type: int
    default: 6432
  pgbouncer_user:
    description: User of PgBouncer's admin console.
    type: str
    default: pgbouncer_admin
  pgbouncer_password:
    description: Password of O(pgbouncer_user). Without one, PgBouncer is left out, and applications see their connections break.
    type: str
requirements:
  - psycopg2 >= 2.9 on the host that runs the module, for PgBouncer
"""

    HEALTH = r"""
options:
  maximum_lag:
    description: By how many bytes of WAL a replica may lag in a cluster that counts as healthy.
    type: int
    default: 1048576
"""

    OPERATION = r"""
options:
  transactions_timeout:
    description:
      - How many seconds transactions in progress get to end, while new ones are held back. When they don't end in time, nothing
        is changed and the module fails, unless O(interrupt) is true.
    type: float
    default: 5
  interrupt:
    description: Whether transactions that don't end in time are broken off.
    type: bool
    default: false
  resigned_delay:
    description: >-
      How many seconds to keep applications waiting at least after the former primary resigned: as long as the proxies in front
      of the cluster need to notice it.
    type: float
    default: 0
  endpoints_delay:
    description: How many seconds to keep applications waiting after the new primary answers, so that all proxies know it.
    type: float
    default: 0
  healthy_timeout:
    description: How many seconds the cluster may take to be healthy again after each step.
    type: int
    default: 120
  switchover_timeout:
    description: How many seconds Patroni may take to switch over. Applications go on afterwards, whatever happened.
    type: int
    default: 30
"""
