# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may reach the published ports of this machine. Pure: addresses in, ruleset out.

The first chain sees a packet before Docker redirects it to a container (priority mangle comes before dstnat), when its
destination still is this machine and the published port. Answers to connections that containers or the machine itself opened
pass: their translated source port may lie in the same range. It is also where containers are kept from the cloud's metadata. The
second chain closes the way around: a neighbour that routes to
a container's own address. Local programs reach the ports without passing either chain.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable

from .errors import OdooError
from .plan import Step

TABLE = "tierline_odoo"
# Where clouds tell a machine who it is, and with it often what opens other doors: none of a container's business.
METADATA_4 = "169.254.0.0/16"
METADATA_6 = ("fd00:ec2::254", "fd20:ce::254")


def parse_ports(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})-(\d{1,5})", text.strip())
    low, high = (int(number) for number in found.groups()) if found else (0, 0)
    if not 1024 <= low <= high <= 65535:
        raise OdooError(f"ports is {text!r}: a range such as 10000-32767 is needed")
    return low, high


def _set(name: str, kind: str, addresses: list[str]) -> list[str]:
    elements = [f"        elements = {{ {', '.join(addresses)} }}"] if addresses else []
    return [f"    set {name} {{", f"        type {kind}", *elements, "    }"]


def _body(addresses: Iterable[str], ports: tuple[int, int]) -> list[str]:
    parsed = sorted({ipaddress.ip_address(text) for text in addresses}, key=lambda item: (item.version, int(item)))
    outside = [item for item in parsed if not item.is_loopback]
    return [
        *_set("edge4", "ipv4_addr", [str(item) for item in outside if item.version == 4]),
        *_set("edge6", "ipv6_addr", [str(item) for item in outside if item.version == 6]),
        "    chain published {",
        "        type filter hook prerouting priority mangle; policy accept;",
        "        ct direction reply accept",
        '        iifname "lo" accept',
        f'        iifname "tl-*" ip daddr {METADATA_4} counter drop',
        f'        iifname "tl-*" ip6 daddr {{ {", ".join(METADATA_6)} }} counter drop',
        "        fib daddr type != local accept",
        f"        tcp dport != {ports[0]}-{ports[1]} accept",
        '        iifname "tl-*" counter drop',
        "        ip saddr @edge4 accept",
        "        ip6 saddr @edge6 accept",
        "        counter drop",
        "    }",
        "    chain routed {",
        "        type filter hook forward priority filter - 10; policy accept;",
        '        oifname != "tl-*" accept',
        "        ct direction reply accept",
        "        ct status dnat accept",
        '        iifname "tl-*" accept',
        "        counter drop",
        "    }",
    ]


def render(addresses: Iterable[str], ports: tuple[int, int], include: str = "") -> str:
    """A file that replaces the table in one transaction, whether it exists or not, and loads the files of closed environments."""
    body = _body(addresses, ports)
    return "\n".join(
        [
            "# Managed by tierline.erp.odoo_container: changes made here are lost.",
            f"table inet {TABLE}",
            f"delete table inet {TABLE}",
            f"table inet {TABLE} {{",
            f'    comment "{digest(body)}"',
            *body,
            "}",
            *([f'include "{include}"'] if include else []),
            "",
        ]
    )


def digest(lines: Iterable[str]) -> str:
    return "ruleset " + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def plan(path: str, have_text: str | None, loaded: str | None, want_text: str) -> list[Step]:
    """Write the file where it differs; load it where the kernel has another ruleset, or none."""
    steps = []
    if have_text != want_text:
        before = {"content": have_text} if have_text is not None else {}
        steps.append(Step("firewall", "write", path, before, {"content": want_text}, want_text))
    wanted = re.search(r'comment "([^"]+)"', want_text)
    if wanted and (loaded is None or wanted.group(1) not in loaded):
        seen = "absent" if loaded is None else "another ruleset"
        steps.append(Step("firewall", "load", f"inet {TABLE}", {"table": seen}, {"table": "this ruleset"}))
    return steps
