# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pki_certificates_info
short_description: Read the certificates of a machine
version_added: 0.1.0
description:
  - Says for every certificate below a directory what it is valid for, who issued it, when it ends,
    and whether it belongs to its key and to the machine's trust anchor.
  - Never returns key material.
author:
  - The tierline.erp contributors (@tierline)
requirements:
  - cryptography >= 38
options:
  directory:
    description: Directory that M(tierline.erp.pki_certificates) holds.
    type: path
    default: /etc/tierline/pki
  names:
    description:
      - Certificates to read; all by default.
      - One that is named and missing is returned with RV(certificates[].present) false.
    type: list
    elements: str
extends_documentation_fragment:
  - tierline.erp.attributes.info
seealso:
  - module: tierline.erp.pki_certificates
"""

EXAMPLES = r"""
- name: Read all certificates of the machine
  tierline.erp.pki_certificates_info:
  register: pki

- name: Refuse certificates that end within a week
  ansible.builtin.assert:
    that: pki.certificates | rejectattr('days_left', 'gt', 7) | length == 0
"""

RETURN = r"""
authority:
  description: The trust anchor; empty where there is none.
  returned: success
  type: dict
  sample:
    common_name: Tierline internal CA
    fingerprint: 5f1c...
    not_after: "2036-01-01T00:00:00Z"
    days_left: 3650
certificates:
  description: The certificates, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the certificate.
      type: str
      sample: etcd
    present:
      description: Whether there is a readable certificate. Everything below is absent where there is none.
      type: bool
    common_name:
      description: Common name.
      type: str
      sample: db1.example.net
    dns_names:
      description: Host names that it is valid for.
      type: list
      elements: str
      sample: [db1.example.net]
    ip_addresses:
      description: Addresses that it is valid for.
      type: list
      elements: str
      sample: [192.0.2.11]
    usages:
      description: What it may prove.
      type: list
      elements: str
      sample: [server, client]
    issuer:
      description: Common name of the issuer.
      type: str
      sample: Tierline internal CA
    serial:
      description: Serial number, hexadecimal.
      type: str
      sample: 4c9a0f
    fingerprint:
      description: SHA-256 digest of the certificate, hexadecimal.
      type: str
      sample: 5f1c09
    not_before:
      description: Begin of validity, UTC.
      type: str
      sample: "2026-01-01T00:00:00Z"
    not_after:
      description: End of validity, UTC.
      type: str
      sample: "2026-04-01T00:00:00Z"
    days_left:
      description: Whole days until its end, negative after it.
      type: int
      sample: 89
    trusted:
      description: Whether the trust anchor signed it.
      type: bool
    key_matches:
      description: Whether the private key beside it belongs to it.
      type: bool
"""

from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.pki import x509
from ..module_utils.pki.errors import PkiError
from ..module_utils.pki.models import Certificate, Found
from ..module_utils.pki.store import MachineStore

ARGUMENTS: dict[str, Any] = {
    "directory": {"type": "path", "default": "/etc/tierline/pki"},
    "names": {"type": "list", "elements": "str"},
}
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def run(store: MachineStore, names: list[str] | None, now: datetime) -> dict[str, Any]:
    authority_pem = store.authority()
    return {
        "changed": False,
        "authority": _authority(authority_pem, now),
        "certificates": [
            {"name": name, **_row(store.found(name, authority_pem), now)}
            for name in (store.names() if names is None else sorted(names))
        ],
    }


def _authority(pem: str, now: datetime) -> dict[str, Any]:
    if not pem:
        return {}
    authority = x509.read(x509.load_certificate(pem.encode()))
    return {"common_name": authority.common_name, "fingerprint": authority.fingerprint, **_validity(authority, now)}


def _row(found: Found, now: datetime) -> dict[str, Any]:
    certificate = found.certificate
    if certificate is None:
        return {"present": False}
    return {
        "present": True,
        "common_name": certificate.common_name,
        "dns_names": list(certificate.dns_names),
        "ip_addresses": list(certificate.ip_addresses),
        "usages": list(certificate.usages),
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "fingerprint": certificate.fingerprint,
        "trusted": certificate.trusted,
        "key_matches": certificate.key == found.key,
        **_validity(certificate, now),
    }


def _validity(certificate: Certificate, now: datetime) -> dict[str, Any]:
    return {
        "not_before": certificate.not_before.strftime(_TIME),
        "not_after": certificate.not_after.strftime(_TIME),
        "days_left": (certificate.not_after - now).days,
    }


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=x509.CRYPTOGRAPHY_IMPORT_ERROR)
    try:
        result = run(MachineStore(module.params["directory"], ""), module.params["names"], datetime.now(UTC))
    except (PkiError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
