# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The list of certificates that the modules of the internal authority share."""

    DOCUMENTATION = r"""
requirements:
  - cryptography >= 38
options:
  certificates:
    description: The certificates of one machine. Only these are looked at, others are left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the directory that holds C(tls.key) and C(tls.crt).
        type: str
        required: true
      common_name:
        description: Common name, at most 64 characters.
        type: str
        required: true
      dns_names:
        description:
          - Host names that the certificate is valid for.
          - Where there are neither names nor addresses, the common name is used.
        type: list
        elements: str
        default: []
      ip_addresses:
        description: Addresses that the certificate is valid for.
        type: list
        elements: str
        default: []
      group:
        description: Group that may read the private key, created as a system group where it does not exist yet.
        type: str
        default: root
      usages:
        description: What the certificate may prove, being a server, a client, or (peers of a cluster) both.
        type: list
        elements: str
        choices: [server, client]
        default: [server, client]
      reload:
        description: Systemd services to reload once the certificate was replaced, if they run.
        type: list
        elements: str
        default: []
      environment:
        description: Environment that the certificate belongs to. Not used by the module; callers select by it.
        type: str
"""
