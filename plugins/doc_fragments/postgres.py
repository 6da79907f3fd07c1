# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How modules reach a PostgreSQL server."""

    DOCUMENTATION = r"""
options:
  login_unix_socket:
    description: Directory of the server's unix socket. Used unless O(login_host) is given.
    type: path
    default: /var/run/postgresql
  login_host:
    description: Name or address of the server, to reach it over the network.
    type: str
  login_port:
    description: Port of the server.
    type: int
    default: 5432
  login_user:
    description: Role to log in as. It has to be a superuser, because only superusers see password verifiers.
    type: str
    default: postgres
  login_password:
    description: Password of O(login_user). None is needed where the server trusts the local user (peer authentication).
    type: str
  ssl_mode:
    description: How much TLS is asked for over the network, see U(https://www.postgresql.org/docs/17/libpq-ssl.html).
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
    default: verify-full
  ca_cert:
    description: File with the certificates of the authorities that are trusted.
    type: path
requirements:
  - psycopg2 >= 2.9 on the host that runs the module
"""
