# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.pki.errors import PkiError
from ansible_collections.tierline.erp.plugins.module_utils.pki.models import Wanted, parse_wanted

GOOD: dict[str, Any] = {"name": "etcd", "common_name": "db1", "dns_names": ["db1"], "group": "etcd"}


def test_names_are_normalised() -> None:
    item = GOOD | {
        "dns_names": ["B.example.net", "a.example.net", "b.example.net"],
        "ip_addresses": ["2001:DB8:0::1", "192.0.2.1"],
    }
    assert parse_wanted([item | {"usages": ["client", "server"], "reload": ["b.service", "a.service", "b.service"]}]) == [
        Wanted(
            name="etcd",
            common_name="db1",
            dns_names=("a.example.net", "b.example.net"),
            ip_addresses=("192.0.2.1", "2001:db8::1"),
            group="etcd",
            usages=("server", "client"),
            reload=("b.service", "a.service"),
        )
    ]


def test_the_common_name_stands_in_for_missing_names() -> None:
    (wanted,) = parse_wanted([{"name": "web", "common_name": "Shop.example.net", "environment": "shop_prod"}])
    assert wanted.common_name == "Shop.example.net"
    assert wanted.dns_names == ("shop.example.net",)
    assert wanted.group == "root"
    assert wanted.usages == ("server", "client")


def test_addresses_alone_are_enough() -> None:
    (wanted,) = parse_wanted([{"name": "web", "common_name": "a node", "ip_addresses": ["192.0.2.1"]}])
    assert wanted.dns_names == ()


@pytest.mark.parametrize("name", ["*.example.net", "xn--shp-una.example.net", "_dmarc.example.net", "db1", "a" * 63])
def test_host_names_that_are_allowed(name: str) -> None:
    assert parse_wanted([GOOD | {"dns_names": [name]}])[0].dns_names == (name,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "../etc"}, "'../etc' has name"),
        ({"name": "ca.crt"}, "lower-case letters"),
        ({"name": ""}, "certificate number 1 has name"),
        ({"group": "no such:group"}, "a Unix group name"),
        ({"common_name": ""}, "no common_name"),
        ({"common_name": "x" * 65}, "65 characters"),
        ({"common_name": "a\nb"}, "control characters"),
        ({"dns_names": ["a.*.net"]}, "a wildcard only in front"),
        ({"dns_names": ["shöp.net"]}, "punycode"),
        ({"dns_names": ["a" * 64]}, "host names"),
        ({"dns_names": [".".join(["a" * 60] * 5)]}, "host names"),
        ({"ip_addresses": ["192.0.2.0/24"]}, "IPv4 or IPv6"),
        ({"usages": ["email"]}, "'server' and 'client'"),
        ({"reload": ["nginx"]}, "end in '.service'"),
        ({"reload": ["--now.socket"]}, "end in '.service'"),
        ({"common_name": "My host", "dns_names": []}, "nobody could verify it"),
    ],
)
def test_bad_input_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(PkiError, match=message.replace("*", r"\*").replace("(", r"\(")):
        parse_wanted([GOOD | change])


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(PkiError) as refused:
        parse_wanted([GOOD, GOOD, {"name": "web", "common_name": ""}])
    assert str(refused.value).count(";") == 2
    assert "'etcd' is listed twice" in str(refused.value)
