# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a closed environment may reach: its database and its sessions. Pure: addresses in, ruleset out.

A table for each closed environment, in a file of its own, so that nobody has to know of the others. The chain sees a packet
before Docker redirects it, and goes by the name of the network's bridge, so it is there before the network is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from .spec import bridge_name


def table(environment: str) -> str:
    return f"tierline_egress_{environment}"


def path(config_dir: str, environment: str) -> str:
    """No environment has a dot in its name, so this is nobody's directory."""
    return f"{config_dir}/egress.d/{environment}.nft"


def pattern(config_dir: str) -> str:
    return f"{config_dir}/egress.d/*.nft"


def render(environment: str, allowed: Iterable[tuple[str, int]]) -> str:
    """A file that replaces the table in one transaction, whether it exists or not."""
    bridge = bridge_name(environment)
    return "\n".join(
        [
            "# Managed by tierline.erp.odoo_container: changes made here are lost.",
            f"table inet {table(environment)}",
            f"delete table inet {table(environment)}",
            f"table inet {table(environment)} {{",
            "    chain out {",
            "        type filter hook prerouting priority mangle - 1; policy accept;",
            f'        iifname != "{bridge}" accept',
            # Of its own containers one stands before the other.
            f'        fib daddr oifname "{bridge}" accept',
            "        ct direction reply accept",
            *(f"        {line}" for line in sorted({_let(address, port) for address, port in allowed})),
            "        counter drop",
            "    }",
            "}",
            "",
        ]
    )


def _let(address: str, port: int) -> str:
    parsed = ipaddress.ip_address(address)
    if parsed.is_loopback:
        # A name that means this machine means its gateway inside a container.
        return f"fib daddr type local tcp dport {port} accept"
    return f"{'ip' if parsed.version == 4 else 'ip6'} daddr {address} tcp dport {port} accept"
