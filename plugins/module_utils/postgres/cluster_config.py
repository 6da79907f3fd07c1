# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster's configuration as Patroni keeps it: what differs from what is wanted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plan_config(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that brings ``current`` to hold all of ``wanted``. Keys that aren't wanted stay; None removes a key."""
    patch: dict[str, Any] = {}
    for key, value in wanted.items():
        seen = current.get(key)
        if isinstance(value, Mapping):
            inner = plan_config(seen if isinstance(seen, Mapping) else {}, value)
            if inner or not isinstance(seen, Mapping):
                patch[key] = inner
        elif not _same(seen, value):
            patch[key] = value
    return patch


def restrict(current: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The part of ``current`` that the patch touches: the other side of a diff."""
    touched = {key: current[key] for key in patch if key in current}
    for key, seen in touched.items():
        if isinstance(seen, Mapping) and isinstance(patch[key], Mapping):
            touched[key] = restrict(seen, patch[key])
    return touched


def _same(seen: Any, wanted: Any) -> bool:
    if isinstance(seen, bool) or isinstance(wanted, bool):
        return seen is wanted
    # 200 and "200" are the same setting to PostgreSQL.
    return seen == wanted or (seen is not None and wanted is not None and str(seen) == str(wanted))
