# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the session store into place."""

import logging

from odoo import http

from . import settings

_logger = logging.getLogger(__name__)


def install():
    found = settings.read()
    if found.store == "disk":
        _logger.info("sessions are kept on disk, as configured")
        return
    # Not before it is wanted: an image for sessions on disk needs no Redis library.
    from . import connection, sessions, store  # noqa: PLC0415

    unknown = store.unserved()
    if unknown:
        raise RuntimeError(f"this Odoo asks its session store for {', '.join(unknown)}, which sessions in Redis don't know yet")
    if "session_store" in vars(http.root):
        raise RuntimeError("Odoo's session store is in use already: the module must be loaded by server_wide_modules")
    http.root.session_store = store.RedisSessionStore(sessions.Sessions(connection.connect(found), found.key_prefix))
    _logger.info("sessions are kept in Redis at %s as %s", found.where, found.username)
