#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pki_rollover
version_added: 0.1.0
short_description: Let another authority follow an internal one, while certificates of both are in use
description:
  - Takes one step in the directory of M(tierline.erp.pki_authority), on the controller. The role P(tierline.erp.pki#role) brings
    it to machines - a step may follow only when every machine has the one before.
  - With V(begin) the next authority exists and is trusted besides, with V(promote) it issues, and what issued before is only
    trusted, with V(forget) it is trusted alone. What was issued before is worth nothing then, whoever has it. V(finish) says
    that every machine has heard of it.
  - A step that was taken is not taken again; V(begin) does nothing while a rollover is under way, which it is from V(begin) until
    V(finish). One that was cut off is finished.
  - Whoever was trusted before is C(previous.crt) in the directory as long.
options:
  directory:
    description: Directory of the authority. C(ca.crt) holds the certificates of all that are trusted, whoever issues first.
    type: path
    required: true
  action:
    description: The step.
    type: str
    choices: [begin, promote, forget, finish]
    required: true
  common_name:
    description: Name of the next authority; with V(begin).
    type: str
    default: Tierline internal CA
  days:
    description: Lifetime of the next authority in days; with V(begin).
    type: int
    default: 3650
requirements:
  - cryptography (Python library)
extends_documentation_fragment:
  - tierline.erp.attributes
seealso:
  - module: tierline.erp.pki_authority
author:
  - The tierline.erp contributors (@tierline)
"""

EXAMPLES = r"""
- name: There is another authority that machines shall trust
  tierline.erp.pki_rollover:
    directory: /srv/pki
    action: begin
  delegate_to: localhost

- name: It issues from now on
  tierline.erp.pki_rollover:
    directory: /srv/pki
    action: promote
  delegate_to: localhost
"""

RETURN = r"""
steps:
  description: What was done, or would be.
  returned: success
  type: list
  elements: str
  sample: [create_key, trust_next]
authorities:
  description: Who is trusted after this, whoever issues first. In check mode before it.
  returned: success
  type: list
  elements: dict
  sample:
    - common_name: Tierline internal CA
      expires: "2036-11-20"
      fingerprint: 5f1c09
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.pki import rollover, x509
from ..module_utils.pki.errors import PkiError
from ..module_utils.pki.store import AuthorityStore

ACTIONS = [rollover.BEGIN, rollover.PROMOTE, rollover.FORGET, rollover.FINISH]


def run(store: AuthorityStore, params: dict[str, Any], now: datetime, check_mode: bool) -> dict[str, Any]:
    if not store.exists():
        raise PkiError(f"{store.root} holds no authority yet that another could follow: the role pki creates it")
    with store.locked():
        steps = rollover.plan(params["action"], _held(store))
        before = _listed(store)
        if not check_mode:
            _take(store, steps, params, now)
        after = _listed(store)
    return {
        "changed": bool(steps),
        "steps": steps,
        "authorities": after,
        "diff": {"before": _lines(before), "after": _lines(after)},
    }


def _take(store: AuthorityStore, steps: list[str], params: dict[str, Any], now: datetime) -> None:
    if rollover.CREATE_KEY in steps:
        store.keep_next_key(x509.new_authority_key())
    waiting = store.next_key()
    known = {_digest(pem): pem for pem in x509.split(store.certificate())}
    digest = x509.key_digest(x509.load_key(waiting).public_key()) if waiting else None
    if rollover.TRUST_NEXT in steps and waiting and digest:
        start, end = x509.lifetime(now, timedelta(days=params["days"]), timedelta(hours=1))
        known[digest] = x509.new_authority(params["common_name"], waiting, start, end)
    order = rollover.arranged(steps, _held(store).authorities, digest)
    bundle = b"".join(known[one] for one in order)
    if bundle != store.certificate():
        store.keep_certificate(bundle)
    if rollover.NOTE in steps:
        store.keep_previous(b"".join(pem for one, pem in known.items() if one != (digest or order[0])))
    if rollover.END in steps:
        store.forget_previous()
    # Last: a key whose certificate doesn't lead yet would issue nothing that anybody takes.
    if rollover.USE_NEXT in steps:
        store.use_next_key()


def _held(store: AuthorityStore) -> rollover.Held:
    waiting = store.next_key()
    return rollover.Held(
        authorities=tuple(_digest(pem) for pem in x509.split(store.certificate())),
        key=x509.key_digest(x509.load_key(store.key()).public_key()),
        waiting=x509.key_digest(x509.load_key(waiting).public_key()) if waiting else None,
        unfinished=store.unfinished(),
    )


def _digest(pem: bytes) -> str:
    return x509.key_digest(x509.load_certificate(pem).public_key())


def _listed(store: AuthorityStore) -> list[dict[str, str]]:
    found = [x509.read(x509.load_certificate(pem)) for pem in x509.split(store.certificate())]
    return [
        {"common_name": one.common_name, "expires": f"{one.not_after:%Y-%m-%d}", "fingerprint": one.fingerprint} for one in found
    ]


def _lines(authorities: list[dict[str, str]]) -> str:
    return "".join(f"{one['common_name']}, until {one['expires']}, {one['fingerprint'][:16]}\n" for one in authorities)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "action": {"type": "str", "choices": ACTIONS, "required": True},
            "common_name": {"type": "str", "default": "Tierline internal CA"},
            "days": {"type": "int", "default": 3650},
        },
        supports_check_mode=True,
    )
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=x509.CRYPTOGRAPHY_IMPORT_ERROR)
    try:
        result = run(AuthorityStore(module.params["directory"]), module.params, datetime.now(UTC), module.check_mode)
    except PkiError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
