# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may come to an environment through its edges, how often, and at which addresses: for the roles traefik and keepalived."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ..traefik.guards import GuardError, forward_auth_from
from .errors import Problem, listed, shown
from .models import Cell, Environment, Estate, Machine, Settings

# A password is tried 60 times a minute from one address, which an office's morning may need and guessing can't use: Odoo
# itself makes whoever has failed five times wait for a minute (res.users, _on_login_cooldown). Browsers open one websocket
# for all their tabs, and all of an office do at once after a release.
_LOGINS = {"requests": "login", "per": "address", "average": 60, "period_seconds": 60, "burst": 30}
_WEBSOCKETS = {"requests": "websocket", "per": "address", "average": 10, "burst": 300}
# Ten seconds' worth at once, and never less than three browsers that come for the first time: each fetches some sixty files.
_BURST_SECONDS, _LEAST_BURST = 10, 200


def check(estate: Estate) -> Iterator[Problem]:
    """What a field can't say: who is asked, and of what."""
    key = "forward_auth"
    for name, words in sorted(estate.words.items()):
        try:
            if words[key]:
                forward_auth_from(words[key])
        except GuardError as error:
            said = str(error).removeprefix(f"{key}: ")
            yield Problem("environment", name, key, said, shown(words[key]), cure="correct it, or leave it out")
    for cell in estate.cells.values():
        yield from _addresses(cell)


def _addresses(cell: Cell) -> Iterator[Problem]:
    """Of addresses that move: whether they are any, and whether there is somewhere to move to."""
    key, written = "cell_edge_addresses", cell.facts["cell_edge_addresses"] or []
    for address in written:
        try:
            if "/" not in address:
                raise ValueError
            ipaddress.ip_interface(address)
        except ValueError:
            yield Problem(
                "cell", cell.name, key, "not an address with its network's prefix", shown(address), cure="write 192.0.2.10/24"
            )
    edges = [machine.name for machine in cell.with_role("edge")]
    if written and len(edges) < 2:
        cure = "give another machine the role edge, or leave it out"
        yield Problem(
            "cell", cell.name, key, "addresses that can't move: the cell has fewer than two edges", listed(edges), cure=cure
        )


def moving(machine: Machine, cell: Cell) -> Settings:
    """For the role keepalived."""
    addresses = cell.facts["cell_edge_addresses"] or []
    others = [other.address for other in cell.with_role("edge") if other is not machine]
    return {"keepalived_addresses": sorted(addresses), "keepalived_peers": others} if addresses else {}


def guards(environment: Environment) -> Settings:
    """Of a route. What isn't asked for isn't there."""
    words, rate = environment.words, environment.settings["quotas.requests_per_second"]
    together = {"per": "domain", "average": rate, "burst": max(_LEAST_BURST, rate * _BURST_SECONDS)}
    return {
        "limits": [{"requests": "pages", **together}, {"requests": "api", **together}, dict(_LOGINS), dict(_WEBSOCKETS)],
        **({"allow_from": list(words["allow_from"])} if words["allow_from"] else {}),
        **({"forward_auth": dict(words["forward_auth"])} if words["forward_auth"] else {}),
    }
