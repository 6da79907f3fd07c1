# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class TraefikError(Exception):
    """Root of everything that the Traefik modules refuse or fail with."""


class RouteError(TraefikError):
    """A route is malformed, or contradicts another one."""


class StoreError(TraefikError):
    """The dynamic configuration or a certificate could not be read, written or loaded."""
