# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let ``--limit acme_prod`` cover the machines of the cell that serves acme_prod.

Ansible applies ``--limit`` after the inventory is read, so a play on machines would find none of them for a limit that
names environments only. The limit is therefore widened while the inventory is read: each environment it selects brings
the machines of its cell. Exclusions stay as they were written and still win: ``acme_prod:!shared-app1`` leaves that machine out.

An intersection narrows hosts of its own kind. ``tenant_acme:&stage_production`` selects environments, and their machines
follow; ``acme_prod:&role_app`` keeps, of the machines that follow, those with the role. Ansible has no pattern for "these
or those, but only some", so a limit with an intersection is replaced by the names it stands for.

This is the only code of the collection that touches ansible.context. Nothing else can change the limit from an inventory plugin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible import context
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager, split_host_pattern


def widen_limit(inventory: Any, loader: Any, machines_of: Mapping[str, list[str]]) -> None:
    """Replace the limit of this run by one that covers the machines its environments need."""
    limit = context.CLIARGS.get("subset")
    if not limit:
        return
    manager = InventoryManager(loader, sources=None, parse=False)
    # The manager evaluates patterns exactly as the run will; it offers no public way to adopt existing inventory data.
    manager._inventory = inventory
    try:
        wider = widened(manager, str(limit), machines_of)
    except AnsibleError:
        return  # a limit that cannot be evaluated is reported by Ansible itself
    if wider != limit:
        context.CLIARGS = context.CLIARGS.union({"subset": wider})


def widened(manager: InventoryManager, limit: str, machines_of: Mapping[str, list[str]]) -> str:
    """``limit`` with the machines that its environments need."""
    manager.subset(limit)
    tokens = split_host_pattern([token for token in manager._subset or [] if token])
    narrowing = [token[1:] for token in tokens if token[0] == "&"]
    excluded = [token for token in tokens if token[0] == "!"]
    chosen = _names(manager, [token for token in tokens if token[0] not in "&!"])
    environments, others = _sorted_out(chosen, machines_of)
    if not environments:
        return limit
    if not narrowing:
        extra = _needed(_names(manager, [*environments, *excluded]), machines_of, others)
        return ",".join([*tokens, *extra])
    kinds = [_sorted_out(_names(manager, [token]), machines_of) for token in narrowing]
    environments = _common(environments, [kept for kept, _machines in kinds if kept])
    environments = _names(manager, [*environments, *excluded]) if environments else []
    machines = _common([*others, *_needed(environments, machines_of, others)], [kept for _environments, kept in kinds if kept])
    return ",".join([*environments, *machines, *excluded]) if environments else limit


def _sorted_out(names: list[str], machines_of: Mapping[str, list[str]]) -> tuple[list[str], list[str]]:
    """(environments, machines) among ``names``."""
    return [name for name in names if name in machines_of], [name for name in names if name not in machines_of]


def _common(names: list[str], filters: list[list[str]]) -> list[str]:
    return [name for name in names if all(name in kept for kept in filters)]


def _needed(environments: list[str], machines_of: Mapping[str, list[str]], known: list[str]) -> list[str]:
    """Machines of the cells of ``environments`` that are not known yet."""
    wanted = dict.fromkeys(machine for name in environments for machine in machines_of.get(name, ()))
    return [machine for machine in wanted if machine not in known]


def _names(manager: InventoryManager, patterns: list[str]) -> list[str]:
    return [host.name for host in manager.get_hosts(patterns, ignore_limits=True)]
