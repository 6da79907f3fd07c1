# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.tierline.erp.plugins.filter.slot_routes import slot_routes

ROUTE = {
    "environment": "acme_prod",
    "app_machine": "app1",
    "slots": {slot: {"web": [f"http://{slot}:1"], "websocket": [f"http://{slot}:2"]} for slot in ("blue", "green")},
}


@pytest.mark.parametrize("slot", ["blue", "green"])
def test_routes_lead_to_the_slot_that_serves(slot: str) -> None:
    [route] = slot_routes([ROUTE], [{"environment": "acme_prod", "slot": slot}])
    assert route == {"environment": "acme_prod", "web": [f"http://{slot}:1"], "websocket": [f"http://{slot}:2"]}


def test_a_route_that_knows_its_servers_stays() -> None:
    assert slot_routes([{"environment": "a", "web": ["x"]}], []) == [{"environment": "a", "web": ["x"]}]


def test_nothing_is_guessed() -> None:
    assert slot_routes([ROUTE], []) == []
    with pytest.raises(AnsibleFilterError, match="acme_prod is served by slot 'red'"):
        slot_routes([ROUTE], [{"environment": "acme_prod", "slot": "red"}])
