# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ruleset of a host, compiled from the flows that were declared. Pure: flows in, text out.

What nobody declared is dropped, on its way to the host and on its way through it. Docker redirects a published port before the
forward hook, so a flow to a container is recognised there by the port that the packet was sent to at first. A drop in one table
is final and an accept is not, so Docker's own rules still count; and as only this table is replaced, they are never touched.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union

from .errors import HardeningError

MANAGED = "# Managed by tierline.erp.hardening: changes made here are lost."
TABLE = "tierline_firewall"
ANYBODY = "any"
# Protocols that know no ports, by their numbers (https://www.iana.org/assignments/protocol-numbers/).
PORTLESS = {"vrrp": 112}
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}\*?")
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007 (evaluated, and pylint doesn't follow |)


@dataclass(frozen=True)
class Flow:
    name: str
    protocol: str
    ports: tuple[tuple[int, int], ...]
    # None: from anywhere.
    sources: tuple[Network, ...] | None
    # Containers of this host may use it, too.
    containers: bool = False
    # A container serves it.
    published: bool = False


def parse(written: Iterable[Mapping[str, Any]], resolve: Callable[[str], Iterable[str]]) -> list[Flow]:
    """All flows, or one error that lists every problem. ``resolve`` gives the addresses of a name as this host knows them."""
    problems: list[str] = []
    flows: list[Flow] = []
    for item in written:
        try:
            flows.append(_flow(item, resolve))
        except ValueError as error:
            problems.append(f"flow {item.get('name')!r}: {error}")
    if problems:
        raise HardeningError("; ".join(problems))
    return flows


def _flow(item: Mapping[str, Any], resolve: Callable[[str], Iterable[str]]) -> Flow:
    name = str(item.get("name") or "")
    if not _NAME.fullmatch(name):
        raise ValueError("its name must be lower case letters, digits and '_'")
    protocol = item.get("protocol") or "tcp"
    ports = tuple(_range(str(port)) for port in item.get("ports") or ())
    if protocol in PORTLESS and (ports or item.get("containers") or item.get("published")):
        raise ValueError(f"{protocol} knows no ports and no containers: name its sources only")
    if not ports and protocol not in PORTLESS:
        raise ValueError("it has no ports")
    sources = [str(source) for source in item.get("sources") or ()]
    if not sources and not item.get("containers"):
        raise ValueError(f"it has no sources: name who may use it, or {ANYBODY}")
    networks = None if ANYBODY in sources else tuple(sorted({n for s in sources for n in _networks(s, resolve)}, key=_order))
    return Flow(name, protocol, ports, networks, bool(item.get("containers")), bool(item.get("published")))


def _range(written: str) -> tuple[int, int]:
    found = _PORTS.fullmatch(written.strip())
    low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= low <= high <= 65535:
        raise ValueError(f"port {written!r} is none: write 443 or 10000-32767")
    return low, high


def _networks(source: str, resolve: Callable[[str], Iterable[str]]) -> list[Network]:
    try:
        return [ipaddress.ip_network(source, strict=False)]
    except ValueError:
        found = [ipaddress.ip_network(address) for address in resolve(source)]
    if not found:
        raise ValueError(f"source {source!r} has no address on this host")
    return [network for network in found if not network.is_loopback]


def _order(network: Network) -> tuple[int, int, int]:
    return network.version, int(network.network_address), network.prefixlen


def refuse_lockout(flows: Iterable[Flow], port: int, peers: Iterable[str]) -> None:
    """Somebody must be able to come back, and above all those who are logged in now."""
    doors = [flow for flow in flows if flow.protocol == "tcp" and any(low <= port <= high for low, high in flow.ports)]
    if not any(flow.sources is None or flow.sources for flow in doors):
        raise HardeningError(f"no flow leads to port {port}, where administrators come in: declare one with their addresses")
    outside = sorted(peer for peer in set(peers) if not any(_admits(flow, peer) for flow in doors))
    if outside:
        raise HardeningError(
            f"{', '.join(outside)} is logged in on port {port} and couldn't come back: add it to the sources of a flow there"
        )


def _admits(flow: Flow, peer: str) -> bool:
    address = ipaddress.ip_address(peer)
    return address.is_loopback or flow.sources is None or any(address in network for network in flow.sources)


def render(flows: Iterable[Flow], interfaces: Iterable[str]) -> str:
    """A file that replaces the table in one transaction, whether it exists or not."""
    bridges = list(interfaces)
    wrong = [name for name in bridges if not _INTERFACE.fullmatch(name)]
    if wrong:
        raise HardeningError(f"{', '.join(map(repr, wrong))} is no name of an interface, nor one that ends with '*'")
    body = _body(sorted(flows, key=lambda flow: flow.name), bridges)
    mark = hashlib.sha256("\n".join(body).encode()).hexdigest()
    head = [
        "# Managed by tierline.erp.hardening: changes made here are lost.",
        f"table inet {TABLE}",
        f"delete table inet {TABLE}",
    ]
    return "\n".join([*head, f"table inet {TABLE} {{", f'    comment "ruleset {mark}"', *body, "}", ""])


def _body(flows: list[Flow], bridges: list[str]) -> list[str]:
    return [
        "    chain input {",
        "        type filter hook input priority filter; policy drop;",
        '        iifname "lo" accept',
        "        ct state established,related accept",
        "        ct state invalid counter drop",
        "        meta l4proto { icmp, ipv6-icmp } accept",
        "        udp sport 67 udp dport 68 accept",
        *(rule for flow in flows for rule in _input(flow, bridges)),
        '        limit rate 5/second burst 20 packets log prefix "tierline refused: "',
        "        counter drop",
        "    }",
        "    chain forward {",
        "        type filter hook forward priority filter - 5; policy drop;",
        "        ct state established,related accept",
        "        ct state invalid counter drop",
        *(f'        iifname "{bridge}" accept' for bridge in bridges),
        *(rule for flow in flows if flow.published for rule in _rules(flow, "ct status dnat ", "ct original proto-dst")),
        '        limit rate 5/second burst 20 packets log prefix "tierline refused to forward: "',
        "        counter drop",
        "    }",
    ]


def _input(flow: Flow, bridges: list[str]) -> list[str]:
    if flow.protocol in PORTLESS:
        return _rules(flow, "", f"meta l4proto {PORTLESS[flow.protocol]}")
    rules = _rules(flow, "", f"{flow.protocol} dport")
    if flow.containers:
        rules += [
            f'        iifname "{name}" {flow.protocol} dport {_set(flow)} counter accept comment "{flow.name}"'
            for name in bridges
        ]
    return rules


def _rules(flow: Flow, before: str, port: str) -> list[str]:
    """One rule for each family that has sources."""
    kind = f"meta l4proto {flow.protocol} " if before else ""
    ports = f"{_set(flow)} " if flow.ports else ""
    tail = f'{kind}{port} {ports}counter accept comment "{flow.name}"'
    if flow.sources is None:
        return [f"        {before}{tail}"]
    rules = []
    for version, family in ((4, "ip"), (6, "ip6")):
        networks = [str(network) for network in flow.sources if network.version == version]
        if networks:
            rules.append(f"        {before}{family} saddr {{ {', '.join(networks)} }} {tail}")
    return rules


def _set(flow: Flow) -> str:
    return "{ " + ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in _merged(flow.ports)) + " }"


def _merged(ports: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """nft refuses intervals that overlap."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ports):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def mark(text: str) -> str:
    found = re.search(r'comment "(ruleset [0-9a-f]+)"', text)
    return found[1] if found else ""


def peers_of(port: int, table: str) -> list[str]:
    """Who is connected to a port, from /proc/net/tcp or tcp6: addresses in words of 32 bits, each in the machine's byte order."""
    found = []
    for line in table.splitlines()[1:]:
        words = line.split()
        if words[3] == "01" and int(words[1].rpartition(":")[2], 16) == port:
            raw = bytes.fromhex(words[2].rpartition(":")[0])
            address = ipaddress.ip_address(b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4)))
            mapped = getattr(address, "ipv4_mapped", None)
            found.append(str(mapped or address))
    return found
