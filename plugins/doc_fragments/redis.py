# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How the Redis modules reach a server."""

    DOCUMENTATION = r"""
requirements:
  - redis >= 4.3 (Python)
options:
  unix_socket:
    description: Path of the server's Unix socket. Preferred on the server itself, since it works whatever the certificates say.
    type: path
  host:
    description:
      - Name of the server, reached over TLS where O(unix_socket) is not given.
      - Its certificate must be valid for this name.
    type: str
    default: localhost
  port:
    description: TLS port of the server.
    type: int
    default: 6379
  ca_path:
    description: Certificate authority to trust; the system's by default.
    type: path
  login_user:
    description: Name of the administrator.
    type: str
    default: admin
  login_password:
    description: Password of the administrator. Sent over the connection only, never as an argument of a process.
    type: str
    required: true
  timeout:
    description: Seconds to wait for the server.
    type: int
    default: 10
"""
