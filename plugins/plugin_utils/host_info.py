# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How filters judge what the module postgres_host_info found on hosts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ansible.errors import AnsibleFilterError

Verdict = TypeVar("Verdict")


def judging(name: str, judge: Callable[[Any, Any], Verdict]) -> Callable[[Any, Any], Verdict]:
    """The filter of that name: whoever gives it something else is told what it takes."""

    def judged(wanted: Any, found: Any) -> Verdict:
        try:
            return judge(wanted, found)
        except (KeyError, TypeError, AttributeError) as error:
            raise AnsibleFilterError(f"{name} takes what postgres_host_info returns: {error!r}") from error

    return judged
