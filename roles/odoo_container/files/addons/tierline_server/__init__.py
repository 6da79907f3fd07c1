# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import logging
import sys

_logger = logging.getLogger(__name__)


def post_load():
    """Put everything in place, or end the process.

    Odoo logs what a server-wide module raises and goes on without it, which would be with sessions on disk. So nothing is
    imported before this function runs, and what goes wrong in it leaves as SystemExit, which Odoo lets through.
    """
    try:
        from . import database, health, install, requests  # noqa: PLC0415

        install.install()
        database.install()
        requests.install()
        _logger.info("health is told at %s", health.PATH)
    except Exception as error:
        _logger.critical("Tierline server can't start: %s", error, exc_info=True)
        sys.exit(1)
