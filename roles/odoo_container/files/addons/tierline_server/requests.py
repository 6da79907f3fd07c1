# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One id for a request, in the answer and in every line that Odoo logs for it; the edge logs it from the answer.

Whoever asks may bring one (X-Request-Id), so that a program's own log leads here too. As with the database's name in Odoo's own
lines, what a worker logs between two requests has the id of the last one.
"""

import logging
import re
import threading
import uuid

from odoo import http

HEADER = "X-Request-Id"
_ENVIRON = "HTTP_X_REQUEST_ID"
# Nothing that a line of a log, or whoever reads one, could take for something else.
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")


def chosen(given):
    return given if _GIVEN.fullmatch(given) else uuid.uuid4().hex


def named(serve):
    def served(application, environ, start_response):
        request = environ[_ENVIRON] = chosen(environ.get(_ENVIRON, ""))
        threading.current_thread().tierline_request = request

        def begun(status, headers, exc_info=None):
            return start_response(status, [*headers, (HEADER, request)], exc_info)

        return serve(application, environ, begun)

    return served


class InEachLine(logging.Filter):
    """Beside what Odoo counts for a request (queries and times), which ends the first line of whatever it logs."""

    def filter(self, record):
        request = getattr(threading.current_thread(), "tierline_request", None)
        if request:
            record.perf_info = f"{getattr(record, 'perf_info', '')} request={request}".lstrip()
        return True


def install():
    http.Application.__call__ = named(http.Application.__call__)
    for handler in logging.getLogger().handlers:
        handler.addFilter(InEachLine())
