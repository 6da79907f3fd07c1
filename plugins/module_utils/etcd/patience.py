# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Trying again while etcd says "not now"."""

from collections.abc import Callable
from typing import TypeVar

from .errors import EtcdUnavailableError

T = TypeVar("T")


def patiently(attempt: Callable[[], T], seconds: int, pause: Callable[[float], None]) -> T:
    """Once a second, for so many seconds; the last attempt's error is the caller's."""
    for _second in range(seconds):
        try:
            return attempt()
        except EtcdUnavailableError:
            pause(1)
    return attempt()
