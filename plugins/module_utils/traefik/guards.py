# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may come to an environment, and how often: allow lists, rate limits, and somebody else who is asked first. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# What requests are for. Pages are all that is nothing else.
CLASSES = ("pages", "login", "api", "websocket")
PER = ("address", "domain")
# The longest that Traefik's own buckets are worth it for, and a number that no Odoo answers.
MAX_PERIOD, MAX_COUNT = 3600, 1_000_000
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
# Odoo and the edge itself believe these: who is asked must not be able to set them.
_KEPT = ("cookie", "host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class GuardError(ValueError):
    """A guard is malformed. The message says which and what would do."""


@dataclass(frozen=True)
class Limit:
    """At most ``average`` requests in ``period_seconds`` in the long run, ``burst`` at once, by client address or domain."""

    requests: str
    per: str
    average: int
    period_seconds: int
    burst: int


@dataclass(frozen=True)
class ForwardAuth:
    """Who is asked about each request before Odoo sees it: any answer but 2xx goes back to the client."""

    address: str
    requests: tuple[str, ...]
    headers: tuple[str, ...]
    ca_path: str


def networks_from(key: str, words: Iterable[Any]) -> tuple[str, ...]:
    """Networks in CIDR notation or single addresses, in their canonical form, sorted. ``key`` is where they stand."""
    found = []
    for word in words:
        try:
            found.append(ipaddress.ip_network(str(word), strict=True))
        except ValueError as error:
            raise GuardError(f"{key}: {word!r} is no network ({error}); write it as 192.0.2.0/24 or 2001:db8::/64") from error
    return tuple(str(network) for network in sorted(set(found), key=lambda network: (network.version, network)))


def limit_from(words: Mapping[str, Any]) -> Limit:
    """Of ``requests`` (a class), ``per``, ``average``, ``period_seconds`` (1) and ``burst`` (``average``)."""
    requests, per = _choice(words, "requests", CLASSES), _choice({"per": "address", **words}, "per", PER)
    average = _count(words, "average", None, MAX_COUNT)
    return Limit(
        requests=requests,
        per=per,
        average=average,
        period_seconds=_count(words, "period_seconds", 1, MAX_PERIOD),
        burst=_count(words, "burst", average, MAX_COUNT),
    )


def _choice(words: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str:
    value = words.get(key)
    if value not in choices:
        raise GuardError(f"limits: {key} is {value!r}; it is one of {', '.join(choices)}")
    return str(value)


def _count(words: Mapping[str, Any], key: str, default: int | None, most: int) -> int:
    value = words.get(key)
    value = default if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise GuardError(f"limits: {key} is {value!r}; it is a whole number from 1 to {most} (to close a way, use allow_from)")
    return value


def forward_auth_from(words: Mapping[str, Any]) -> ForwardAuth:
    """Of ``address`` (https, or http on loopback), ``requests`` (all), ``headers`` (none) and ``ca_path`` (the host's own)."""
    unknown = sorted(set(words) - {"address", "requests", "headers", "ca_path"})
    if unknown:
        raise GuardError(f"forward_auth: {unknown[0]!r} is unknown; known are address, ca_path, headers, requests")
    requests = tuple(words.get("requests") or CLASSES)
    for name in requests:
        if name not in CLASSES:
            raise GuardError(f"forward_auth: requests has {name!r}; they are of {', '.join(CLASSES)}")
    return ForwardAuth(
        address=_address(str(words.get("address") or "")),
        requests=tuple(name for name in CLASSES if name in requests),
        headers=tuple(sorted({_header(str(name)) for name in words.get("headers") or ()})),
        ca_path=_path(str(words.get("ca_path") or "")),
    )


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or set(url) & set("`{} \n"):
        raise GuardError(f"forward_auth: address {url!r} is no URL such as https://sso.example.com/verify, without a password")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise GuardError(f"forward_auth: address {url!r} would send sessions in the clear; use https, or http on loopback")
    return url


def _header(name: str) -> str:
    if not _HEADER.fullmatch(name):
        raise GuardError(f"forward_auth: headers has {name!r}, which is no name of a header")
    if name.lower() in _KEPT:
        raise GuardError(f"forward_auth: headers has {name!r}, which only the edge may set")
    return name


def _path(path: str) -> str:
    if path and (not path.startswith("/") or set(path) & set("`{}\n")):
        raise GuardError(f"forward_auth: ca_path {path!r} is no absolute path")
    return path
