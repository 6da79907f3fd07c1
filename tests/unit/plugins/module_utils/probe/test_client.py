# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The client against a real server: nothing is said to one that is not trusted, and each fault of the wire has its layer."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.probe.client import Client
from ansible_collections.tierline.erp.plugins.module_utils.probe.errors import Fault
from ansible_collections.tierline.erp.plugins.module_utils.probe.models import Target
from ansible_collections.tierline.erp.tests.unit.plugins.module_utils.https_server import DOMAIN, certificate, serving

RPC = {
    "/good": b'{"jsonrpc": "2.0", "result": [7]}',
    "/error": b'{"error": {"data": {"name": "odoo.exceptions.AccessDenied"}}}',
    "/page": b"<html>",
    "/list": b"[]",
}


class Server:
    """What a user's browser meets, and a log of what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str, bytes]] = []

    def __call__(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.requests.append((request.path, request.headers["Host"], request.headers.get("Cookie", ""), body))
        if request.path == "/login":
            return 200, {"Set-Cookie": "session_id=abc; HttpOnly; Path=/"}, "Grüezi".encode()
        if request.path == "/websocket":
            key = request.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest()).decode()
            return 101, {"Upgrade": "websocket", "Sec-WebSocket-Accept": accept}, b""
        return (200, {}, RPC[request.path]) if request.path in RPC else (502, {}, b"")


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path, "edge")


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def target(pem: Path, server: Server) -> Iterator[Target]:
    with serving(pem, server) as port:
        yield Target(DOMAIN, "127.0.0.1", port, ca_path=str(pem), timeout=5)


def blamed(client: Client, path: str) -> tuple[str, str]:
    with pytest.raises(Fault) as caught:
        client.rpc(path, {})
    return caught.value.layer, str(caught.value)


def test_the_certificate_is_read_after_it_was_verified_for_the_domain(target: Target) -> None:
    found = Client(target).certificate()
    assert found["protocol"] == "TLSv1.3"
    assert 29 < (found["not_after"] - time.time()) / 86400 < 30.1


def test_the_server_is_told_the_domain_and_keeps_its_session(target: Target, server: Server) -> None:
    client = Client(target)
    assert client.get("/login").body == "Grüezi"
    client.get("/good")
    assert [request[:3] for request in server.requests] == [
        ("/login", f"{DOMAIN}:{target.port}", ""),
        ("/good", f"{DOMAIN}:{target.port}", "session_id=abc"),
    ]


@pytest.mark.parametrize("changes", [{"domain": "globex.example.com"}, {"ca_path": "stranger"}])
def test_a_server_that_is_not_trusted_is_sent_nothing(
    target: Target, server: Server, tmp_path: Path, changes: dict[str, str]
) -> None:
    if "ca_path" in changes:
        changes = {"ca_path": str(certificate(tmp_path, "stranger"))}
    client = Client(Target(**{**vars(target), **changes}))
    layer, text = blamed(client, "/good")
    assert layer == "pki"
    assert "is not trusted" in text
    assert server.requests == []


def test_an_authority_that_cannot_be_read_is_told(target: Target) -> None:
    layer, text = blamed(Client(Target(**{**vars(target), "ca_path": "/nowhere.crt"})), "/good")
    assert (layer, "/nowhere.crt can't be read" in text) == ("pki", True)


def test_json_rpc(target: Target, server: Server) -> None:
    assert Client(target).rpc("/good", {"service": "common"}) == [7]
    assert json.loads(server.requests[0][3]) == {"jsonrpc": "2.0", "method": "call", "params": {"service": "common"}}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/error", "refuses these credentials"),
        ("/page", "does not answer in JSON (HTTP 200)"),
        ("/list", "does not answer as JSON-RPC does"),
        ("/down", "can't reach Odoo (HTTP 502)"),
    ],
)
def test_answers_that_are_none_blame_the_application(target: Target, path: str, words: str) -> None:
    layer, text = blamed(Client(target), path)
    assert layer == "app"
    assert words in text


def test_a_websocket_s_answer_belongs_to_the_question(target: Target) -> None:
    answer, expected = Client(target).websocket("/websocket")
    assert (answer.status, answer.header("sec-websocket-accept"), answer.body) == (101, expected, "")


def test_where_nothing_listens_the_edge_is_at_fault(pem: Path) -> None:
    with serving(pem, Server()) as port:
        pass
    client = Client(Target(DOMAIN, "127.0.0.1", port, http_port=port, ca_path=str(pem), timeout=2))
    for attempt in (client.certificate, lambda: client.get("/"), lambda: client.plain("/")):
        with pytest.raises(Fault, match=f"nothing listens at 127.0.0.1:{port}") as caught:
            attempt()
        assert caught.value.layer == "edge"


def test_plain_http_is_not_answered_over_tls(target: Target) -> None:
    with pytest.raises(Fault) as caught:
        Client(Target(**{**vars(target), "http_port": target.port})).plain("/")
    assert caught.value.layer == "edge"
