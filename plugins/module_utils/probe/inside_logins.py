# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Runs inside an environment's own container, beside inside.py: logins to Odoo itself. Its source is sent there."""

import base64
import hashlib
import http.client
import json
import urllib.error
import urllib.request
from typing import Any

_TIMEOUT = 30


def try_odoo(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    """Log in over the port that edges use."""
    call = {"service": "common", "method": "login", "args": [attempt["database"], attempt["user"], attempt["password"]]}
    request = urllib.request.Request(
        attempt["url"],
        data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": call}).encode(),
        headers={"Content-Type": "application/json", "Host": attempt["domain"]},
    )
    try:
        with urllib.request.build_opener().open(request, timeout=_TIMEOUT) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        return "error", f"HTTP {error.code}"
    except OSError as error:
        return "unreachable", str(error)
    if answer.get("error"):
        return "error", str((answer["error"].get("data") or {}).get("message") or answer["error"].get("message"))
    uid = answer.get("result")
    return ("reached", f"logged in, user id {uid}") if uid else ("refused", "Odoo refuses the credentials")


def try_page(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    """The login page, which an Odoo that doesn't find its database doesn't show: it leads elsewhere."""
    connection = http.client.HTTPConnection("127.0.0.1", 8069, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/web/login", headers={"Host": attempt["domain"]})
        response = connection.getresponse()
        shown = response.status == 200 and b'name="login"' in response.read()
    except (OSError, http.client.HTTPException) as error:
        return "error", str(error)
    finally:
        connection.close()
    return ("reached", "it is shown") if shown else ("error", f"HTTP {response.status}, and no login")


def try_master(attempt: dict[str, Any], own: dict[str, str]) -> tuple[str, str]:
    """Compare the database manager's password with what the server was started with (passlib's pbkdf2_sha512)."""
    _empty, scheme, rounds, salt, digest = own["admin_passwd"].split("$")
    if scheme != "pbkdf2-sha512":
        return "error", f"the hash is of an unknown kind, {scheme}"
    made = hashlib.pbkdf2_hmac("sha512", attempt["password"].encode(), _ab64(salt), int(rounds))
    return ("reached", "it is the one in use") if made == _ab64(digest) else ("refused", "it isn't the one in use")


def _ab64(text: str) -> bytes:
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4))


TRIES = {"odoo": try_odoo, "page": try_page, "master": try_master}
