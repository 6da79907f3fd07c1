# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ProbeError(Exception):
    """Root of everything that the verification modules refuse or fail with."""


class Fault(ProbeError):
    """A check saw something wrong; it carries the layer that is to blame."""

    def __init__(self, layer: str, message: str) -> None:
        super().__init__(message)
        self.layer = layer
