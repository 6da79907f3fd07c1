# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import StoreError, TraefikError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.guards import CLASSES, Limit
from ansible_collections.tierline.erp.plugins.module_utils.traefik.models import Policy, Route, route_from

_HEADER = "# Written by tierline.erp.traefik_routes: changes by hand are undone by its next run."
# One comment line per environment is the record that the module reads back. It also carries the certificate's
# fingerprint, so that a renewed certificate changes this file, which is what makes Traefik load it.
_RECORD = "# route: "

# Odoo answers these on its evented server; all else goes to its web workers.
_WEBSOCKET_PATHS = ("/websocket", "/longpolling")
# The database manager, in the browser and over XML-RPC; and what servers say of their own health.
_CLOSED_PATHS = ("/tierline", "/web/database", "/xmlrpc/db", "/xmlrpc/2/db")

# Where passwords are tried, with the language that Odoo's website puts in front.
_LOGIN_PATHS = "^(/[a-z]{2,3}([_@][A-Za-z0-9_@]{2,12})?)?/web/(login|login/totp|session/authenticate|reset_password|signup)/?$"
# What programs call, and not browsers: https://www.odoo.com/documentation/19.0/developer/reference/external_api.html
_API_PATHS = ("/json", "/jsonrpc", "/xmlrpc")

# Only what Traefik itself says of servers that it doesn't reach: Odoo answers neither 502 nor 504.
_MAINTENANCE = {
    "errors": {
        "status": ["502", "504"],
        "statusRewrites": {"502": 503, "504": 503},
        "service": "maintenance",
        "query": "/{status}",
    }
}

_CIPHERS = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
]


def render(routes: Iterable[Route], policy: Policy) -> str:
    """Print Traefik's dynamic configuration: sorted, without timestamps, the same text for the same routes.

    The body is JSON, which is YAML too, so that a managed host needs no YAML library.
    """
    ordered = sorted(routes, key=lambda route: route.environment)
    records = [_RECORD + json.dumps(route.to_dict(), sort_keys=True) for route in ordered]
    body = json.dumps(_configuration(ordered, policy), indent=2, sort_keys=True)
    return "\n".join([_HEADER, *records, body, ""])


def parse(text: str) -> list[Route]:
    """Read the routes back from what `render` wrote."""
    try:
        return [route_from(json.loads(line[len(_RECORD) :])) for line in text.splitlines() if line.startswith(_RECORD)]
    except (ValueError, AttributeError, TraefikError) as error:
        raise StoreError(
            f"the dynamic configuration holds a route that can't be read ({error}); it was edited by hand. "
            "Remove that line, or run with exclusive: true and all routes."
        ) from error


def needs_loading(before: str, after: str) -> bool:
    """Tell whether Traefik has something to load: records alone are not configuration, except for the certificates."""
    return _configured(before) != _configured(after)


def _configured(text: str) -> tuple[list[str], set[tuple[str, str | None]]]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    try:
        return lines, {(route.certificate, route.certificate_sha256) for route in parse(text)}
    except TraefikError:
        return lines, set()


def _configuration(routes: list[Route], policy: Policy) -> dict[str, Any]:
    tls: dict[str, Any] = {
        "options": {"default": {"minVersion": "VersionTLS12", "cipherSuites": _CIPHERS, "sniStrict": True}},
    }
    if not routes:
        return {"tls": tls}
    # Nobody uses these: they are what makes Traefik see another configuration.
    tls["options"] |= {f"acme-{route.environment}-{route.acme_attempt}": {} for route in routes if route.acme_attempt}
    names = sorted({route.certificate for route in routes if not route.acme})
    tls["certificates"] = [
        {"certFile": f"{policy.pki_dir}/{name}/tls.crt", "keyFile": f"{policy.pki_dir}/{name}/tls.key"} for name in names
    ]
    http: dict[str, Any] = {
        "middlewares": _middlewares(policy),
        "routers": {},
        "serversTransports": {
            # An Odoo worker serves one connection at a time, so a connection kept open for later would hold a
            # worker, and a POST sent on one that is just closing would be lost.
            "odoo": {"maxIdleConnsPerHost": -1, "forwardingTimeouts": {"dialTimeout": "5s", "responseHeaderTimeout": "0s"}},
        },
        "services": {},
    }
    if policy.maintenance_url:
        http["services"]["maintenance"] = {"loadBalancer": {"servers": [{"url": policy.maintenance_url}]}}
    for route in routes:
        http["middlewares"] |= _guards(route, policy)
        http["routers"] |= _routers(route, policy)
        http["services"] |= {
            f"{route.environment}-web": _service(route.web, "/web/health"),
            f"{route.environment}-websocket": _service(route.websocket, "/websocket/health"),
        }
    return {"http": http, "tls": tls}


