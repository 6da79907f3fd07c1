# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database that is away for a moment: requests wait for it, and nobody is logged out.

By itself Odoo logs out whoever asks while no connection can be made, and fails a request whose connection breaks. Here such a
request is carried out again from its beginning, as Odoo does it when two transactions are in each other's way, unless something
of it was committed or may have been: then only its user can tell what to do. Nor does the whole server end, as it does by itself
when it wants to replace a worker meanwhile, of which those for crons end with their connections.
"""

import logging
import os
import threading

import psycopg2
from odoo import http, sql_db
from odoo.service import server
from werkzeug.exceptions import ServiceUnavailable

from .health import PATH as HEALTH
from .patience import Patience

# What the server, or the pooler before it, says when it ends a connection; a connection that breaks without a word has no code.
# 57P01 to 57P05: shut down, crashed, starting, database dropped, idle for too long. 53300: too many connections.
_PASSING_CLASSES = ("08", "57P")
_PASSING_CODES = ("53300",)

_logger = logging.getLogger(__name__)
_thread = threading.local()


class DatabaseUnavailable(ServiceUnavailable):
    """A page that says so, with the status that proxies and clients take for "try again"."""

    def __init__(self):
        super().__init__("The database can't be reached at the moment. Nobody was logged out; please try again.", retry_after=5)
        # For calls in JSON too: they would be answered 200, with an error in the text.
        self.error_response = self.get_response()


def lost(error):
    """Whether a connection, and not the request, is why it failed. What follows a broken connection leads back to it."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, psycopg2.OperationalError):
            code = getattr(error, "pgcode", None)
            return code is None or code.startswith(_PASSING_CLASSES) or code in _PASSING_CODES
        error = error.__cause__ or error.__context__
    return False


def counting(commit):
    """From the moment a commit begins nobody knows whether it happened until it is over."""

    def counted(cursor):
        _thread.commits = getattr(_thread, "commits", 0) + 1
        return commit(cursor)

    return counted


def patient(serve, patience=Patience):
    def served(request):
        # Health is how it is now.
        if request.httprequest.path == HEALTH:
            return serve(request)
        waiting, level = patience(first=0.05), logging.WARNING
        while True:
            _thread.commits = 0
            try:
                return serve(request)
            except (http.RegistryError, psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                if _thread.commits or not lost(error):
                    raise
                _logger.log(level, "the database went away, trying again: %s", error.__cause__ or error)
                level = logging.DEBUG
                if not waiting.wait():
                    _logger.error("the database can't be reached for %s s: %s", waiting.seconds, error.__cause__ or error)
                    raise DatabaseUnavailable() from error
            _begin_anew(request)

    return served


def _begin_anew(request):
    """As nothing had happened yet, like odoo.service.model.retrying does."""
    request.session = request._get_session_and_dbname()[0]
    request.future_response = http.FutureResponse()
    for name, file in request.httprequest.files.items():
        if not (hasattr(file, "seekable") and file.seekable()):
            raise RuntimeError(f"the database went away, and the file {name!r} of this request can't be read again")
        file.seek(0)


def lasting(spawn):
    def spawned(parent):
        process = os.getpid()
        try:
            spawn(parent)
        except psycopg2.OperationalError as error:
            # In a process that was just begun it is not ours to judge.
            if os.getpid() != process:
                raise
            _logger.warning("workers that are missing can't be begun while the database is away: %s", error)

    return spawned


def install():
    server.PreforkServer.process_spawn = lasting(server.PreforkServer.process_spawn)
    sql_db.Cursor.commit = counting(sql_db.Cursor.commit)
    http.Request._serve_db = patient(http.Request._serve_db)
