# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pki_certificates
short_description: Hold all keys and certificates of a machine
version_added: 0.1.0
description:
  - Reconciles a list of private keys and certificates in two calls, however many they are.
  - With O(state=requested) it creates what must exist before a certificate can be issued
    (system groups, directories, the trust anchor, private keys that are missing)
    and returns a signed request for every certificate that is missing, near its end, has other names,
    does not fit its key or comes from another authority.
  - M(tierline.erp.pki_authority) answers these requests on the controller.
    With O(state=issued) the answers are installed, each file replaced atomically.
  - A private key is generated on the machine, never leaves it, and is never replaced while it is usable.
  - Units named in O(certificates[].reload) are reloaded (restarted where they cannot reload) if they run.
    A run that is cut off between the two is made good by the next one.
author:
  - The tierline.erp contributors (@tierline)
options:
  state:
    description:
      - V(requested) prepares the machine and returns requests.
      - V(issued) installs what was issued and reloads the units that use it.
    type: str
    choices: [requested, issued]
    default: requested
  authority:
    description:
      - The authority's certificate in PEM, installed as C(ca.crt) in O(directory).
      - An empty string is accepted in check mode only, where the authority may not exist yet.
    type: str
    required: true
  issued:
    description: What M(tierline.erp.pki_authority) returned; for O(state=issued).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the certificate.
        type: str
        required: true
      certificate:
        description: The certificate, followed by its chain, in PEM. Absent in check mode where the authority does not exist yet.
        type: str
  renew_before_days:
    description: Days before its end at which a certificate is requested again.
    type: int
    default: 30
  directory:
    description: Directory that holds everything.
    type: path
    default: /etc/tierline/pki
  pending_directory:
    description: Directory, emptied by a reboot, that remembers which certificates were replaced and not yet reloaded.
    type: path
    default: /run/tierline-pki
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.pki
seealso:
  - module: tierline.erp.pki_authority
  - module: tierline.erp.pki_certificates_info
"""

EXAMPLES = r"""
- name: Hold keys and find out which certificates are needed
  tierline.erp.pki_certificates:
    certificates:
      - name: etcd
        common_name: db1.example.net
        dns_names: [db1.example.net]
        ip_addresses: [192.0.2.11]
        group: etcd
    authority: "{{ lookup('ansible.builtin.file', '/srv/pki/ca.crt') }}"
  register: needed

- name: Install what the authority issued
  tierline.erp.pki_certificates:
    state: issued
    certificates: "{{ certificates }}"
    issued: "{{ signed.issued }}"
    authority: "{{ lookup('ansible.builtin.file', '/srv/pki/ca.crt') }}"
"""

RETURN = r"""
requests:
  description: Certificates that must be issued, and why.
  returned: with O(state=requested)
  type: list
  elements: dict
  sample:
    - name: etcd
      csr: "-----BEGIN CERTIFICATE REQUEST-----..."
      reasons: [it expires on 2026-03-01]
pending:
  description: Certificates that were replaced by an earlier run which could not reload their units.
  returned: with O(state=requested)
  type: list
  elements: str
  sample: []
certificates_changed:
  description: Names of the certificates that were replaced.
  returned: with O(state=issued)
  type: list
  elements: str
  sample: [etcd]
reloaded:
  description: Units that were reloaded.
  returned: with O(state=issued)
  type: list
  elements: str
  sample: [pgbouncer.service]
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.pki import x509
from ..module_utils.pki.arguments import CERTIFICATES
from ..module_utils.pki.errors import PkiError
from ..module_utils.pki.models import Wanted, parse_wanted
from ..module_utils.pki.plan import CERTIFICATE, Change, access_of, check_issued, describe, plan, reasons
from ..module_utils.pki.store import MachineStore

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["requested", "issued"], "default": "requested"},
    "certificates": CERTIFICATES,
    "authority": {"type": "str", "required": True},
    "issued": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"name": {"type": "str", "required": True}, "certificate": {"type": "str"}},
    },
    "renew_before_days": {"type": "int", "default": 30},
    "directory": {"type": "path", "default": "/etc/tierline/pki"},
    "pending_directory": {"type": "path", "default": "/run/tierline-pki"},
}


