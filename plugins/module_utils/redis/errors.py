# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class RedisError(Exception):
    """Anything the Redis modules refuse or cannot do; the message says what was seen and how to mend it."""


class RedisUnreachableError(RedisError):
    """No server answers; a dry run on a machine that has none yet may go on."""
