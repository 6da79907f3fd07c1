# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import RouteError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.models import route_from
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.traefik.routes import item


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"environment": "Acme"}, "environment is 'Acme'"),
        ({"environment": None}, "environment is None"),
        ({"tenant": "a b"}, "tenant is 'a b'"),
        ({"certificate": "../../root"}, "certificate is '../../root'"),
        ({"domains": []}, "domains is empty"),
        ({"domains": None}, "domains is empty"),
        ({"domains": ["https://acme.example.com"]}, "is not a host name"),
        ({"domains": ["*.example.com"]}, "is not a host name"),
        ({"domains": ["a`) || Host(`b"]}, "is not a host name"),
        ({"domains": ["a" * 64 + ".example.com"]}, "is not a host name"),
        ({"domains": [".".join(["a" * 60] * 5)]}, "is not a host name"),
        ({"domains": ["a.example.com", "A.example.com"]}, "listed twice"),
        ({"web": []}, "web is empty"),
        ({"web": ["app1:10008"]}, "not of the form"),
        ({"web": ["http://app1"]}, "not of the form"),
        ({"web": ["http://app1:0"]}, "not of the form"),
        ({"web": ["http://app1:65536"]}, "not of the form"),
        ({"web": ["http://app1:80/path"]}, "not of the form"),
        ({"websocket": None}, "websocket is empty"),
    ],
)
def test_malformed_routes_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(RouteError) as caught:
        route_from(item() | changes)
    assert message in str(caught.value)


def test_a_route_is_normalised() -> None:
    found = route_from(
        {
            "environment": "acme_prod",
            "domains": ["WWW.example.com", "a.example.com"],
            "web": ["http://b_2:1/", "http://[2001:db8::1]:80", "http://b_2:1"],
            "websocket": ["http://192.0.2.1:2"],
        }
    )
    assert found.tenant == found.certificate == "acme_prod"
    assert found.domains == ("a.example.com", "www.example.com")
    assert found.web == ("http://[2001:db8::1]:80", "http://b_2:1")
