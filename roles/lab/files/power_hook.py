# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fencing command of lab hosts: status 0 only if the lab's power controller says that the host is off.

Usage: power_hook.py HOST. The folder of this file also holds power.crt and power.token.
"""

from __future__ import annotations

import json
import pathlib
import ssl
import sys
import urllib.request

HERE = pathlib.Path(__file__).parent
OFF, ON, UNKNOWN = 0, 1, 2


def ask(host: str) -> str:
    request = urllib.request.Request(
        f"https://power:8443/power/{host}", headers={"Authorization": f"Bearer {(HERE / 'power.token').read_text().strip()}"}
    )
    tls = ssl.create_default_context(cafile=HERE / "power.crt")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))
    with opener.open(request, timeout=3) as answer:
        return json.load(answer)["power"]


def main() -> int:
    try:
        power = ask(sys.argv[1])
    except (OSError, ValueError, KeyError) as error:
        print(f"the power controller didn't say: {error}")
        return UNKNOWN
    print(f"{sys.argv[1]} is {power}")
    return {"off": OFF, "on": ON}.get(power, UNKNOWN)


if __name__ == "__main__":
    sys.exit(main())
