#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_endpoint_probe
version_added: 0.1.0
short_description: Measure a cluster's availability for writes as an application sees it
description:
  - Commits a small write through the endpoints again and again for a while, as an application does that is given all of them,
    and says how many failed and what the longest time without a success was.
  - A write is a logical message in the WAL. It needs no table and leaves nothing behind, but commits like any other, so it waits
    for synchronous replicas and fails on a replica.
extends_documentation_fragment:
  - tierline.erp.attributes.info
author: The tierline.erp contributors (@tierline)
options:
  hosts:
    description: Names or addresses of the endpoints, tried in this order.
    type: list
    elements: str
    required: true
  port:
    description: Port of the endpoints.
    type: int
    default: 6432
  user:
    description: Role to log in as. It needs no privilege but to connect.
    type: str
    default: pgbouncer
  password:
    description: Password of O(user).
    type: str
    required: true
  database:
    description: Database to connect to.
    type: str
    default: postgres
  ca_cert:
    description: File with the certificate of the authority that signed the endpoints' certificates.
    type: path
    default: /etc/tierline/pki/ca.crt
  seconds:
    description: How long to measure.
    type: int
    default: 60
  rate:
    description: Writes for each second.
    type: int
    default: 20
requirements:
  - psycopg2 >= 2.9 on the host that runs the module
"""

EXAMPLES = r"""
- name: It is known how long writes fail
  tierline.erp.postgres_endpoint_probe:
    hosts: [db1.example.org, db2.example.org, db3.example.org]
    password: "{{ pgbouncer_password }}"
    seconds: 30
  register: probe
"""

RETURN = r"""
outage:
  description: The longest time without a successful write, in seconds.
  returned: success
  type: float
  sample: 2.7
writes:
  description: How many succeeded.
  returned: success
  type: int
  sample: 570
errors:
  description: How many failed.
  returned: success
  type: int
  sample: 3
first_error:
  description: What the first one that failed said; null when none did.
  returned: success
  type: str
  sample: server closed the connection unexpectedly
median:
  description: How long a write usually took, in seconds.
  returned: success
  type: float
  sample: 0.004
"""

import contextlib
import time
import traceback
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.tierline.erp.plugins.module_utils.postgres.outage import Write, summarise

PSYCOPG2_IMPORT_ERROR = None
try:
    import psycopg2
except ImportError:
    PSYCOPG2_IMPORT_ERROR = traceback.format_exc()

ARGUMENTS = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "port": {"type": "int", "default": 6432},
    "user": {"type": "str", "default": "pgbouncer"},
    "password": {"type": "str", "required": True, "no_log": True},
    "database": {"type": "str", "default": "postgres"},
    "ca_cert": {"type": "path", "default": "/etc/tierline/pki/ca.crt"},
    "seconds": {"type": "int", "default": 60},
    "rate": {"type": "int", "default": 20},
}


class Writer:
    """One connection, made again when it is lost."""

    def __init__(self, params):
        self._login = {
            "host": ",".join(params["hosts"]),
            "port": params["port"],
            "user": params["user"],
            "password": params["password"],
            "dbname": params["database"],
            "sslmode": "verify-full",
            "sslrootcert": params["ca_cert"],
            "connect_timeout": 3,
        }
        self._connection: Any = None

    def write(self):
        """Returns what went wrong, or nothing."""
        try:
            if self._connection is None:
                self._connection = psycopg2.connect(**self._login)
                self._connection.autocommit = True
            self._connection.cursor().execute("SELECT pg_logical_emit_message(true, 'tierline', 'probe')")
        except psycopg2.Error as error:
            with contextlib.suppress(psycopg2.Error, AttributeError):
                self._connection.close()
            self._connection = None
            return str(error).strip() or type(error).__name__
        return ""


def run(writer, seconds, rate, clock=time):
    writes, interval = [], 1 / rate
    end = clock.monotonic() + seconds
    while (began := clock.monotonic()) < end:
        error = writer.write()
        writes.append(Write(began, clock.monotonic(), error))
        clock.sleep(max(0.0, began + interval - clock.monotonic()))
    return {"changed": False, **summarise(writes, interval)}


def main():
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if PSYCOPG2_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("psycopg2"), exception=PSYCOPG2_IMPORT_ERROR)
    module.exit_json(**run(Writer(module.params), module.params["seconds"], module.params["rate"]))


if __name__ == "__main__":
    main()
