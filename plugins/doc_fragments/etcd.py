# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How modules reach an etcd cluster."""

    DOCUMENTATION = r"""
options:
  members:
    description: All members that the cluster has or shall have. A question goes to the first that answers.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the member, its C(ETCD_NAME).
        type: str
        required: true
      address:
        description: Name or address by which the others reach it. Its certificate must carry it.
        type: str
        required: true
  client_port:
    description: Port on which members serve clients.
    type: int
    default: 2379
  ca_cert:
    description: File with the certificate of the authority that signed the members' certificates.
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
"""
