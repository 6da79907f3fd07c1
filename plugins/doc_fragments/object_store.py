# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How modules reach an S3-compatible store."""

    DOCUMENTATION = r"""
options:
  endpoint:
    description: The store, as C(https://host:port). Buckets are part of the path, never of the host name.
    type: str
    required: true
  region:
    description: Region that requests are signed for.
    type: str
    default: us-east-1
  access_key:
    description: Access key of the identity.
    type: str
    required: true
  secret_key:
    description: Secret key of the identity.
    type: str
    required: true
  ca_path:
    description: Authority that must have signed the store's certificate. Without it, those that the host trusts.
    type: path
  timeout:
    description: Seconds to wait for an answer.
    type: int
    default: 20
"""
