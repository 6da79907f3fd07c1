# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People and clients of one Odoo, for locust.

    locust -f tests/bench/availability/users.py --headless --host https://initech.localhost Clerk Visitor Uploader Listener

Of TIERLINE_BENCH, a JSON object, it takes `address` (where the host name leads to), `database`, `password` (of admin), `ca` (a
file, or null), and `seconds_file`: where requests and failures of each second are written at the end, by the second since the
epoch. A clerk thinks for 1 to 5 seconds between two clicks; a visitor asks for the login page and a static file by turns, seven
times a second; an upload lasts 60 seconds; who listens on a websocket comes back when sent away, and fails when not let in.
"""

import json
import os
import random
import socket
import ssl
import time

import websocket
from locust import HttpUser, User, between, constant, constant_throughput, events, task
from locust.exception import StopUser

TOLD = json.loads(os.environ["TIERLINE_BENCH"])
SECONDS: dict[int, list] = {}
LOGIN = "log in"
_find = socket.getaddrinfo


def _led(host, *more, **named):
    """No DNS knows the name of the edge's certificate."""
    return _find(TOLD["address"] if str(host).endswith(".localhost") else host, *more, **named)


socket.getaddrinfo = _led


@events.request.add_listener
def count(request_type, name, response_time, exception, start_time, **_more):
    """By the second in which an answer was due."""
    if name == LOGIN:
        return
    second = SECONDS.setdefault(int(start_time), [0, 0, 0.0, {}])
    second[0] += 1
    # Of an upload the length says nothing.
    second[2] = max(second[2], 0.0 if request_type == "UPLOAD" else response_time)
    if exception:
        second[1] += 1
        said = f"{name}: {exception}"[:150]
        second[3][said] = second[3].get(said, 0) + 1


@events.quitting.add_listener
def tell(**_more):
    if TOLD.get("seconds_file"):
        with open(TOLD["seconds_file"], "w", encoding="utf-8") as stream:
            json.dump(SECONDS, stream)


class Browser(HttpUser):
    abstract = True

    def on_start(self):
        self.client.verify = TOLD["ca"] or True

    def ask(self, name, path, params):
        """One JSON call; an answer that says why not is a failure as much as no answer."""
        with self.client.post(
            path, json={"jsonrpc": "2.0", "params": params}, name=name, catch_response=True, timeout=60
        ) as answer:
            try:
                told = answer.json()
            except ValueError:
                told = {"error": {"message": f"HTTP {answer.status_code}"}}
            if answer.status_code != 200 or "error" in told:
                error = told.get("error", {})
                answer.failure(str(error.get("data", {}).get("name") or error.get("message")))
                return None
            return told["result"]

    def log_in(self):
        who = {"db": TOLD["database"], "login": "admin", "password": TOLD["password"]}
        told = self.ask(LOGIN, "/web/session/authenticate", who)
        if not (told or {}).get("uid"):
            print("a login failed: fewer people than asked for", flush=True)
            raise StopUser


class Clerk(Browser):
    wait_time = between(1, 5)

    def on_start(self):
        super().on_start()
        self.log_in()
        self.partner = self.call("look for a customer", "res.partner", "search", [[]], {"limit": 1})[0]

    def call(self, name, model, method, arguments, more=None):
        params = {"model": model, "method": method, "args": arguments, "kwargs": more or {}}
        return self.ask(name, f"/web/dataset/call_kw/{model}/{method}", params)

    @task(4)
    def invoices(self):
        fields = {"name": {}, "partner_id": {"fields": {"display_name": {}}}, "amount_total": {}, "state": {}}
        wanted = {"domain": [["move_type", "=", "out_invoice"]], "limit": 80, "offset": 0, "count_limit": 10001}
        more = {"specification": fields, **wanted}
        self.call("list invoices", "account.move", "web_search_read", [], more)

    @task(3)
    def customers(self):
        more = {"specification": {"display_name": {}, "email": {}}, "domain": [], "limit": 80, "count_limit": 10001}
        self.call("list customers", "res.partner", "web_search_read", [], more)

    @task(2)
    def form(self):
        self.call("open the form", "account.move", "get_views", [[[False, "form"], [False, "list"], [False, "search"]]])

    @task(1)
    def invoice(self):
        line = [0, 0, {"name": "Hours", "quantity": random.randint(1, 9), "price_unit": 90.0, "tax_ids": []}]
        values = {"move_type": "out_invoice", "partner_id": self.partner, "invoice_line_ids": [line]}
        made = self.call("create an invoice", "account.move", "create", [[values]])
        if made:
            self.call("post it", "account.move", "action_post", [made])


class Visitor(Browser):
    fixed_count = 10
    wait_time = constant_throughput(3.5)

    @task
    def look(self):
        self.client.get("/web/login", name="login page", timeout=60)
        self.client.get("/web/static/img/favicon.ico", name="static file", timeout=60)


class Connection(User):
    """One that is not a request and its answer: reported when it ends."""

    abstract = True

    def told(self, kind, begun, error=None):
        self.environment.events.request.fire(
            request_type=kind, name=kind.lower(), response_time=(time.time() - begun) * 1000, response_length=0,
            exception=error, start_time=time.time() if kind == "UPLOAD" else begun, context={},
        )  # fmt: skip

    def context(self):
        return ssl.create_default_context(cafile=TOLD["ca"])


class Uploader(Connection):
    """Sends 2 MB in a minute, which Odoo has whole before it answers."""

    fixed_count = 1
    wait_time = constant(0)

    @task
    def upload(self):
        secure, _slashes, name = self.host.partition("://")
        host, _colon, port = name.partition(":")
        body = json.dumps({"jsonrpc": "2.0", "params": {"padding": "x" * 2_000_000}}).encode()
        begun = time.time()
        try:
            link = socket.create_connection((TOLD["address"] or host, int(port or 443)), timeout=60)
            link = self.context().wrap_socket(link, server_hostname=host) if secure == "https" else link
            with link:
                head = f"POST /web/webclient/version_info HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n"
                link.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode())
                for start in range(0, len(body), len(body) // 60 + 1):
                    link.sendall(body[start : start + len(body) // 60 + 1])
                    time.sleep(1)
                status = link.recv(4096).split(b"\r\n")[0]
            self.told("UPLOAD", begun, None if b" 200 " in status else OSError(status.decode() or "no answer"))
        except OSError as error:
            self.told("UPLOAD", begun, error)


class Listener(Connection):
    fixed_count = 5
    wait_time = constant(1)

    @task
    def listen(self):
        begun = time.time()
        secure = self.host.startswith("https")
        url = self.host.replace("http", "ws", 1) + "/websocket?version=19.0-2"
        try:
            link = websocket.create_connection(
                url, timeout=60, origin=self.host, sslopt={"context": self.context()} if secure else None
            )
        except (OSError, websocket.WebSocketException) as error:
            self.told("WEBSOCKET", begun, error)
            return
        self.told("WEBSOCKET", begun)
        link.settimeout(3600)
        try:
            while link.recv():
                pass
        except (OSError, websocket.WebSocketException):
            pass
        finally:
            link.close()
