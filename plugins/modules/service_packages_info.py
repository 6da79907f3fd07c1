#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_packages_info
version_added: 0.1.0
short_description: Which services run older software than is installed
description:
  - Compares when each service started with when the Debian packages that it runs were last unpacked. A service that started
    before is outdated until it is restarted, also when the run that upgraded its packages was cut off in between.
extends_documentation_fragment:
  - tierline.erp.attributes.info
author: The tierline.erp contributors (@tierline)
options:
  services:
    description: Services and the packages that each runs.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the systemd unit.
        type: str
        required: true
      packages:
        description: Names of Debian packages. One that isn't installed is left out.
        type: list
        elements: str
        required: true
      restarts_with:
        description: Services with which systemd restarts it anyway. It is left out when one of them is outdated.
        type: list
        elements: str
        default: []
"""

EXAMPLES = r"""
- name: It is known what needs a restart
  tierline.erp.service_packages_info:
    services:
      - {name: patroni.service, packages: [patroni, postgresql-17]}
      - {name: pgbouncer.service, packages: [pgbouncer]}
  register: services
"""

RETURN = r"""
outdated:
  description: >-
    Names of services that run and started before one of their packages was unpacked, in the order given. Those that restart with
    one of them are left out.
  returned: success
  type: list
  elements: str
  sample: [patroni.service]
"""

import glob
import os

from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {
    "services": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "packages": {"type": "list", "elements": "str", "required": True},
            "restarts_with": {"type": "list", "elements": "str", "default": []},
        },
    }
}
_DPKG = "/var/lib/dpkg/info"


def outdated(services, started, unpacked):
    """``started`` and ``unpacked`` answer with seconds since the epoch, or None for what doesn't run or isn't installed."""
    found: list[str] = []
    for service in services:
        since = started(service["name"])
        times = [time for time in map(unpacked, service["packages"]) if time is not None]
        # Both are whole seconds: a service may be started in the second in which its package was unpacked.
        older = since is not None and any(int(time) > since for time in times)
        if older and not set(service["restarts_with"]) & set(found):
            found.append(service["name"])
    return found


def when_unpacked(package, folder=_DPKG):
    """dpkg writes the list of a package's files anew each time. Some lists carry the architecture in their name."""
    lists = glob.glob(f"{folder}/{package}.list") + glob.glob(f"{folder}/{package}:*.list")
    return max(map(os.path.getmtime, lists), default=None)


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)

    def when_started(unit):
        command = ["systemctl", "show", "--timestamp=unix", "--property=ActiveEnterTimestamp,ActiveState", unit]
        _code, output, _errors = module.run_command(command, check_rc=True)
        facts = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
        stamp = facts.get("ActiveEnterTimestamp", "").lstrip("@")
        return int(stamp) if facts.get("ActiveState") == "active" and stamp.isdigit() else None

    module.exit_json(changed=False, outdated=outdated(module.params["services"], when_started, when_unpacked))


if __name__ == "__main__":
    main()
