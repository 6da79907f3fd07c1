#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_engine
short_description: Start the machine's container engine where none runs
version_added: 0.1.0
description:
  - Makes sure that a Docker engine answers on this machine. A running one, whoever started it, is left as it is.
  - With systemd the service is started. On a machine without an init system C(dockerd) is started in the background.
  - V(absent) stops only an engine that this module has spawned itself, and only when no container is left in it.
extends_documentation_fragment: [tierline.erp.attributes]
options:
  folder:
    description: Directory for the engine's log and for the mark that this module started it.
    type: path
    required: true
  state:
    description: Whether an engine runs.
    type: str
    choices: [started, absent]
    default: started
  timeout:
    description: Seconds that the engine may take to start or stop.
    type: int
    default: 60
author:
  - The tierline.erp contributors (@tierline)
"""

EXAMPLES = r"""
- name: A container engine answers
  tierline.erp.lab_engine:
    folder: .cache/engine
"""

RETURN = r"""
managed:
  description: Whether the engine was spawned by this module (and is therefore stopped by it).
  type: bool
  returned: always
  sample: true
"""

import pathlib

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.lab import engine
from ansible_collections.tierline.erp.plugins.module_utils.lab.errors import LabError
from ansible_collections.tierline.erp.plugins.module_utils.lab.lock import exclusive


def started(folder, timeout, check_mode):
    changed = not engine.answers()
    if changed and not check_mode:
        engine.start(folder, timeout)
    return {"changed": changed, "diff": {"before": "stopped\n" if changed else "started\n", "after": "started\n"}}


def absent(folder, timeout, check_mode):
    pid = engine.started_pid(folder)
    changed = pid is not None and not engine.in_use()
    if pid is not None and changed and not check_mode:
        engine.stop(folder, pid, timeout)
    return {
        "changed": changed,
        "diff": {"before": "started\n" if pid else "", "after": "" if changed or not pid else "started\n"},
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["started", "absent"], "default": "started"},
            "timeout": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    folder = pathlib.Path(module.params["folder"])
    act = started if module.params["state"] == "started" else absent
    try:
        with exclusive():
            result = act(folder, module.params["timeout"], module.check_mode)
    except LabError as error:
        module.fail_json(msg=str(error))
    module.exit_json(managed=engine.started_pid(folder) is not None, **result)


if __name__ == "__main__":
    main()
