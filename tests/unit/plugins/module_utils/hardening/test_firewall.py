# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.hardening import firewall
from ansible_collections.tierline.erp.plugins.module_utils.hardening.errors import HardeningError

NAMES = {"app1": ["192.0.2.10", "2001:db8::10"], "localhost": ["127.0.0.1", "::1"]}
SSH = {"name": "management", "ports": ["22"], "sources": ["192.0.2.0/28"]}


def parse(*flows: dict[str, Any]) -> list[firewall.Flow]:
    return firewall.parse(flows, lambda name: NAMES.get(name, []))


def rules(*flows: dict[str, Any], interfaces: tuple[str, ...] = ("docker0", "tl-*")) -> list[str]:
    return [line.strip() for line in firewall.render(parse(*flows), interfaces).splitlines()]


def chain(lines: list[str], name: str) -> list[str]:
    start = lines.index(f"chain {name} {{")
    return lines[start : lines.index("}", start)]


def test_only_declared_flows_come_in() -> None:
    lines = chain(rules({"name": "pool", "ports": ["6432", "6433"], "sources": ["app1"]}), "input")
    assert lines[1] == "type filter hook input priority filter; policy drop;"
    assert lines[-1] == "counter drop"
    flows = [line for line in lines if "comment" in line]
    assert flows == [
        'ip saddr { 192.0.2.10/32 } tcp dport { 6432-6433 } counter accept comment "pool"',
        'ip6 saddr { 2001:db8::10/128 } tcp dport { 6432-6433 } counter accept comment "pool"',
    ]


def test_a_published_port_is_let_through_to_its_container_and_no_other() -> None:
    lines = rules({"name": "odoo", "ports": ["10000-32767"], "sources": ["192.0.2.16"], "published": True}, SSH)
    forward = chain(lines, "forward")
    assert forward[1] == "type filter hook forward priority filter - 5; policy drop;"
    assert [line for line in forward if "comment" in line] == [
        "ct status dnat ip saddr { 192.0.2.16/32 } meta l4proto tcp ct original proto-dst { 10000-32767 } counter accept "
        'comment "odoo"'
    ]
    assert 'iifname "tl-*" accept' in forward
    assert forward[-1] == "counter drop"


def test_containers_of_the_host_only_where_a_flow_says_so() -> None:
    lines = chain(rules(SSH | {"containers": False}, {"name": "pool", "ports": ["6432"], "containers": True}), "input")
    assert [line for line in lines if line.startswith("iifname") and line != 'iifname "lo" accept'] == [
        'iifname "docker0" tcp dport { 6432 } counter accept comment "pool"',
        'iifname "tl-*" tcp dport { 6432 } counter accept comment "pool"',
    ]


def test_a_protocol_without_ports_comes_in_from_its_sources_only() -> None:
    lines = chain(rules({"name": "edge_members", "protocol": "vrrp", "sources": ["192.0.2.16"]}), "input")
    assert [line for line in lines if "edge_members" in line] == [
        'ip saddr { 192.0.2.16/32 } meta l4proto 112 counter accept comment "edge_members"'
    ]


def test_everybody() -> None:
    assert 'tcp dport { 80, 443 } counter accept comment "web"' in rules(
        {"name": "web", "ports": ["443", "80"], "sources": ["any"]}
    )


def test_only_its_own_table_is_replaced() -> None:
    text = firewall.render(parse(SSH), ["docker0"])
    assert "flush ruleset" not in text
    assert text.splitlines()[1:3] == ["table inet tierline_firewall", "delete table inet tierline_firewall"]


def test_the_mark_changes_with_the_rules_and_only_then() -> None:
    one, two = firewall.render(parse(SSH), ["docker0"]), firewall.render(parse(SSH | {"ports": ["2222"]}), ["docker0"])
    assert firewall.mark(one) == firewall.mark(firewall.render(parse(SSH), ["docker0"])) != firewall.mark(two)
    assert firewall.mark("table inet other {}") == ""


@pytest.mark.parametrize(
    ("flow", "says"),
    [
        ({"name": "Pool", "ports": ["1"], "sources": ["any"]}, "lower case letters"),
        ({"name": "pool", "ports": [], "sources": ["any"]}, "has no ports"),
        ({"name": "pool", "protocol": "vrrp", "ports": ["1"], "sources": ["any"]}, "vrrp knows no ports"),
        ({"name": "pool", "protocol": "vrrp"}, "has no sources"),
        ({"name": "pool", "ports": ["0"], "sources": ["any"]}, "port '0' is none"),
        ({"name": "pool", "ports": ["9-7"], "sources": ["any"]}, "port '9-7' is none"),
        ({"name": "pool", "ports": ["ssh"], "sources": ["any"]}, "port 'ssh' is none"),
        ({"name": "pool", "ports": ["1"]}, "has no sources"),
        ({"name": "pool", "ports": ["1"], "sources": ["nowhere"]}, "source 'nowhere' has no address"),
    ],
)
def test_a_flow_that_makes_no_sense(flow: dict[str, Any], says: str) -> None:
    with pytest.raises(HardeningError, match=says):
        parse(flow)


def test_an_interface_that_is_none() -> None:
    with pytest.raises(HardeningError, match="is no name of an interface"):
        firewall.render(parse(SSH), ['x" accept'])


def test_the_host_s_own_addresses_need_no_flow() -> None:
    assert (
        parse({"name": "pool", "ports": ["1"], "sources": ["localhost", "app1"]})[0].sources
        == parse({"name": "pool", "ports": ["1"], "sources": ["app1"]})[0].sources
    )


def test_nobody_who_is_logged_in_is_shut_out() -> None:
    firewall.refuse_lockout(parse(SSH), 22, ["192.0.2.3", "127.0.0.1"])
    with pytest.raises(HardeningError, match=r"198\.51\.100\.7 is logged in on port 22 and couldn't come back"):
        firewall.refuse_lockout(parse(SSH), 22, ["192.0.2.3", "198.51.100.7"])


def test_somebody_must_be_able_to_come_back() -> None:
    with pytest.raises(HardeningError, match="no flow leads to port 22"):
        firewall.refuse_lockout(parse({"name": "web", "ports": ["443"], "sources": ["any"]}), 22, [])


def test_who_is_connected() -> None:
    table = (
        "  sl  local_address rem_address   st tx_queue\n"
        "   0: 0A0200C0:0016 030200C0:C3B2 01 00000000:00000000\n"
        "   1: 0A0200C0:0016 00000000:0000 0A 00000000:00000000\n"
        "   2: 0A0200C0:1920 040200C0:C3B2 01 00000000:00000000\n"
    )
    assert firewall.peers_of(22, table) == ["192.0.2.3"]
    mapped = "head\n 0: 0000000000000000FFFF00000A0200C0:0016 0000000000000000FFFF0000030200C0:C3B2 01 0\n"
    assert firewall.peers_of(22, mapped) == ["192.0.2.3"]
