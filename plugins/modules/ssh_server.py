#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ssh_server
short_description: Change the SSH server's settings without locking anybody out
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Holds a block on top of C(/etc/ssh/sshd_config), which sshd goes by before all else. Before that, C(sshd -t) must
    accept the whole configuration as it would be, and C(sshd -T) must say that each setting takes effect.
  - With O(state=tried) the new settings are put to use for O(rollback_seconds). Unless a task with O(state=kept) confirms them in
    that time, a timer on the host goes back to the settings of before, with or without the controller, also after a reboot.
  - Prove a second connection between the two. Connections that exist are kept by a reload, so they prove nothing.
requirements:
  - OpenSSH server and systemd on the machine
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.hardening_trial
options:
  settings:
    description:
      - Keywords of C(sshd_config) and their values; lists as sshd writes them. C(Match) and C(Include) are refused.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Root can't log in any more, on trial
  tierline.erp.ssh_server:
    settings: {PermitRootLogin: "no"}

- name: Root can't log in any more, for good
  tierline.erp.ssh_server:
    settings: {PermitRootLogin: "no"}
    state: kept
"""

RETURN = r"""
on_trial:
  description: Whether settings wait for being confirmed after this task.
  returned: always
  type: bool
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tierline.erp.plugins.module_utils.hardening import arguments, ssh
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError
from ansible_collections.tierline.erp.plugins.module_utils.hardening.ssh_store import SshStore


def run(params, store, check_mode):
    if params["state"] != "tried":
        return _end(params["state"], store, check_mode)
    if store.undo.pending and not check_mode:
        # An earlier run was cut off: what it tried was never proven.
        store.undo.restore()
    before = store.read()
    text = ssh.render(before, params["settings"])
    ssh.refuse_ineffective(params["settings"], store.effective_with(text))
    changed = before != text
    if changed and not check_mode:
        store.try_out(text, before, params["rollback_seconds"])
    return {"changed": changed, "on_trial": changed and not check_mode, "diff": {"before": before, "after": text}}


def _end(state, store, check_mode):
    pending = store.undo.pending
    if pending and not check_mode:
        store.undo.confirm() if state == "kept" else store.undo.restore()
    if state == "kept" and not pending and not check_mode:
        raise HardeningError(
            "no settings are on trial: they were taken back in the meantime; run it again with a longer rollback_seconds"
        )
    return {"changed": pending, "on_trial": False, "diff": {"before": "on trial\n" if pending else "", "after": f"{state}\n"}}


def main():
    module = AnsibleModule(
        argument_spec={
            "settings": {"type": "dict", "required": True},
            **arguments.TRIAL,
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params, SshStore(), module.check_mode))
    except HardeningError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
