# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""etcd's JSON gateway (https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/): the only file here that opens sockets."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .errors import EtcdError, EtcdUnavailableError
from .models import Cluster, Member, Step

# gRPC's codes: a precondition that isn't met yet (a learner that still catches up), and "unavailable".
_NOT_NOW = {9, 14}


class EtcdClient:
    """All given members; a question goes to the first that answers."""

    def __init__(self, endpoints: Sequence[str], ca_cert: str, client_cert: str, client_key: str, timeout: float = 5) -> None:
        self._endpoints = [endpoint.rstrip("/") for endpoint in endpoints]
        self._timeout = timeout
        try:
            tls = ssl.create_default_context(cafile=ca_cert)
            tls.load_cert_chain(client_cert, client_key)
        except OSError as error:
            raise EtcdError(f"cannot use the certificates {ca_cert}, {client_cert}, {client_key}: {error}") from error
        # A cluster's own members are never behind a proxy.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))

    def cluster(self) -> Cluster:
        """The members as one of them lists them. It needs no quorum, so that the loss of it can be seen and told."""
        answer = self._first("/v3/cluster/member/list", {"linearizable": False})
        members = tuple(_member(row) for row in answer["members"])
        health = self._each(
            "/v3/maintenance/status", {}, {*self._endpoints, *(url for member in members for url in member.client_urls)}
        )
        well = {int(status["header"]["member_id"]) for status in health if int(status.get("leader", 0))}
        leaders = [int(status["leader"]) for status in health if int(status.get("leader", 0))]
        return Cluster(members, max(leaders, key=leaders.count, default=0), frozenset(well), int(answer["header"]["cluster_id"]))

    def keys(self, prefix: str) -> dict[str, str]:
        """What is kept below the prefix, which is cut off."""
        start = prefix.encode()
        end = start[:-1] + bytes([start[-1] + 1])
        body = {name: base64.b64encode(key).decode() for name, key in (("key", start), ("range_end", end))}
        rows = self._first("/v3/kv/range", body).get("kvs", [])
        return {_decoded(row["key"])[len(prefix) :]: _decoded(row.get("value", "")) for row in rows}

    def transact(self, request: Mapping[str, Any]) -> Any:
        """One transaction, as the gateway words it: compare, success, failure."""
        return self._first("/v3/kv/txn", request)

    def apply(self, step: Step, leader_url: str = "") -> None:
        if step.action == "add":
            self._first("/v3/cluster/member/add", {"peerURLs": [step.peer_url], "isLearner": True})
        elif step.action == "move_leader":
            # Only the leader itself can hand over.
            self._call(leader_url, "/v3/maintenance/transfer-leadership", {"targetID": str(step.id)})
        else:
            self._first(f"/v3/cluster/member/{step.action}", {"ID": str(step.id)})

    def _first(self, path: str, body: Mapping[str, Any]) -> Any:
        problems = []
        for endpoint in self._endpoints:
            try:
                return self._call(endpoint, path, body)
            except EtcdUnavailableError as error:
                problems.append(str(error))
        raise EtcdUnavailableError("; ".join(problems))

    def _each(self, path: str, body: Mapping[str, Any], endpoints: Iterable[str]) -> list[Any]:
        def ask(endpoint: str) -> Any:
            try:
                return self._call(endpoint, path, body)
            except EtcdError:
                return None

        with ThreadPoolExecutor(max_workers=8) as pool:
            return [answer for answer in pool.map(ask, sorted(endpoints)) if answer]

    def _call(self, endpoint: str, path: str, body: Mapping[str, Any]) -> Any:
        request = urllib.request.Request(endpoint + path, data=json.dumps(body).encode(), method="POST")
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise _refusal(endpoint, error) from error
        except (OSError, ValueError) as error:
            raise EtcdUnavailableError(f"{endpoint} does not answer: {error}") from error


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode(errors="replace")


def _refusal(endpoint: str, error: urllib.error.HTTPError) -> EtcdError:
    try:
        said = json.load(error)
        kind = EtcdUnavailableError if said.get("code") in _NOT_NOW else EtcdError
        return kind(f"{endpoint} refused: {said.get('message', error.reason)}")
    except (OSError, ValueError, AttributeError):
        return EtcdUnavailableError(f"{endpoint} refused: {error.code} {error.reason}")


def _member(row: Mapping[str, Any]) -> Member:
    return Member(
        int(row["ID"]),
        row.get("name", ""),
        tuple(row.get("peerURLs", ())),
        tuple(row.get("clientURLs", ())),
        row.get("isLearner", False),
    )
