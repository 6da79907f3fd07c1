# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patroni's REST API, of all members of a cluster. https://patroni.readthedocs.io/en/latest/rest_api.html"""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .cluster import Cluster, read_cluster
from .errors import PostgresError

# A member that is alive answers within milliseconds; one whose machine is gone must not hold up the others' answers.
_READ_TIMEOUT = 5
_WRITE_TIMEOUT = 30


class PatroniApi:
    """Reading needs nothing; writing needs a client certificate and the password."""

    def __init__(
        self,
        members: Mapping[str, str],
        port: int,
        ca_cert: str,
        client_cert: str,
        client_key: str,
        username: str,
        password: str,
    ) -> None:
        self._urls = {name: f"https://{_in_url(address)}:{port}" for name, address in members.items()}
        login = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        try:
            tls = ssl.create_default_context(cafile=ca_cert)
            tls.load_cert_chain(client_cert, client_key)
        except OSError as error:
            raise PostgresError(f"cannot use the certificates {ca_cert}, {client_cert}, {client_key}: {error}") from error
        # A cluster's own API is never behind a proxy.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))

    def observe(self) -> Cluster:
        """Ask every member for itself, and any of them for what etcd says."""
        with ThreadPoolExecutor(len(self._urls)) as pool:
            answers = dict(zip(self._urls, pool.map(self._status, self._urls), strict=True))
        if all(isinstance(answer, str) for answer in answers.values()):
            return read_cluster(answers, {}, {})
        return read_cluster(answers, self._any("/cluster"), self._any("/config"))

    def is_primary(self, name: str) -> bool:
        """Whether the member says, now, that it takes writes and holds the leader lock."""
        try:
            self._call(name, "GET", "/primary", timeout=_READ_TIMEOUT)
        except PostgresError:
            return False
        return True

    def takes_commits(self, name: str, synchronous: bool) -> bool:
        """Whether the member is the primary in PostgreSQL's own words, and has the replica that synchronous commits wait for.

        Patroni itself answers /primary as soon as the promotion has begun."""
        try:
            answer = self._call(name, "GET", "/patroni", timeout=_READ_TIMEOUT)
        except PostgresError:
            return False
        if answer.get("role") not in ("primary", "master") or answer.get("state") != "running":
            return False
        senders = answer.get("replication") or []
        return not synchronous or any(sender.get("sync_state") in ("sync", "quorum") for sender in senders)

    def read_config(self) -> dict[str, Any]:
        return self._any("/config")

    def patch_config(self, patch: Mapping[str, Any]) -> None:
        """Change the cluster's configuration through the first member that answers: they all write to the same key."""
        errors = []
        for name in self._urls:
            try:
                self._call(name, "PATCH", "/config", patch)
                return
            except PostgresError as error:
                errors.append(str(error))
        raise PostgresError("; ".join(errors))

    def restart(self, name: str, timeout: int) -> None:
        """Returns when PostgreSQL runs again."""
        self._call(name, "POST", "/restart", {"timeout": timeout}, timeout=timeout + _WRITE_TIMEOUT)

    def switchover(self, leader: str, candidate: str) -> None:
        """Returns a second or more after the fact, because Patroni looks at the outcome once a second."""
        self._call(leader, "POST", "/switchover", {"leader": leader, "candidate": candidate}, timeout=60)

    def reinitialise(self, name: str, force: bool) -> None:
        """Returns when the member has begun to throw its data away."""
        self._call(name, "POST", "/reinitialize", {"force": force})

    def _status(self, name: str) -> dict[str, Any] | str:
        try:
            return self._call(name, "GET", "/patroni", timeout=_READ_TIMEOUT)
        except PostgresError as error:
            return str(error)

    def _any(self, path: str) -> dict[str, Any]:
        errors = []
        for name in self._urls:
            try:
                return self._call(name, "GET", path, timeout=_READ_TIMEOUT)
            except PostgresError as error:
                errors.append(str(error))
        raise PostgresError("; ".join(errors))

    def _call(
        self, name: str, method: str, path: str, body: Mapping[str, Any] | None = None, timeout: int = _WRITE_TIMEOUT
    ) -> Any:
        url = self._urls[name] + path
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method, headers=self._headers)
        try:
            with self._opener.open(request, timeout=timeout) as answer:
                return _decoded(answer.read())
        except urllib.error.HTTPError as error:
            # The body says why, except where it only repeats the member's status.
            said = "" if method == "GET" else f": {error.read(500).decode(errors='replace').strip()}"
            raise PostgresError(f"Patroni refused {method} {url}: {error.code} {error.reason}{said}") from error
        except (OSError, ValueError) as error:
            raise PostgresError(f"cannot ask Patroni at {url}: {error}") from error


def _decoded(body: bytes) -> Any:
    """Reads answer with JSON; writes answer with a sentence."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address
