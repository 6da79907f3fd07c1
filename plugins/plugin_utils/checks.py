# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters over checks have in common: they refuse what no verification returned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from ansible.errors import AnsibleFilterError

Printed = TypeVar("Printed")


def filter_of_checks(name: str, lay_out: Callable[[Iterable[Mapping[str, Any]]], Printed]) -> dict[str, Callable[[Any], Printed]]:
    """The filters of a plugin called ``name`` that lays checks out."""

    def apply(checks: Any) -> Printed:
        if not isinstance(checks, (list, tuple)):
            raise AnsibleFilterError(f"{name} takes a list of checks, not {type(checks).__name__}.")
        try:
            return lay_out(checks)
        except (KeyError, TypeError) as error:
            raise AnsibleFilterError(f"{name} takes checks as odoo_probe returns them: {error!r}") from error

    return {name: apply}
