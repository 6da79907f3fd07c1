#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restore_certificate
short_description: Write and sign what a restore has proven
version_added: 0.1.0
description:
  - Writes an in-toto statement of what was restored, from where, when, in what time, and what was checked.
  - Signs it with an SSH key that is kept on the controller, and writes the same as a page for people.
  - Anybody can check it with C(ssh-keygen -Y verify), the statement, its signature and the file C(allowed_signers).
  - A certificate is written once. One that exists is left as it is.
author:
  - The tierline.erp contributors (@tierline)
options:
  directory:
    description: Directory for certificates on the controller.
    type: path
    required: true
  name:
    description: Name of the certificate's files.
    type: str
    required: true
  key:
    description: The key that signs. It is made where it is missing.
    type: path
    required: true
  identity:
    description: Who signs, as C(allowed_signers) names them. Letters, digits and C(_.@+-), no pattern.
    type: str
    default: tierline-restore-proof
  subject:
    description: What was restored, such as an environment and the name of its recovery point.
    type: str
    required: true
  sha256:
    description: SHA-256 of the recovery point as the store has it.
    type: str
    required: true
  source:
    description: Where it came from, such as store, bucket, stanza and the backup's label.
    type: dict
    default: {}
  times:
    description: When it happened - the moment, the start, the end. ISO 8601, UTC.
    type: dict
    default: {}
  tools:
    description: Versions of what was used.
    type: dict
    default: {}
  rto_seconds:
    description: Seconds that it took until the restored data could be used.
    type: float
    required: true
  rpo_seconds:
    description: Seconds of work that would have been lost.
    type: float
    required: true
  promised_rto:
    description: What is promised; a longer time is a failed check.
    type: int
  promised_rpo:
    description: What is promised; a greater loss is a failed check.
    type: int
  checks:
    description: What was checked.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the check.
        type: str
        required: true
      passed:
        description: Whether it passed. Left out where it was not asked for, which O(checks[].detail) then tells the reason of.
        type: bool
      detail:
        description: What was seen.
        type: str
        default: ""
extends_documentation_fragment:
  - tierline.erp.attributes
"""

EXAMPLES = r"""
- name: Certify that acme_prod was restored
  tierline.erp.restore_certificate:
    directory: certificates
    name: acme_prod-2026-11-22
    key: certificates/signing/id_ed25519
    subject: acme_prod before-release-42
    sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
    rto_seconds: 41.5
    rpo_seconds: 2
    promised_rto: 3600
    checks:
      - {name: figures, passed: true, detail: 42 tables}
  delegate_to: localhost
"""

RETURN = r"""
path:
  description: The statement. Beside it are C(<name>.json.sig) and C(<name>.html).
  returned: success
  type: str
  sample: certificates/acme_prod-2026-11-22.json
allowed_signers:
  description: What who checks needs besides. Keys that signed before stay in it, as certificates outlive keys.
  returned: success
  type: str
  sample: certificates/allowed_signers
passed:
  description: Whether no check failed, promises kept included.
  returned: success
  type: bool
  sample: true
"""

import json
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.proof import signer
from ..module_utils.proof.errors import ProofError
from ..module_utils.proof.statement import Check, Measured, page, serialise, statement

ARGUMENTS: dict[str, Any] = {
    "directory": {"type": "path", "required": True},
    "name": {"type": "str", "required": True},
    "key": {"type": "path", "required": True, "no_log": False},
    "identity": {"type": "str", "default": "tierline-restore-proof"},
    "subject": {"type": "str", "required": True},
    "sha256": {"type": "str", "required": True},
    "source": {"type": "dict", "default": {}},
    "times": {"type": "dict", "default": {}},
    "tools": {"type": "dict", "default": {}},
    "rto_seconds": {"type": "float", "required": True},
    "rpo_seconds": {"type": "float", "required": True},
    "promised_rto": {"type": "int"},
    "promised_rpo": {"type": "int"},
    "checks": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "passed": {"type": "bool"},
            "detail": {"type": "str", "default": ""},
        },
    },
}


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    directory = Path(params["directory"])
    path = directory / f"{params['name']}.json"
    # The signature comes last: without it the certificate was cut off, and is written again.
    exists = path.with_name(f"{path.name}.sig").exists()
    content = json.loads(path.read_bytes()) if exists else _statement(params)
    if not exists and not check_mode:
        _write(path, content, Path(params["key"]), params["identity"])
    return {
        "changed": not exists,
        "path": str(path),
        "allowed_signers": str(directory / "allowed_signers"),
        "passed": content["predicate"]["passed"],
        "diff": {"before": "", "after": "" if exists else serialise(content).decode()},
    }


def _statement(params: dict[str, Any]) -> dict[str, Any]:
    measured = Measured(params["rto_seconds"], params["rpo_seconds"], params["promised_rto"], params["promised_rpo"])
    checks = [Check(**check) for check in params["checks"]]
    texts = {name: {k: str(v) for k, v in params[name].items()} for name in ("source", "times", "tools")}
    return statement(params["subject"], params["sha256"], texts["source"], texts["times"], measured, checks, texts["tools"])


def _write(path: Path, content: dict[str, Any], key: Path, identity: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    signer.make_key(key, identity)
    signer.write(path, serialise(content))
    signer.write(path.with_suffix(".html"), page(content).encode())
    signer.allow(path.with_name("allowed_signers"), key, identity)
    signer.sign(path, key)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(module.params, module.check_mode)
    except (ProofError, OSError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
