#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log in to an environment with a real browser, through the edge, and save a screenshot.

Needs Debian's chromium, chromium-driver and libnss3-tools, and nothing from a package index: the browser is driven over its
WebDriver protocol, which is JSON over HTTP. The certificate authority is imported into a profile of its own, so that the browser
trusts the environment the way a user's browser does: certificate errors are not ignored.

    tests/browser/login.py --domain acme.localhost --address 127.0.0.1 --port 8443 --ca .cache/lab/demo/pki/ca.crt \
        --secrets .cache/lab/demo/secrets.yml --environment acme_prod --screenshot docs/images/login.png
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import yaml

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class BrowserError(Exception):
    """What the browser showed is not what a user needs to see."""


class Browser:
    """One session of a browser, over the W3C WebDriver protocol."""

    def __init__(self, server: str, arguments: list[str]) -> None:
        self._server = server
        options = {"args": arguments, "binary": "/usr/bin/chromium"}
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
        self._session = f"/session/{self._call('POST', '/session', wanted)['sessionId']}"

    def open(self, url: str) -> None:
        self._call("POST", f"{self._session}/url", {"url": url})

    def url(self) -> str:
        return self._call("GET", f"{self._session}/url")

    def find(self, selector: str) -> str:
        found = self._call("POST", f"{self._session}/element", {"using": "css selector", "value": selector})
        return f"{self._session}/element/{found[ELEMENT]}"

    def wait_for(self, selector: str, seconds: float) -> str:
        """Return the element once it is there and can be seen: pages show parts of themselves when their scripts have run."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(BrowserError):
                element = self.find(selector)
                if self._call("GET", f"{element}/displayed"):
                    return element
            if time.monotonic() > deadline:
                raise BrowserError(f"{selector} is not shown within {seconds:g} s")
            time.sleep(0.5)

    def write(self, element: str, text: str) -> None:
        self._call("POST", f"{element}/value", {"text": text})

    def click(self, element: str) -> None:
        self._call("POST", f"{element}/click", {})

    def screenshot(self) -> bytes:
        return base64.b64decode(self._call("GET", f"{self._session}/screenshot"))

    def close(self) -> None:
        self._call("DELETE", self._session)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._server + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=180) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise BrowserError(f"{value['error']}: {value['message'].splitlines()[0]}") from error


def trust(home: pathlib.Path, authority: pathlib.Path) -> None:
    """Import the authority where Chromium looks for those that its user trusts."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    for arguments in (["-N", "--empty-password"], ["-A", "-n", "tierline", "-t", "C,,", "-i", str(authority)]):
        subprocess.run(["certutil", "-d", f"sql:{database}", *arguments], check=True, capture_output=True)


@contextlib.contextmanager
def driver(home: pathlib.Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "HOME": str(home)}
    process = subprocess.Popen(
        ["chromedriver", f"--port={port}"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _attempt in range(60):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def flags(options: argparse.Namespace, home: pathlib.Path) -> list[str]:
    return [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1366,800",
        f"--user-data-dir={home / 'profile'}",
        f"--host-resolver-rules=MAP {options.domain}:443 {options.address}:{options.port}"
        f",MAP {options.domain} {options.address},MAP * ~NOTFOUND,EXCLUDE {options.address},EXCLUDE 127.0.0.1",
    ]


def log_in(browser: Browser, options: argparse.Namespace, password: str) -> None:
    browser.open(f"https://{options.domain}{'' if options.port == 443 else f':{options.port}'}/web/login")
    login = browser.wait_for("input[name=login]", options.timeout)
    if options.login_screenshot:
        options.login_screenshot.parent.mkdir(parents=True, exist_ok=True)
        options.login_screenshot.write_bytes(browser.screenshot())
    browser.write(login, options.login)
    browser.write(browser.find("input[name=password]"), password)
    browser.click(browser.find("form.oe_login_form button[type=submit]"))
    browser.wait_for(".o_main_navbar", options.timeout)
    if options.path:
        base = browser.url().split("/", 3)
        browser.open("/".join(base[:3]) + options.path)
        browser.wait_for(".o_main_navbar", options.timeout)
    browser.wait_for(options.wait_for, options.timeout)
    time.sleep(2)  # animations end


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--domain", required=True)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--ca", type=pathlib.Path, required=True)
    parser.add_argument("--secrets", type=pathlib.Path, required=True, help="file with environments.<environment>.admin")
    parser.add_argument("--environment", required=True)
    parser.add_argument("--login", default="admin")
    parser.add_argument("--path", default="", help="page to open after the login, for example /odoo/customer-invoices")
    parser.add_argument(
        "--wait-for", default=".o_action_manager .o_action", help="CSS selector that tells that the page is complete"
    )
    parser.add_argument("--screenshot", type=pathlib.Path, required=True)
    parser.add_argument("--login-screenshot", type=pathlib.Path, help="also save the login page, before anything is typed")
    parser.add_argument("--timeout", type=float, default=120)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    password = yaml.safe_load(options.secrets.read_text(encoding="utf-8"))["environments"][options.environment]["admin"]
    options.screenshot.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tierline-browser-", ignore_cleanup_errors=True) as folder:
        home = pathlib.Path(folder)
        trust(home, options.ca)
        with driver(home) as server:
            browser = Browser(server, flags(options, home))
            try:
                log_in(browser, options, password)
                options.screenshot.write_bytes(browser.screenshot())
                print(f"logged in at {browser.url()}, {options.screenshot} written")
            except BrowserError as error:
                options.screenshot.with_suffix(".failed.png").write_bytes(browser.screenshot())
                print(f"{browser.url()}: {error}", file=sys.stderr)
                return 1
            finally:
                browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
