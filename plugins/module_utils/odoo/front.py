# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx is told that stands before a slot of Odoo: it sends files, and passes on all else. Pure.

Who may have an attachment is Odoo's to say: its answer names the file (X-Accel-Redirect), which nobody gets by asking for it.
Modules' static files are public; they are kept as Odoo answered them, in memory, and the next slot begins with none.

No connection is kept open, neither by those who ask nor to Odoo: one that is open is somebody who waits for an answer, which is
what a release counts.
"""

from __future__ import annotations

from . import config

CONFIG_DIR = "/etc/tierline/front"
PORT = 8080
# Of the tmpfs, which is counted as the container's memory.
TMP_MB = 64
_CACHE_MB = 48
# Beside what an environment's application has: nginx takes a tenth of it, files that it keeps the rest.
MEMORY_MB = TMP_MB + 32

# Of an attachment's answer nginx keeps its type, name and lifetime; these it would lose.
_KEPT = (
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Content-Security-Policy",
    "ETag",
    "X-Content-Type-Options",
    "X-Request-Id",
)
_HEADERS = "\n".join(f"            add_header {name} $upstream_http_{name.lower().replace('-', '_')};" for name in _KEPT)
_FOLDERS = "\n".join(f"    {kind}_temp_path /tmp/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))

_CONFIGURATION = f"""\
# Managed by tierline.erp.odoo_container: changes made here are lost.
daemon off;
worker_processes 1;
pid /tmp/nginx.pid;
# Requests are the edge's to log: their addresses may hold what opens something.
error_log stderr crit;
events {{
    worker_connections 2048;
}}
http {{
    access_log off;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 0;
{_FOLDERS}
    # Sizes and times are limited by the edge, and by Odoo.
    client_max_body_size 0;
    large_client_header_buffers 8 64k;
    client_body_timeout 1h;
    send_timeout 1h;
    proxy_read_timeout 1h;
    proxy_send_timeout 1h;
    proxy_connect_timeout 10s;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_request_buffering off;
    resolver 127.0.0.11 ipv6=off valid=5s;
    proxy_cache_path /tmp/static keys_zone=static:1m max_size={_CACHE_MB}m inactive=7d use_temp_path=off;
    server {{
        listen {PORT};
        set $odoo @odoo@:{config.HTTP_PORT};
        location / {{
            proxy_max_temp_file_size 0;
            proxy_pass http://$odoo;
        }}
        location ~ ^/\\w+/static/. {{
            proxy_cache static;
            # As it was asked for: what Odoo reads otherwise than nginx is no other file's answer.
            proxy_cache_key $http_host$request_uri;
            proxy_cache_lock on;
            # It would be that of whoever asked first.
            proxy_hide_header X-Request-Id;
            proxy_pass http://$odoo;
        }}
        location /web/filestore/ {{
            internal;
            alias {config.DATA_DIR}/filestore/;
            etag off;
{_HEADERS}
        }}
    }}
}}
"""


def render(odoo: str) -> str:
    """`odoo` is the name of the slot's container; its address is asked for again, since a restart may change it."""
    return _CONFIGURATION.replace("@odoo@", odoo)
