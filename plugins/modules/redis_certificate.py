# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_certificate
short_description: Let Redis serve the certificate that lies on disk
version_added: 0.1.0
description:
  - Compares the certificate that a Redis server serves with the file that its configuration names, and lets the server read
    certificate, key and authority again where they differ.
  - Connections and data are kept; new connections get the new certificate. A restart is not needed.
  - A certificate that does not fit its key is refused by the server, which then goes on with the old one.
  - Runs on the server's machine, where the files lie.
author:
  - The tierline.erp contributors (@tierline)
requirements:
  - Redis 7.0 or later
extends_documentation_fragment:
  - tierline.erp.attributes
  - tierline.erp.redis
seealso:
  - module: tierline.erp.pki_certificates
"""

EXAMPLES = r"""
- name: Serve the renewed certificate
  tierline.erp.redis_certificate:
    unix_socket: /run/redis/redis-server.sock
    login_password: "{{ redis_admin_password }}"
"""

RETURN = r"""
fingerprint:
  description: SHA-256 digest of the certificate on disk. Empty in check mode where no server runs yet.
  returned: success
  type: str
  sample: 2f0c8a1f5be0b1d6c2a1a2c4b0f0e3d2a1b4c5d6e7f8091a2b3c4d5e6f708192
"""

from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.redis import tls
from ..module_utils.redis.arguments import CONNECTION, open_store
from ..module_utils.redis.errors import RedisError, RedisUnreachableError
from ..module_utils.redis.store import REDIS_IMPORT_ERROR, RedisStore, certificate_file, served_certificate


def run(store: RedisStore, look: Callable[[str, int], bytes], check_mode: bool) -> dict[str, Any]:
    try:
        settings = store.settings(*tls.SETTINGS, "tls-port", "bind")
        served = tls.fingerprint(look(*tls.place(settings)))
    except RedisUnreachableError:
        if check_mode:  # The run that would start the server would let it read the certificate.
            return _report("", "")
        raise
    path = settings["tls-cert-file"]
    wanted = tls.fingerprint_of_file(certificate_file(path), path)
    if served != wanted and not check_mode:
        store.set({name: settings[name] for name in tls.SETTINGS})
        served_now = tls.fingerprint(look(*tls.place(settings)))
        if served_now != wanted:
            raise RedisError(
                f"the server still serves another certificate than {path}: restart redis-server, and look at its log"
            )
    return _report(served, wanted)


def _report(served: str, wanted: str) -> dict[str, Any]:
    return {
        "changed": served != wanted,
        "fingerprint": wanted,
        "diff": {"before": f"sha256 {served}\n", "after": f"sha256 {wanted}\n"},
    }


def main() -> None:
    module = AnsibleModule(argument_spec=CONNECTION, supports_check_mode=True)
    if REDIS_IMPORT_ERROR and module.check_mode:
        module.exit_json(**_report("", ""))
    if REDIS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("redis"), exception=REDIS_IMPORT_ERROR)
    timeout = module.params["timeout"]
    try:
        result = run(
            open_store(module.params), lambda address, port: served_certificate(address, port, timeout), module.check_mode
        )
    except RedisError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
