# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rclone_obscured
short_description: A password as rclone's configuration wants it
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - rclone keeps passwords in its configuration obscured, with a key that everybody knows. That protects nothing, and it reads no
    others.
  - Where C(rclone obscure) gives another text each time, this gives the same for the same password, so that files stay as they
    are.
options:
  _input:
    description: The password.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Give rclone its password
  ansible.builtin.copy:
    content: "password = {{ vault_cipher | tierline.erp.rclone_obscured }}"
    dest: /etc/tierline/rclone.conf
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The obscured password. As secret as the password.
  type: str
"""

import base64
import hashlib
from collections.abc import Callable

from ansible.errors import AnsibleFilterError

try:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CTR
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

# Part of rclone's format, the same in every copy of it.
KEY = bytes.fromhex("9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638")


def rclone_obscured(password: str) -> str:
    if not HAS_CRYPTOGRAPHY:
        raise AnsibleFilterError("rclone_obscured needs the Python library cryptography on the controller")
    start = hashlib.sha256(b"tierline" + password.encode()).digest()[:16]
    encryptor = Cipher(AES(KEY), CTR(start)).encryptor()
    return base64.urlsafe_b64encode(start + encryptor.update(password.encode()) + encryptor.finalize()).decode().rstrip("=")


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"rclone_obscured": rclone_obscured}
