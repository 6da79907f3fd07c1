# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patroni's REST API. https://patroni.readthedocs.io/en/latest/rest_api.html"""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from .errors import PostgresError

_TIMEOUT = 30


class PatroniApi:
    """One member. Reading needs nothing; writing needs a client certificate and the password."""

    def __init__(self, url: str, ca_cert: str, client_cert: str, client_key: str, username: str, password: str) -> None:
        self._url = url.rstrip("/")
        login = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        try:
            tls = ssl.create_default_context(cafile=ca_cert)
            tls.load_cert_chain(client_cert, client_key)
        except OSError as error:
            raise PostgresError(f"cannot use the certificates {ca_cert}, {client_cert}, {client_key}: {error}") from error
        # A cluster's own API is never behind a proxy.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))

    def read_config(self) -> dict[str, Any]:
        return self._call("GET", "/config")

    def patch_config(self, patch: Mapping[str, Any]) -> None:
        self._call("PATCH", "/config", patch)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, method=method, headers=self._headers)
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise PostgresError(f"Patroni refused {method} {self._url}{path}: {error.code} {error.reason}") from error
        except (OSError, ValueError) as error:
            raise PostgresError(f"cannot ask Patroni at {self._url}{path}: {error}") from error
