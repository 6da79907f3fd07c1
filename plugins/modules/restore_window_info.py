#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restore_window_info
short_description: Say which moments can be restored, and whether a given one can be restored here
version_added: 0.1.0
description:
  - Asks the store for its backups, as whoever O(settings) says, and chooses the one from which a moment is reached.
  - Says everything that speaks against it - a moment that hasn't been, or is before all backups, a store that can't be read, a
    passphrase that is not the one of the backups, a file system without room - before anything is written.
  - Runs where it would be restored, as root or as PostgreSQL's own user. Needs pgBackRest there, and no configuration of it.
author:
  - The tierline.erp contributors (@tierline)
options:
  stanza:
    description: Name under which the store keeps the cluster.
    type: str
    required: true
  settings:
    description: pgBackRest's options that reach and decrypt the repository, without those that are secret.
    type: dict
    required: true
  secrets:
    description: Those that are. They are handed over in the environment.
    type: dict
    required: true
  path:
    description: Directory to which it would be restored. It needn't exist.
    type: path
    required: true
  time:
    description:
      - The moment, ISO 8601 with its zone, such as C(2026-11-22 08:00:00+00:00). Empty, and without O(lsn), means the latest.
    type: str
    default: ""
  lsn:
    description: The moment as a position in the write-ahead log.
    type: str
    default: ""
  timeline:
    description: The timeline on which the moment is. V(0) means the latest.
    type: int
    default: 0
  store_time:
    description: Look at the store as it was at this time. Empty means now.
    type: str
    default: ""
extends_documentation_fragment:
  - tierline.erp.attributes.info
seealso:
  - module: tierline.erp.backup_info
"""

EXAMPLES = r"""
- name: See whether yesterday's close can be restored here
  tierline.erp.restore_window_info:
    stanza: shared
    settings:
      repo1-type: s3
      repo1-s3-bucket: shared-database
      repo1-s3-endpoint: store.example.net
      repo1-s3-region: us-east-1
      repo1-s3-key: "{{ vault_restorer.access_key }}"
      repo1-cipher-type: aes-256-cbc
    secrets:
      repo1-s3-key-secret: "{{ vault_restorer.secret_key }}"
      repo1-cipher-pass: "{{ vault_backup_cipher }}"
    path: /var/lib/tierline/restore
    time: "2026-11-21 18:00:00+00:00"
  register: window
"""

RETURN = r"""
oldest:
  description: The oldest moment that can be restored; empty where the store has no sound backup.
  returned: success
  type: str
  sample: "2026-10-23T02:00:41Z"
backup:
  description: Label of the backup from which the moment is reached; empty where none leads there.
  returned: success
  type: str
  sample: 20261121-020041F
backups:
  description: Labels of all backups in the store.
  returned: success
  type: list
  elements: str
  sample: [20261121-020041F]
needed_bytes:
  description: Room that restoring takes at most.
  returned: success
  type: int
  sample: 31457280
free_bytes:
  description: Room that there is.
  returned: success
  type: int
  sample: 31457280000
refusals:
  description: Everything that speaks against it.
  returned: success
  type: list
  elements: str
  sample: []
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.backup import asked
from ..module_utils.backup.errors import BackupError
from ..module_utils.backup.models import Repository
from ..module_utils.backup.window import Target, window

ARGUMENTS: dict[str, Any] = {
    "stanza": {"type": "str", "required": True},
    "settings": {"type": "dict", "required": True},
    "secrets": {"type": "dict", "required": True, "no_log": True},
    "path": {"type": "path", "required": True},
    "time": {"type": "str", "default": ""},
    "lsn": {"type": "str", "default": ""},
    "timeline": {"type": "int", "default": 0},
    "store_time": {"type": "str", "default": ""},
}


def result(repository: Repository, target: Target, now: float, free: int) -> dict[str, Any]:
    found = window(repository, target, now, free)
    return {
        "changed": False,
        "oldest": found.oldest,
        "backup": found.backup.label if found.backup else "",
        "backups": [backup.label for backup in repository.backups],
        "needed_bytes": found.needed,
        "free_bytes": free,
        "refusals": list(found.refusals),
    }


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    params = module.params
    try:
        target = Target.of(params["time"], params["lsn"], params["timeline"])
        repository = asked.repository(params["stanza"], params["settings"] | params["secrets"], params["store_time"])
        module.exit_json(**result(repository, target, time.time(), asked.free_bytes(params["path"])))
    except BackupError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
