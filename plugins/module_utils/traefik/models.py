# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import RouteError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.guards import (
    ForwardAuth,
    GuardError,
    Limit,
    forward_auth_from,
    limit_from,
    networks_from,
)

# Everything below ends up inside a rule such as Host(`acme.example.com`) or in a file name, so the
# alphabets are strict: a value that passes can't close a quote, leave a directory or start a template.
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# Servers are names inside the cell, where underscores occur.
_URL = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9_.-]{0,251}[a-z0-9])?|\[[0-9a-f:]+\]):(?P<port>[0-9]{1,5})", re.IGNORECASE)
MAX_DOMAIN_LENGTH = 253
MAX_PORT = 65535
# What isn't asked for isn't said, so that a file of before these existed stays as it is.
_UNSAID = ("acme", "acme_attempt", "allow_from", "limits", "forward_auth")


@dataclass(frozen=True)
class Route:
    """How one environment is reached: its domains, its certificate and the servers behind them."""

    environment: str
    tenant: str
    domains: tuple[str, ...]
    certificate: str
    web: tuple[str, ...]
    websocket: tuple[str, ...]
    certificate_sha256: str | None = None
    # Traefik gets the certificate itself, and `certificate` names nothing.
    acme: bool = False
    # How often Traefik was made to try once more, which it does by itself only when its configuration changes.
    acme_attempt: int = 0
    # Networks that may come; empty for everybody.
    allow_from: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    forward_auth: ForwardAuth | None = None

    def to_dict(self) -> dict[str, Any]:
        """As it was given."""
        words = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}
        return {key: value for key, value in words.items() if key not in _UNSAID or value}


@dataclass(frozen=True)
class Policy:
    """What holds for every environment behind this edge."""

    hsts_seconds: int = 31536000
    body_limit_mb: int = 256
    pki_dir: str = "/etc/tierline/pki"
    # Who answers for those that aren't reached; empty for Traefik's own words.
    maintenance_url: str = ""
    # Traefik's resolver for routes that get their certificates by ACME; empty where it has none.
    acme_resolver: str = ""
    # Load balancers in front, whose word on a client's address is believed.
    trusted_proxies: tuple[str, ...] = ()


def route_from(item: Mapping[str, Any]) -> Route:
    """Build a route from user input; raise a RouteError that names the environment, the key and the cure."""
    environment = _name(item, "environment", item.get("environment"))
    web = _servers(environment, "web", item.get("web"))
    websocket = _servers(environment, "websocket", item.get("websocket"))
    return Route(
        environment=environment,
        tenant=_name(item, "tenant", item.get("tenant") or environment),
        domains=_domains(environment, item.get("domains")),
        certificate=_name(item, "certificate", item.get("certificate") or environment),
        web=web,
        websocket=websocket,
        certificate_sha256=item.get("certificate_sha256"),
        acme=bool(item.get("acme")),
        acme_attempt=item.get("acme_attempt", 0),
        **_guards(environment, item),
    )


def _guards(environment: str, item: Mapping[str, Any]) -> dict[str, Any]:
    try:
        limits = tuple(limit_from(words) for words in item.get("limits") or ())
        twice = [limit for limit, count in Counter((limit.requests, limit.per) for limit in limits).items() if count > 1]
        if twice:
            raise GuardError(f"limits has two for {twice[0][0]} per {twice[0][1]}; keep one")
        auth = item.get("forward_auth")
        return {
            "allow_from": networks_from("allow_from", item.get("allow_from") or ()),
            "limits": tuple(sorted(limits, key=lambda limit: (limit.requests, limit.per))),
            "forward_auth": forward_auth_from(auth) if auth else None,
        }
    except GuardError as error:
        raise RouteError(f"route of environment {environment!r}: {error}") from error


def proxies(words: Iterable[Any]) -> tuple[str, ...]:
    try:
        return networks_from("trusted_proxies", words)
    except GuardError as error:
        raise RouteError(str(error)) from error


def _name(item: Mapping[str, Any], key: str, value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise RouteError(
            f"route of environment {item.get('environment')!r}: {key} is {value!r}; "
            "needed is a name of lower-case letters, digits, '_' and '-' that starts with a letter."
        )
    return value


def _domains(environment: str, values: Iterable[Any] | None) -> tuple[str, ...]:
    domains = [str(value).lower() for value in values or ()]
    if not domains:
        raise RouteError(
            f"route of environment {environment!r}: domains is empty; name at least one domain, or set state: absent."
        )
    for domain in domains:
        if len(domain) > MAX_DOMAIN_LENGTH or not _DOMAIN.fullmatch(domain):
            raise RouteError(
                f"route of environment {environment!r}: domain {domain!r} is not a host name; "
                "write it without scheme, port, path or wildcard, international names in punycode."
            )
    duplicates = sorted({domain for domain in domains if domains.count(domain) > 1})
    if duplicates:
        raise RouteError(f"route of environment {environment!r}: domain {duplicates[0]!r} is listed twice; remove one.")
    return tuple(sorted(domains))


def _servers(environment: str, key: str, values: Iterable[Any] | None) -> tuple[str, ...]:
    urls = [str(value).rstrip("/") for value in values or ()]
    if not urls:
        raise RouteError(f"route of environment {environment!r}: {key} is empty; name at least one server, as http://host:port.")
    for url in urls:
        match = _URL.fullmatch(url)
        if not match or not 0 < int(match["port"]) <= MAX_PORT:
            raise RouteError(f"route of environment {environment!r}: {key} server {url!r} is not of the form http://host:port.")
    return tuple(sorted(set(urls)))
