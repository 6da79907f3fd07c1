#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: unsealed_estate
short_description: Get configuration, secrets and authority of a lost site back from the store
version_added: 0.1.0
description:
  - Reads the newest bundle that M(tierline.erp.sealed_estate_copy) has put into a bucket and that the estate's authority has
    signed, opens it with the recovery key, and writes its files into a folder.
  - Takes an identity that can read older versions. What somebody has put over the bundle, or that it was deleted, changes
    nothing of what is read here.
  - A file that is there and has other content is never overwritten.
  - Runs where the recovery key is, with a way to the store.
author:
  - The tierline.erp contributors (@tierline)
options:
  bucket:
    description: The bucket.
    type: str
    required: true
  identity_path:
    description: File of the recovery key, as C(age-keygen) writes it.
    type: path
    required: true
  authority_path:
    description: Certificate of the estate's authority. O(ca_path) when not given.
    type: path
  directory:
    description: Folder for C(inventories/), C(secrets.yml), C(pki/) and C(manifest.json). Only its owner may read what is in it.
    type: path
    required: true
  time:
    description: The bundle as of this time, such as V(2026-11-22T08:00:00Z). Without it the newest one.
    type: str
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.object_store
requirements:
  - pyrage
  - cryptography
seealso:
  - module: tierline.erp.sealed_estate
"""

EXAMPLES = r"""
- name: What the lost site was made of is there again
  tierline.erp.unsealed_estate:
    endpoint: https://store.example.net:8333
    ca_path: /media/kit/ca.crt
    access_key: shared-restorer
    secret_key: "{{ lookup('ansible.builtin.file', '/media/kit/restorer') }}"
    bucket: shared-database
    identity_path: /media/kit/recovery.key
    directory: /srv/site
  delegate_to: localhost
"""

RETURN = r"""
files:
  description: Names of the files that were written, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: [inventories/production/hosts.yml, manifest.json, pki/ca.crt, pki/ca.key, secrets.yml]
stored:
  description: When the bundle came into the store.
  returned: success
  type: str
  sample: "2026-11-22T08:00:02.000Z"
passed_over:
  description: How many newer versions were passed over, because the authority hasn't signed them. More than none is an alarm.
  returned: success
  type: int
  sample: 0
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.object_store.arguments import CONNECTION, open_client
from ..module_utils.object_store.client import Client, Version
from ..module_utils.object_store.errors import ObjectStoreError
from ..module_utils.pki.errors import PkiError
from ..module_utils.sealing import bundle, envelope, folders
from ..module_utils.sealing.envelope import Envelope
from ..module_utils.sealing.errors import SealingError

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "bucket": {"type": "str", "required": True},
    "identity_path": {"type": "path", "required": True},
    "authority_path": {"type": "path"},
    "directory": {"type": "path", "required": True},
    "time": {"type": "str"},
}


def run(client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    authority = params["authority_path"] or params["ca_path"]
    if not authority:
        raise SealingError("authority_path is needed: without the authority's certificate nobody knows who sealed what is there")
    version, found, passed = _newest(client, params["bucket"], Path(authority).read_bytes(), params["time"])
    files = bundle.unpack(envelope.unseal(found, Path(params["identity_path"]).read_text(encoding="utf-8")))
    missing = folders.missing(Path(params["directory"]), files)
    if not check_mode:
        folders.write(Path(params["directory"]), {path: files[path] for path in missing})
    diff = {"before": "", "after": "".join(f"write {path}\n" for path in missing)}
    return {"changed": bool(missing), "files": missing, "stored": version.modified, "passed_over": passed, "diff": diff}


def _newest(client: Client, bucket: str, authorities: bytes, until: str | None) -> tuple[Version, Envelope, int]:
    versions = [v for v in client.versions(bucket, envelope.KEY) if v.key == envelope.KEY and not v.marker]
    if until:
        versions = [v for v in versions if _time(v.modified) <= _time(until)]
    # Newest first, as stores list them; those of one second stay in that order.
    ordered = sorted(versions, key=lambda version: _time(version.modified), reverse=True)
    for passed, version in enumerate(ordered):
        try:
            found = envelope.parse(client.get(bucket, version.key, version.version))
        except SealingError:
            continue
        if found.authentic(authorities):
            return version, found, passed
    raise SealingError(
        f"{bucket} has {len(ordered)} versions of {envelope.KEY}{f' up to {until}' if until else ''}, "
        "and this authority has signed none of them: is it the estate's, and the bucket the right one?"
    )


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SealingError(f"{text!r} is no time such as 2026-11-22T08:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if envelope.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=envelope.IMPORT_ERROR)
    try:
        result = run(open_client(module.params), module.params, module.check_mode)
    except (SealingError, PkiError, ObjectStoreError, OSError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
