# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written into an environment's odoo.conf. Pure: same input, same text."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from .models import Environment

HTTP_PORT = 8069
WEBSOCKET_PORT = 8072
CONFIG_DIR = "/etc/tierline/odoo"
CA_FILE = f"{CONFIG_DIR}/ca.crt"
DATA_DIR = "/var/lib/odoo"
ADDONS_DIR = "/usr/share/tierline/odoo/addons"
_CUSTOM_DIR = "/usr/share/tierline/odoo/custom"
HIDDEN = ("admin_passwd", "db_password", "password")
# Ours among what every Odoo process loads; without the option Odoo would load the first three.
SERVER_MODULE = "tierline_server"
_SERVER_WIDE = "base,rpc,web"

_ROUNDS = 600_000  # what Odoo 19 itself uses
_MIB = 1024 * 1024


def fingerprint(key: bytes, *parts: str) -> str:
    """Tells whether something changed without telling what it is, even to someone who guesses: the key never leaves its owner."""
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()


def _ab64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=").replace("+", ".")


def admin_passwd(master: str, name: str, key: bytes, existing: str | None = None) -> str:
    """The database manager's password the way Odoo stores it (passlib's pbkdf2_sha512).

    The salt follows from the secret and this machine's key, so the same secret gives the same text, and the slow part is skipped
    where the text in place already carries that salt.
    """
    salt = bytes.fromhex(fingerprint(key, "admin_passwd", name, master))[:16]
    prefix = f"$pbkdf2-sha512${_ROUNDS}${_ab64(salt)}$"
    if existing and existing.startswith(prefix):
        return existing
    return prefix + _ab64(hashlib.pbkdf2_hmac("sha512", master.encode(), salt, _ROUNDS))


def memory_limits(memory_mb: int) -> tuple[int, int]:
    """Soft and hard limit of one Odoo process in bytes.

    Odoo counts virtual memory, of which an idle worker has about 230 MiB: below 640 MiB workers would be recycled for nothing.
    Above Odoo's own default of 2560 MiB a single request should not take the memory of all others.
    """
    hard = min(max(memory_mb * 8 // 10, 640), 2560)
    return hard * 8 // 10 * _MIB, hard * _MIB


def settings(env: Environment, hashed_master: str) -> dict[str, Any]:
    soft, hard = memory_limits(env.memory_mb)
    return {
        "limit_memory_soft": soft,
        "limit_memory_hard": hard,
        "limit_time_cpu": 600,
        "limit_time_real": 1200,
        "limit_time_real_cron": 3600,
        "limit_request": 65536,
        "db_maxconn": 16,
        **env.options,
        "admin_passwd": hashed_master,
        "data_dir": DATA_DIR,
        "db_host": ",".join(env.database.hosts),
        "db_name": env.database.name,
        "db_password": env.secrets["database"],
        "db_port": env.database.port,
        "db_sslmode": "verify-full",
        "db_user": env.database.user,
        "dbfilter": f"^{env.database.name}$",
        "gevent_port": WEBSOCKET_PORT,
        "http_interface": "0.0.0.0",
        "http_port": HTTP_PORT,
        "list_db": False,
        "max_cron_threads": env.cron_threads,
        "proxy_mode": True,
        "workers": env.workers,
        **({"x_sendfile": True} if env.front_image else {}),
        **_with_server_module(env),
    }


def custom_path(sha256: str) -> str:
    """Where a container finds an archive of custom modules."""
    return f"{_CUSTOM_DIR}/{sha256[:12]}"


def _addons_path(env: Environment, *ours: str) -> str:
    return ",".join(filter(None, (*ours, *map(custom_path, env.addons), str(env.options.get("addons_path") or ""))))


def _with_server_module(env: Environment) -> dict[str, str]:
    modules = str(env.options.get("server_wide_modules") or _SERVER_WIDE)
    return {"addons_path": _addons_path(env, ADDONS_DIR), "server_wide_modules": f"{modules},{SERVER_MODULE}"}


def sessions(env: Environment) -> dict[str, Any]:
    """Where HTTP sessions are kept: said in any case, since our module takes no answer for a mistake."""
    if env.redis is None:
        return {"store": "disk"}
    place: dict[str, Any] = {"host": env.redis.host, "port": env.redis.port}
    if env.redis.sentinels:
        known = " ".join(f"{host}:{env.redis.sentinel_port}" for host in env.redis.sentinels)
        place = {"primary": env.redis.primary, "sentinels": known}
    return {
        "ca_file": CA_FILE,
        "key_prefix": env.redis.key_prefix,
        "password": env.secrets["redis"],
        "store": "redis",
        "username": env.redis.user,
        **place,
    }


def setup_settings(env: Environment) -> dict[str, Any]:
    """For a one-off run: nothing listens, nothing is scheduled, and an installation may take its time and memory."""
    unlimited = dict.fromkeys(("limit_memory_soft", "limit_memory_hard", "limit_time_cpu", "limit_time_real"), 0)
    # Without our module, which is of no use there: nothing listens.
    own = {"addons_path": _addons_path(env), "server_wide_modules": env.options.get("server_wide_modules", _SERVER_WIDE)}
    return {**settings(env, "*"), **unlimited, "workers": 0, "max_cron_threads": 0, **own}


def fenced_settings(env: Environment, database: str, socket_dir: str) -> dict[str, Any]:
    """For a one-off run on a copy of the database, which it reaches by a socket and nothing else by any way."""
    return {
        **setup_settings(env),
        "db_host": socket_dir,
        "db_name": database,
        "db_sslmode": "disable",
        "dbfilter": f"^{database}$",
    }


def render(values: Mapping[str, Any]) -> str:
    lines = [f"{key} = {values[key]}" for key in sorted(values)]
    return "\n".join(["# Managed by tierline.erp.odoo_container: changes made here are lost.", "[options]", *lines, ""])


def read_option(text: str, name: str) -> str | None:
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if separator and key.strip() == name:
            return value.strip()
    return None


def _hide(text: str, other: str, word: str) -> str:
    lines = []
    for line in text.splitlines():
        key = line.partition("=")[0].strip()
        if key in HIDDEN:
            same = read_option(text, key) == read_option(other, key)
            line = f"{key} = <hidden>" if same else f"{key} = <hidden, {word}>"
        lines.append(line)
    return "\n".join(lines) + "\n" if lines else ""


def shown(before: str, after: str) -> tuple[str, str]:
    """Both texts fit for a diff: a changed secret is seen to change, its value is not."""
    return _hide(before, after, "old"), _hide(after, before, "new")
