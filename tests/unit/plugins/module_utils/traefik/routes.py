# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Routes to test with."""

import json

from ansible_collections.tierline.erp.plugins.module_utils.traefik.models import Policy, Route, route_from
from hypothesis import strategies as st

POLICY = Policy()


def item(name: str = "acme_prod", **changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "environment": name,
        "tenant": name.partition("_")[0],
        "domains": [f"{name.replace('_', '-')}.example.com"],
        "certificate": name,
        "web": ["http://app1:10008"],
        "websocket": ["http://app1:10009"],
    }
    return base | changes


def route(name: str = "acme_prod", **changes: object) -> Route:
    return route_from(item(name, **changes))


names = st.from_regex(r"\A[a-z](_?[a-z0-9]){0,6}\Z")

estates = st.lists(names, unique=True, max_size=8).map(lambda found: [route(name) for name in found])


def body(text: str) -> dict:
    return json.loads("\n".join(line for line in text.splitlines() if not line.startswith("#")))
