# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read, as the _info modules return it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import setup, spec
from .models import Environment


def _container(name: str, item: Mapping[str, Any]) -> dict[str, Any]:
    settings, host, state = item["Config"], item["HostConfig"], item.get("State") or {}
    labels = settings.get("Labels") or {}
    return {
        "name": name,
        "environment": labels.get(spec.LABEL_ENVIRONMENT),
        "tenant": labels.get("tierline.tenant"),
        "slot": labels.get(spec.LABEL_SLOT),
        "workload": labels.get(spec.LABEL_WORKLOAD, "odoo"),
        "image": settings.get("Image"),
        "image_id": item.get("Image"),
        "state": state.get("Status"),
        "health": (state.get("Health") or {}).get("Status"),
        "started_at": state.get("StartedAt"),
        "user": settings.get("User"),
        "read_only": bool(host.get("ReadonlyRootfs")),
        "cap_drop": list(host.get("CapDrop") or ()),
        "security_opt": list(host.get("SecurityOpt") or ()),
        "memory_mb": (host.get("Memory") or 0) // (1024 * 1024),
        "cpus": (host.get("NanoCpus") or 0) / 1_000_000_000,
        "networks": sorted((item.get("NetworkSettings") or {}).get("Networks") or ()),
        "ports": {
            port: [f"{binding['HostIp']}:{binding['HostPort']}" for binding in bindings or ()]
            for port, bindings in sorted((host.get("PortBindings") or {}).items())
        },
    }


def containers(found: Mapping[str, Mapping[str, Any]], environments: Iterable[str] = ()) -> list[dict[str, Any]]:
    wanted = set(environments)
    rows = [_container(name, found[name]) for name in sorted(found)]
    return [row for row in rows if row["environment"] and (not wanted or row["environment"] in wanted)]


def database(env: Environment, have: setup.DatabaseState) -> dict[str, Any]:
    return {
        "environment": env.name,
        "database": env.database.name,
        "initialised": have.complete,
        "version": have.version,
        "base_url": have.parameters.get(setup.BASE_URL),
        "base_url_frozen": have.parameters.get(setup.FREEZE) == "True",
        "modules": sorted(name for name, state in have.modules.items() if state == "installed"),
        "missing": setup.missing(env, have),
    }
