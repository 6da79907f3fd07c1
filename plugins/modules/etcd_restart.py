#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_restart
short_description: Restart an etcd member that is older than its configuration
version_added: 0.1.0
description:
  - Restarts etcd on this host if it was started before one of the given files was last written, and waits until it is well again.
  - That is read from the system and not handed over from a task before, so a run that was cut off after it had written the
    configuration is finished by the next one.
  - Refuses while another voting member doesn't answer. Run it with C(throttle=1), and members restart one at a time.
  - A service that doesn't run is left alone.
author:
  - The tierline.erp contributors (@tierline)
options:
  member:
    description: Name of this host's member.
    type: str
    required: true
  files:
    description: Files that etcd reads when it starts.
    type: list
    elements: path
    required: true
  service:
    description: Its systemd unit.
    type: str
    default: etcd.service
  timeout:
    description: How long it may take until the member and its cluster are well, in seconds.
    type: int
    default: 60
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.etcd
"""

EXAMPLES = r"""
- name: Members of etcd run with their present configuration
  tierline.erp.etcd_restart:
    members:
      - {name: db1, address: db1.example.net}
      - {name: db2, address: db2.example.net}
      - {name: db3, address: db3.example.net}
    ca_cert: /etc/tierline/pki/ca.crt
    client_cert: /etc/tierline/pki/etcd/tls.crt
    client_key: /etc/tierline/pki/etcd/tls.key
    member: db1
    files: [/etc/default/etcd]
  throttle: 1
"""

RETURN = r"""
newer:
  description: The files that are newer than the running service.
  returned: success
  type: list
  elements: str
  sample: [/etc/default/etcd]
"""

import time
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.etcd.arguments import CONNECTION, open_client
from ..module_utils.etcd.client import EtcdClient
from ..module_utils.etcd.errors import EtcdError
from ..module_utils.etcd.patience import patiently
from ..module_utils.etcd.rolling import may_restart
from ..module_utils.etcd.service import Service

ARGUMENTS: dict[str, Any] = {
    **CONNECTION,
    "member": {"type": "str", "required": True},
    "files": {"type": "list", "elements": "path", "required": True},
    "service": {"type": "str", "default": "etcd.service"},
    "timeout": {"type": "int", "default": 60},
}


def run(
    client: EtcdClient,
    service: Service,
    member: str,
    files: list[str],
    timeout: int,
    check_mode: bool,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    newer = service.older_than(files)
    if newer and not check_mode:
        # A neighbour that has just restarted needs a moment until it answers.
        patiently(lambda: may_restart(client.cluster(), member), timeout, pause)
        service.restart(timeout)
        patiently(lambda: may_restart(client.cluster(), ""), timeout, pause)
    return {"changed": bool(newer), "newer": newer, "diff": {"before": {"newer": newer}, "after": {"newer": []}}}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    asked = module.params
    try:
        service = Service(asked["service"])
        result = run(open_client(asked), service, asked["member"], asked["files"], asked["timeout"], module.check_mode)
    except EtcdError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