def request(
    store: MachineStore, wanted: list[Wanted], authority: str, renew_before: timedelta, now: datetime, check_mode: bool
) -> dict[str, Any]:
    found = {item.name: store.found(item.name, authority) for item in wanted}
    changes = plan(wanted, found, store.access(wanted), store.groups(), bool(authority) and store.authority() != authority)
    why = {item.name: reasons(item, found[item.name], now, renew_before) for item in wanted}
    if not check_mode:
        for change in changes:
            store.apply(change, authority)
    return {
        "changed": bool(changes),
        "diff": _changes_diff(changes),
        "pending": [name for name in store.pending() if name in found],
        "requests": [
            {"name": item.name, "reasons": why[item.name], "csr": _csr(store, item)} for item in wanted if why[item.name]
        ],
    }


def _csr(store: MachineStore, wanted: Wanted) -> str:
    """In check mode a key that would be created stands in as one that is thrown away."""
    try:
        return x509.new_request(store.key(wanted.name), wanted)
    except (OSError, PkiError):
        return x509.new_request(x509.new_key(), wanted)


def install(
    store: MachineStore, wanted: list[Wanted], issued: dict[str, str | None], authority: str, check_mode: bool
) -> dict[str, Any]:
    items = {item.name: item for item in wanted}
    strangers = sorted(set(issued) - set(items))
    if strangers:
        raise PkiError(f"issued names {', '.join(strangers)}, which certificates does not list: pass the same list to every step")
    found = {name: store.found(name, authority) for name in issued}
    after = _read_issued(issued, authority)
    names = sorted(set(issued) | (set(store.pending()) & set(items)))
    units = sorted({unit for name in names for unit in items[name].reload})
    access = access_of(wanted)
    if not check_mode:
        for name, certificate in after.items():
            check_issued(items[name], found[name], certificate)
        for name in after:
            store.install(name, str(issued[name]), access[f"{name}/{CERTIFICATE}"])
        units = store.reload(units, names)
    return {
        "changed": bool(issued) or bool(units),
        "certificates_changed": sorted(issued),
        "reloaded": units,
        "diff": {
            "before": {name: describe(found[name].certificate) for name in issued},
            "after": {name: describe(after[name]) if name in after else "issued by a new authority" for name in issued},
        },
    }


def _read_issued(issued: dict[str, str | None], authority: str) -> dict[str, Any]:
    if not authority:
        return {}
    anchor = x509.load_certificate(authority.encode())
    return {name: x509.read(x509.load_certificate(pem.encode()), anchor) for name, pem in issued.items() if pem}


def _changes_diff(changes: list[Change]) -> dict[str, Any]:
    lines = [
        f"{change.action} {change.subject or '.'}" + (f" {change.access.mode:04o} {change.access.group}" if change.access else "")
        for change in changes
    ]
    return {"before": "", "after": "".join(f"{line}\n" for line in lines)}


def _without_library(module: AnsibleModule, wanted: list[Wanted]) -> dict[str, Any]:
    """Check mode on a machine that lacks the library: nothing of ours can be there yet."""
    if not module.check_mode:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=x509.CRYPTOGRAPHY_IMPORT_ERROR)
    names = [item.name for item in wanted]
    empty: list[str] = []
    diff = {"before": "", "after": "".join(f"issue {name}\n" for name in names)}
    if module.params["state"] == "issued":
        return {"changed": bool(names), "certificates_changed": names, "reloaded": empty, "diff": diff}
    return {"changed": bool(names), "requests": [], "pending": empty, "diff": diff}


def _check_authority(pem: str) -> None:
    """Before anything is written: a machine must not trust what signs nothing."""
    try:
        if pem and not x509.is_authority(x509.load_certificate(pem.encode())):
            raise PkiError("it is not the certificate of an authority (CA:TRUE is missing)")
    except PkiError as error:
        raise PkiError(f"authority: {error}") from error


def run(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    wanted = parse_wanted(params["certificates"])
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        return _without_library(module, wanted)
    if not params["authority"] and not module.check_mode:
        raise PkiError("authority is empty: pass the certificate of the authority (the role pki creates one on the controller)")
    _check_authority(params["authority"])
    store = MachineStore(params["directory"], params["pending_directory"])
    if params["state"] == "issued":
        issued = {item["name"]: item["certificate"] for item in params["issued"]}
        return install(store, wanted, issued, params["authority"], module.check_mode)
    renew_before = timedelta(days=params["renew_before_days"])
    return request(store, wanted, params["authority"], renew_before, datetime.now(UTC), module.check_mode)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(module)
    except (PkiError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
