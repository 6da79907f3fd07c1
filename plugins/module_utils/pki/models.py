# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What is wanted (`Wanted`), what was found (`Certificate`, `Found`), and the rules a wanted certificate must obey. Pure."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import PkiError

SERVER = "server"
CLIENT = "client"
USAGES = (SERVER, CLIENT)
# Upper bound of commonName in X.520; OpenSSL and Go enforce it.
COMMON_NAME_MAX = 64

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_GROUP = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DNS_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_UNIT = re.compile(r"[A-Za-z0-9:_.@\\-]+\.service")


@dataclass(frozen=True)
class Wanted:
    """One certificate that a machine needs. Names are sorted and normalised, so that two spellings compare equal."""

    name: str
    common_name: str
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    group: str = "root"
    usages: tuple[str, ...] = USAGES
    reload: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """What one X.509 certificate says. `key` and `fingerprint` are SHA-256 hex digests."""

    common_name: str
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    usages: tuple[str, ...]
    issuer: str
    trusted: bool
    not_before: datetime
    not_after: datetime
    serial: str
    fingerprint: str
    key: str


@dataclass(frozen=True)
class Found:
    """What a machine holds under one name; `key` is the digest of the public half, None where no usable key lies there."""

    key: str | None = None
    certificate: Certificate | None = None
    damaged: bool = False


def parse_wanted(items: Iterable[Mapping[str, Any]]) -> list[Wanted]:
    """All wanted certificates, or one error that lists every problem of the list."""
    problems: list[str] = []
    wanted: list[Wanted] = []
    seen: set[str] = set()
    for position, item in enumerate(items):
        name = str(item.get("name") or "")
        label = f"certificate {name!r}" if name else f"certificate number {position + 1}"
        found = _problems(item)
        if name in seen:
            found.append("is listed twice: give each certificate its own name")
        seen.add(name)
        problems.extend(f"{label} {problem}" for problem in found)
        if not found:
            wanted.append(_wanted(item))
    if problems:
        raise PkiError("; ".join(problems))
    return wanted


def _problems(item: Mapping[str, Any]) -> list[str]:
    checks = (
        _check_one(item, "name", _NAME, "up to 63 lower-case letters, digits, '-' and '_'"),
        _check_one(item, "group", _GROUP, "a Unix group name"),
        _check_common_name(str(item.get("common_name") or "")),
        _check_each(item, "dns_names", _is_dns_name, "ASCII host names (punycode for others), a wildcard only in front"),
        _check_each(item, "ip_addresses", _is_address, "IPv4 or IPv6 addresses"),
        _check_each(item, "usages", USAGES.__contains__, "'server' and 'client'"),
        _check_each(item, "reload", lambda unit: bool(_UNIT.fullmatch(unit)), "systemd units that end in '.service'"),
        _check_names(item),
    )
    return [problem for problem in checks if problem]


def _check_one(item: Mapping[str, Any], key: str, pattern: re.Pattern[str], allowed: str) -> str:
    value = str(item.get(key) or ("root" if key == "group" else ""))
    return "" if pattern.fullmatch(value) else f"has {key} {value!r}: allowed are {allowed}"


def _check_common_name(value: str) -> str:
    if not value:
        return "has no common_name: give the name that people should see"
    if len(value) > COMMON_NAME_MAX:
        return (
            f"has a common_name of {len(value)} characters, and X.509 ends at {COMMON_NAME_MAX}: "
            "give a short one and put the long name into dns_names"
        )
    return "" if value.isprintable() else "has a common_name with control characters"


def _check_each(item: Mapping[str, Any], key: str, valid: Any, allowed: str) -> str:
    wrong = [str(value) for value in item.get(key) or () if not valid(str(value))]
    return f"has {key} {', '.join(map(repr, wrong))}: allowed are {allowed}" if wrong else ""


def _check_names(item: Mapping[str, Any]) -> str:
    if item.get("dns_names") or item.get("ip_addresses") or _is_dns_name(str(item.get("common_name") or "")):
        return ""
    return "has neither dns_names nor ip_addresses, and its common_name is no host name: nobody could verify it"


def _is_dns_name(value: str) -> bool:
    return len(value) <= 253 and bool(_DNS_NAME.fullmatch(value))


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _wanted(item: Mapping[str, Any]) -> Wanted:
    dns_names = {str(name).lower() for name in item.get("dns_names") or ()}
    addresses = {str(ipaddress.ip_address(str(address))) for address in item.get("ip_addresses") or ()}
    if not dns_names and not addresses:
        dns_names = {str(item["common_name"]).lower()}
    usages = item.get("usages") or USAGES
    return Wanted(
        name=str(item["name"]),
        common_name=str(item["common_name"]),
        dns_names=tuple(sorted(dns_names)),
        ip_addresses=tuple(sorted(addresses)),
        group=str(item.get("group") or "root"),
        usages=tuple(usage for usage in USAGES if usage in usages),
        reload=tuple(dict.fromkeys(str(unit) for unit in item.get("reload") or ())),
    )