def _routers(route: Route, policy: Policy) -> dict[str, Any]:
    hosts = " || ".join(f"Host(`{domain}`)" for domain in route.domains)
    rules = {
        "websocket": _under(_WEBSOCKET_PATHS),
        "closed": _under(_CLOSED_PATHS),
        # Looking at the page costs nothing but a page.
        "login": f"Method(`POST`) && PathRegexp(`{_LOGIN_PATHS}`)",
        "api": _under(_API_PATHS),
    }

    def router(kind: str, service: str, middlewares: list[str], priority: int) -> dict[str, Any]:
        rule = f"({hosts}) && ({rules[kind]})" if kind in rules else hosts
        return {
            "entryPoints": ["websecure"],
            "middlewares": middlewares,
            "priority": priority,
            "rule": rule,
            "service": service,
            "tls": _tls(route, policy),
        }

    name = route.environment
    guards = {kind: _guards_of(route, kind) for kind in CLASSES}

    def passing(kind: str) -> list[str]:
        return ["security-headers", *guards[kind], *(["maintenance"] if policy.maintenance_url else []), "body-limit"]

    found = {
        f"{name}-closed": router("closed", "noop@internal", ["security-headers", "closed"], 300),
        # Buffering would break the upgrade of the connection, so the evented server has no body limit here.
        f"{name}-websocket": router("websocket", f"{name}-websocket", ["security-headers", *guards["websocket"]], 200),
        f"{name}-web": router("web", f"{name}-web", passing("pages"), 100),
    }
    # Pages like any other, unless something holds for them only.
    for kind, priority in (("login", 160), ("api", 150)):
        if guards[kind] != guards["pages"]:
            found[f"{name}-{kind}"] = router(kind, f"{name}-web", passing(kind), priority)
    return found


def _tls(route: Route, policy: Policy) -> dict[str, Any]:
    if not route.acme:
        return {}
    main, *others = route.domains
    return {"certResolver": policy.acme_resolver, "domains": [{"main": main, **({"sans": others} if others else {})}]}


def _guards_of(route: Route, kind: str) -> list[str]:
    """Middlewares in the order in which they are asked: what costs least first."""
    names = [f"{route.environment}-allow"] if route.allow_from else []
    names += [_limit_name(route, limit) for limit in route.limits if limit.requests == kind]
    auth = route.forward_auth
    return names + ([f"{route.environment}-auth"] if auth and kind in auth.requests else [])


def _limit_name(route: Route, limit: Limit) -> str:
    return f"{route.environment}-{limit.requests}-per-{limit.per}"


def _guards(route: Route, policy: Policy) -> dict[str, Any]:
    """What the names stand for. Traefik counts for each router by itself: a limit of pages leaves the API's alone."""
    # Of the addresses that proxies noted, the first from the right that is none of theirs.
    seen = {"ipStrategy": {"excludedIPs": list(policy.trusted_proxies)}} if policy.trusted_proxies else {}
    found: dict[str, Any] = {}
    if route.allow_from:
        found[f"{route.environment}-allow"] = {"ipAllowList": {"sourceRange": list(route.allow_from), **seen}}
    for limit in route.limits:
        source = {"requestHost": True} if limit.per == "domain" else seen
        found[_limit_name(route, limit)] = {
            "rateLimit": {
                "average": limit.average,
                "period": f"{limit.period_seconds}s",
                "burst": limit.burst,
                **({"sourceCriterion": source} if source else {}),
            }
        }
    if auth := route.forward_auth:
        found[f"{route.environment}-auth"] = {
            "forwardAuth": {
                "address": auth.address,
                "authResponseHeaders": list(auth.headers),
                "trustForwardHeader": False,
                **({"tls": {"ca": auth.ca_path}} if auth.ca_path else {}),
            }
        }
    return found


def _under(paths: Iterable[str]) -> str:
    return " || ".join(f"Path(`{path}`) || PathPrefix(`{path}/`)" for path in paths)


def _service(urls: Iterable[str], health_path: str) -> dict[str, Any]:
    servers = [{"url": url} for url in urls]
    balancer: dict[str, Any] = {"passHostHeader": True, "servers": servers, "serversTransport": "odoo"}
    # With one server there is nowhere else to go: a check could only turn its answers into 503.
    if len(servers) > 1:
        balancer["healthCheck"] = {"interval": "5s", "path": health_path, "timeout": "3s"}
    return {"loadBalancer": balancer}


def _middlewares(policy: Policy) -> dict[str, Any]:
    return {
        **({"maintenance": _MAINTENANCE} if policy.maintenance_url else {}),
        # Nobody has this address: every request is rejected before it reaches a server.
        "closed": {"ipAllowList": {"rejectStatusCode": 404, "sourceRange": ["255.255.255.255/32"]}},
        # Requests are read completely before a worker sees them: slow uploads don't hold one.
        "body-limit": {"buffering": {"maxRequestBodyBytes": policy.body_limit_mb * 1024 * 1024}},
        "security-headers": {
            "headers": {
                "contentTypeNosniff": True,
                # No Content-Security-Policy here: Odoo sends its own, stricter one with attachments, and this would replace it.
                "customFrameOptionsValue": "SAMEORIGIN",
                "customResponseHeaders": {"Server": "", "X-Powered-By": ""},
                "permissionsPolicy": "camera=(self), geolocation=(self), microphone=(self), payment=(self), usb=(self)",
                "referrerPolicy": "strict-origin-when-cross-origin",
                "stsSeconds": policy.hsts_seconds,
            }
        },
    }
