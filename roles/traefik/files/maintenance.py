# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users see while nothing serves an environment: maintenance.py PORT PAGE RETRY_AFTER

Traefik asks here, on loopback, in place of whom it didn't reach; the path is the status that it would have answered.
"""

import http.server
import pathlib
import sys


class Page(http.server.BaseHTTPRequestHandler):
    server_version, sys_version = "tierline", ""
    body, retry_after = b"", "15"

    def do_GET(self) -> None:
        self.send_response(503)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Retry-After", self.retry_after)
        # So that verification still tells who is away.
        self.send_header("X-Upstream-Status", self.path.strip("/"))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(self.body)

    do_HEAD = do_GET

    def log_message(self, *_args: object) -> None:
        """Traefik's access log has each of these."""


if __name__ == "__main__":
    port, page, seconds = sys.argv[1:]
    text = pathlib.Path(page).read_text(encoding="utf-8")
    Page.body, Page.retry_after = text.replace("{retry_after}", seconds).encode(), seconds
    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Page).serve_forever()
