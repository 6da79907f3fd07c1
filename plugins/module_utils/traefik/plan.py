# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from ansible_collections.tierline.erp.plugins.module_utils.traefik.errors import RouteError
from ansible_collections.tierline.erp.plugins.module_utils.traefik.models import Route


def merge(current: Iterable[Route], present: Iterable[Route], absent: Collection[str], exclusive: bool = False) -> list[Route]:
    """Return the routes that should exist: only environments that were given change, unless exclusive.

    Invariant: no domain leads to two environments. It holds for the result as a whole, so a domain can move
    from one environment to another in a single call.
    """
    wanted = _by_environment(present)
    contradictory = sorted(set(absent) & set(wanted))
    if contradictory:
        raise RouteError(f"environment {contradictory[0]!r} is both present and absent in routes; keep one of the two.")
    kept = {} if exclusive else {route.environment: route for route in current if route.environment not in absent}
    merged = sorted((kept | wanted).values(), key=lambda route: route.environment)
    _refuse_domain_conflicts(merged)
    return merged


def _by_environment(routes: Iterable[Route]) -> dict[str, Route]:
    found: dict[str, Route] = {}
    for route in routes:
        if route.environment in found:
            raise RouteError(f"environment {route.environment!r} is listed twice in routes; merge the two entries.")
        found[route.environment] = route
    return found


def _refuse_domain_conflicts(routes: Iterable[Route]) -> None:
    owner: dict[str, str] = {}
    for route in routes:
        for domain in route.domains:
            if domain in owner:
                raise RouteError(
                    f"domain {domain!r} is claimed by the environments {owner[domain]!r} and {route.environment!r}; "
                    "a domain leads to one environment: take it from one of them in the same call."
                )
            owner[domain] = route.environment


def with_fingerprints(routes: Iterable[Route], fingerprints: Mapping[str, str | None]) -> list[Route]:
    """Attach to each route the fingerprint of its certificate as it is on disk, where it is there that it comes from."""
    return [route if route.acme else replace(route, certificate_sha256=fingerprints.get(route.certificate)) for route in routes]


def with_attempts(routes: Iterable[Route], current: Iterable[Route], again: Collection[str] = ()) -> list[Route]:
    """Attach to each route how often its certificate was asked for, once more for those of the environments in `again`."""
    attempts = {route.environment: route.acme_attempt for route in current}
    return [
        replace(route, acme_attempt=attempts.get(route.environment, 0) + (route.environment in again)) if route.acme else route
        for route in routes
    ]


def changed_environments(current: Iterable[Route], desired: Iterable[Route]) -> dict[str, list[str]]:
    """Name what a change adds, changes and removes."""
    before = {route.environment: route for route in current}
    after = {route.environment: route for route in desired}
    return {
        "added": sorted(after.keys() - before.keys()),
        "changed": sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
        "removed": sorted(before.keys() - after.keys()),
    }
