# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: slot_routes
short_description: Routes to the slots that serve
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Takes routes that know the servers of both slots, and the answers of M(tierline.erp.odoo_releases_info), and returns routes as
    M(tierline.erp.traefik_routes) takes them.
positional: releases
options:
  _input:
    description:
      - Routes, each with C(environment) and C(slots), which maps V(blue) and V(green) to C(web) and C(websocket).
      - A route without C(slots) is returned as it is.
      - One that no machine has answered for is left out, so that it stays on the edge as it is. A guess would lead to nobody.
    type: list
    elements: dict
    required: true
  releases:
    description: RV(tierline.erp.odoo_releases_info#module:releases) of all machines that the routes lead to.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Lead to the slots that serve
  tierline.erp.traefik_routes:
    routes: "{{ estate_traefik_routes | tierline.erp.slot_routes(result.releases) }}"
"""

RETURN = r"""
_value:
  description: The routes.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

_KNOWN_ONLY_HERE = ("app_machine", "slots")


def slot_routes(routes: Iterable[Mapping[str, Any]], releases: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Fill in the servers of the slot that serves; nothing is guessed."""
    slots = {release["environment"]: release["slot"] for release in releases}
    return [_routed(route, slots) for route in routes if "slots" not in route or route["environment"] in slots]


def _routed(route: Mapping[str, Any], slots: Mapping[str, str]) -> dict[str, Any]:
    if "slots" not in route:
        return dict(route)
    name = route["environment"]
    if slots[name] not in route["slots"]:
        raise AnsibleFilterError(f"slot_routes: {name} is served by slot {slots[name]!r}, which its route has no servers for.")
    plain = {key: value for key, value in route.items() if key not in _KNOWN_ONLY_HERE}
    return {**plain, **route["slots"][slots[name]]}


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"slot_routes": slot_routes}
