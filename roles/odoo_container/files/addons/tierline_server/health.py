# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether this server can do its work: for the container's health and for releases. Edges keep the path closed."""

import json
import logging

from odoo import http
from odoo.http import request

PATH = "/tierline/health"
_logger = logging.getLogger(__name__)


class Health(http.Controller):
    @http.route(PATH, type="http", auth="none", methods=["GET"], save_session=False, readonly=True)
    def health(self):
        checks = {name: _works(check) for name, check in (("database", _database), ("sessions", _sessions))}
        status = 200 if all(checks.values()) else 503
        body = json.dumps({"status": "pass" if status == 200 else "fail", **checks})
        return request.make_response(body, [("Content-Type", "application/json"), ("Cache-Control", "no-store")], status=status)


def _works(check):
    try:
        check()
    except Exception as error:
        _logger.warning("health: %s failed: %s", check.__name__.strip("_"), error)
        return False
    return True


def _database():
    """Odoo serves this from a database only when it has its registry; without a database there is no cursor."""
    if not request.db or request.env is None:
        raise RuntimeError("no database, or its registry is not loaded")
    request.env.cr.execute("SELECT 1")


def _sessions():
    probe = getattr(http.root.session_store, "probe", None)
    if probe:
        probe()
