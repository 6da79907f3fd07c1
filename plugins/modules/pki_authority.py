# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pki_authority
short_description: Create an internal authority, and issue certificates from it
version_added: 0.1.0
description:
  - Answers the requests that M(tierline.erp.pki_certificates) made on a machine.
  - Runs where the authority's key lies, on the controller.
  - Names, addresses and usages come from O(certificates), which is what the inventory declares.
    Only the public key is taken from a request, so a machine cannot obtain a certificate for a name that nobody gave it.
  - Creates the authority itself, once, where O(create) is given. An authority that exists is never written to.
author:
  - The tierline.erp contributors (@tierline)
options:
  directory:
    description: Directory of the authority, with C(ca.crt) and C(ca.key). The key must not be readable by others.
    type: path
    required: true
  create:
    description:
      - Create the authority, with a key on the curve P-384, where O(directory) holds none.
      - Of runs that do so at the same time one creates it, and the others use what it created.
      - A key without a certificate, left by a run that was cut off, is used and kept.
    type: dict
    suboptions:
      common_name:
        description: Name of the authority.
        type: str
        required: true
      days:
        description: Lifetime of the authority in days.
        type: int
        default: 3650
  requests:
    description: What M(tierline.erp.pki_certificates) returned as RV(tierline.erp.pki_certificates#module:requests).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of one of O(certificates).
        type: str
        required: true
      csr:
        description: The request in PEM.
        type: str
        required: true
      reasons:
        description: Why it is requested. Not used here.
        type: list
        elements: str
        default: []
  valid_days:
    description: Lifetime of a certificate in days.
    type: int
    default: 90
  backdate_minutes:
    description: How long before now a certificate begins, so that a clock that is late accepts it at once.
    type: int
    default: 10
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.pki
attributes:
  idempotent:
    support: partial
    details:
      - The authority is created once. Every request is answered with a new certificate.
      - M(tierline.erp.pki_certificates) requests nothing where nothing is needed.
seealso:
  - module: tierline.erp.pki_certificates
"""

EXAMPLES = r"""
- name: There is an authority
  tierline.erp.pki_authority:
    directory: /srv/pki
    create: {common_name: Example internal CA}
    certificates: []
    requests: []
  delegate_to: localhost

- name: Issue the certificates that the machine needs
  tierline.erp.pki_authority:
    directory: /srv/pki
    certificates: "{{ certificates }}"
    requests: "{{ needed.requests }}"
  delegate_to: localhost
  register: signed
"""

RETURN = r"""
created:
  description: Whether the authority was created, or in check mode would be.
  returned: success
  type: bool
  sample: false
issued:
  description:
    - One certificate for each request.
    - Its C(certificate) is empty in check mode where the authority does not exist yet.
  returned: success
  type: list
  elements: dict
  sample:
    - name: etcd
      certificate: "-----BEGIN CERTIFICATE-----..."
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.pki import x509
from ..module_utils.pki.arguments import CERTIFICATES
from ..module_utils.pki.errors import PkiError
from ..module_utils.pki.models import Wanted, parse_wanted
from ..module_utils.pki.plan import check_lifetimes
from ..module_utils.pki.store import AuthorityStore

ARGUMENTS: dict[str, Any] = {
    "directory": {"type": "path", "required": True},
    "create": {
        "type": "dict",
        "options": {"common_name": {"type": "str", "required": True}, "days": {"type": "int", "default": 3650}},
    },
    "certificates": CERTIFICATES,
    "requests": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "csr": {"type": "str", "required": True},
            "reasons": {"type": "list", "elements": "str", "default": []},
        },
    },
    "valid_days": {"type": "int", "default": 90},
    "backdate_minutes": {"type": "int", "default": 10},
}


def run(store: AuthorityStore, params: dict[str, Any], now: datetime, check_mode: bool) -> dict[str, Any]:
    wanted = {item.name: item for item in parse_wanted(params["certificates"])}
    requests = {item["name"]: item["csr"] for item in params["requests"]}
    strangers = sorted(set(requests) - set(wanted))
    if strangers:
        raise PkiError(
            f"requests name {', '.join(strangers)}, which are not among certificates: a machine gets only what it was given"
        )
    created = bool(params.get("create")) and create(store, params["create"], now, check_mode)
    if check_mode and not store.exists():
        issued: list[dict[str, Any]] = [{"name": name, "certificate": None} for name in requests]
    else:
        issued = _issue(store, wanted, requests, params, now) if requests else []
    lines = [f"create the authority {params['create']['common_name']}\n"] if created else []
    lines += [f"issue {item['name']} for {params['valid_days']} days\n" for item in issued]
    return {
        "changed": bool(lines),
        "created": created,
        "issued": issued,
        "diff": {"before": "", "after": "".join(lines)},
    }


def create(store: AuthorityStore, asked: dict[str, Any], now: datetime, check_mode: bool) -> bool:
    """True if there was no authority. Looks again under the lock: another run may have created it meanwhile."""
    if store.exists() or check_mode:
        return not store.exists()
    with store.locked():
        if store.exists():
            return False
        if not store.has_key():
            store.keep_key(x509.new_authority_key())
        start, end = x509.lifetime(now, timedelta(days=asked["days"]), timedelta(hours=1))
        store.keep_certificate(x509.new_authority(asked["common_name"], store.key(), start, end))
    return True


def _issue(
    store: AuthorityStore, wanted: dict[str, Wanted], requests: dict[str, str], params: dict[str, Any], now: datetime
) -> list[dict[str, Any]]:
    authority, key = _open(store)
    valid = timedelta(days=params["valid_days"])
    check_lifetimes(valid, x509.read(authority, authority), now)
    start, end = x509.lifetime(now, valid, timedelta(minutes=params["backdate_minutes"]))
    issued = []
    for name, csr in requests.items():
        try:
            public_key = x509.load_request(csr)
        except PkiError as error:
            raise PkiError(f"{name}: {error}") from error
        issued.append({"name": name, "certificate": x509.issue(wanted[name], public_key, authority, key, start, end)})
    return issued


def _open(store: AuthorityStore) -> tuple[Any, Any]:
    authority = x509.load_certificate(store.certificate())
    key = x509.load_key(store.key())
    if x509.key_digest(key.public_key()) != x509.key_digest(authority.public_key()):
        raise PkiError(f"{store.root}: ca.key does not belong to ca.crt; restore both from the same backup")
    if not x509.is_authority(authority):
        raise PkiError(f"{store.root}: ca.crt is not an authority's certificate (CA:TRUE is missing)")
    return authority, key


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=x509.CRYPTOGRAPHY_IMPORT_ERROR)
    try:
        result = run(AuthorityStore(module.params["directory"]), module.params, datetime.now(UTC), module.check_mode)
    except PkiError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
