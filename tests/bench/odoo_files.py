# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nginx before a slot does for static files and attachments, on the machine that runs the slot (as root, with `wrk`):

    docker exec -i HOST python3 - acme_prod-blue <tests/bench/odoo_files.py

Odoo without it is a container beside the slot's own, with the same image, files, limits and workers, but no x_sendfile; it is
removed at the end. Both are asked at their own addresses and take turns, so that whatever else the machine does meets both.
Busy is the processor time of Odoo's container for each answer. Then people fetch a file of 24 MB as slowly as a poor line lets
them, one more than there are workers, and somebody else asks for the login page.
"""

import http.client
import json
import re
import secrets
import socket
import statistics
import subprocess
import sys
import threading
import time

import docker

SLOT, SECONDS, ROUNDS = sys.argv[1], 5, 3
ENVIRONMENT = SLOT.rpartition("-")[0]
PLAIN = f"{SLOT}-plain"
STATIC = "/web/static/img/favicon.ico"
NAME = f"bench-{secrets.token_hex(4)}"
API = docker.APIClient(timeout=300)
CONFIG = "/etc/tierline/odoo/odoo.conf"
START = f"grep -v '^x_sendfile' {CONFIG} >/tmp/odoo.conf; exec odoo server --config=/tmp/odoo.conf --max-cron-threads=0"
SHELL = ["sh", "-c", f"exec odoo shell --config={CONFIG} --no-http --log-level=error"]


def sibling():
    found = API.inspect_container(SLOT)
    host = {**found["HostConfig"], "PortBindings": {}, "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}}
    config = {**{key: found["Config"][key] for key in ("Image", "User", "Env")}, "Entrypoint": ["sh", "-c"], "Cmd": [START]}
    API.create_container_from_config({**config, "Labels": {}, "HostConfig": host}, PLAIN)
    API.start(PLAIN)


def address(name):
    return API.inspect_container(name)["NetworkSettings"]["Networks"][f"tierline-{ENVIRONMENT}"]["IPAddress"]


def fetch(where, path):
    """Status, headers and body of one answer, on a connection of its own."""
    connection = http.client.HTTPConnection(*where, timeout=60)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def until_it_answers(where):
    for _try in range(240):
        try:
            if fetch(where, "/web/login")[0] == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.5)
    raise SystemExit(f"{where} doesn't answer")


def script(text):
    done = subprocess.run(["docker", "exec", "-i", SLOT, *SHELL], input=text, text=True, capture_output=True, check=True)
    return done.stdout


def big_attachment():
    """A public one, which Odoo keeps in its filestore."""
    made = script(
        "import os\n"
        f"file = env['ir.attachment'].create({{'name': '{NAME}', 'raw': os.urandom(24 << 20), 'public': True}})\n"
        "env.cr.commit()\nprint(f'made:{file.id}:')\n"
    )
    return f"/web/content/{re.search(r'made:([0-9]+):', made).group(1)}"


def busy(odoo):
    return API.stats(odoo, stream=False)["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9


def load(where, path, odoo):
    """Requests in a second, and milliseconds of Odoo's processor for each."""
    before = busy(odoo)
    told = subprocess.run(
        ["wrk", "-t1", "-c8", f"-d{SECONDS}s", "--timeout=20s", f"http://{where[0]}:{where[1]}{path}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    spent = busy(odoo) - before
    if "Non-2xx" in told:
        raise SystemExit(told)
    count = int(re.search(r"(\d+) requests in", told).group(1))
    return count / SECONDS, spent / count * 1000


def slow_reader(where, path, stop):
    with socket.create_connection(where, timeout=60) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {where[0]}\r\nConnection: close\r\n\r\n".encode())
        while not stop.is_set() and connection.recv(1 << 15):
            time.sleep(0.05)


def others_wait(where, path, readers):
    """Seconds for the login page while files are fetched slowly; each try ends after 15."""
    stop = threading.Event()
    threads = [threading.Thread(target=slow_reader, args=(where, path, stop), daemon=True) for _one in range(readers)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    seen = []
    for _try in range(5):
        begun = time.monotonic()
        connection = http.client.HTTPConnection(*where, timeout=15)
        try:
            connection.request("GET", "/web/login")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        seen.append(time.monotonic() - begun)
    stop.set()
    for thread in threads:
        thread.join(30)
    return statistics.median(seen)


def main():
    told = script("from odoo.tools import config\nprint('workers:%d:' % config['workers'])\n")
    workers = int(re.search(r"workers:(\d+):", told).group(1))
    sibling()
    asked = {"with": ((address(f"{SLOT}-front"), 8080), SLOT), "without": ((address(PLAIN), 8069), PLAIN)}
    for where, _odoo in asked.values():
        until_it_answers(where)
    login = fetch(asked["with"][0], "/web/login")[2].decode()
    paths = {"static file": STATIC, "attachment": re.search(r'/web/assets/[^"]*\.css', login).group()}
    for path in paths.values():
        bodies = [fetch(where, path)[2] for where, _odoo in asked.values()]
        if bodies[0] != bodies[1] or not bodies[0]:
            raise SystemExit(f"{path} is not the same with and without")
    result = {"workers": workers}
    for kind, path in paths.items():
        seen = {name: [] for name in asked}
        for _round in range(ROUNDS):
            for name, (where, odoo) in asked.items():
                seen[name].append(load(where, path, odoo))
        rates = {name: statistics.median(rate for rate, _busy in values) for name, values in seen.items()}
        spent = {name: statistics.median(each for _rate, each in values) for name, values in seen.items()}
        result[kind] = {
            **{f"requests/s {name}": round(rate) for name, rate in rates.items()},
            **{f"Odoo busy, ms each, {name}": round(each, 3) for name, each in spent.items()},
            "ratio of requests/s": round(rates["with"] / rates["without"], 1),
        }
    path = big_attachment()
    result["login page in s while others fetch slowly"] = {
        name: round(others_wait(where, path, workers + 1), 2) for name, (where, _odoo) in asked.items()
    }
    print(json.dumps(result, indent=1))


try:
    main()
finally:
    API.remove_container(PLAIN, force=True)
    script(f"env['ir.attachment'].search([('name', '=', '{NAME}')]).unlink()\nenv.cr.commit()\n")
