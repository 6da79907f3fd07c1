#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment of the lab beside what a plain compose file gives, on the same machine in one run.

The plain pair is Odoo with its own defaults in one container and PostgreSQL with Debian's in another, without limits, without
TLS, and with nothing in front. First people, step by step, until the 95th percentile of what they wait for is above 500 ms or
something fails. Then the campaign, one after the other: people, visitors, an upload of a minute and websockets as
tests/bench/availability/users.py has them, while

  ours     is released with 16 MB more, goes back and forth between the two by rollback.yml, routes are replaced five times
           after each, Redis restarts, and the database's primary changes by postgres_switchover.yml
  plain    its Odoo restarts as often, for want of another way to release, and its database once

What was made for it is removed at the end; `site.yml` gives the 16 MB back. JSON to --json, a picture to --picture.

Usage: tests/bench/availability.py --lab LAB --locust LOCUST [--environment initech_prod] [--domain initech.localhost]
           [--cell dedicated] [--switches 20] [--only people,campaign] [--json FILE] [--picture FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).with_suffix("")))
import picture

ODOO, DATABASE = "tierline-bench-odoo", "tierline-bench-database"
LIMIT_MS, ROUTES_EACH = 500, 5
STEPS = (5, 10, 15, 20, 25, 30, 40, 50, 60, 80)
CLERKS = 8
DYNAMIC = "/etc/traefik/dynamic/tierline.yml"
_CLUSTER = (
    "pg_createcluster --locale C.UTF-8 17 main >/dev/null && cd /etc/postgresql/17/main && "
    "echo \"listen_addresses = '*'\" >>postgresql.conf && echo 'host all all samenet trust' >>pg_hba.conf && "
    "exec pg_ctlcluster 17 main start --foreground"
)
# As traefik_routes replaces it; a route that leads nowhere comes, or goes.
_CHANGE = """
import json, os, sys
path = sys.argv[1]
head, brace, body = open(path).read().partition("{\\n  ")
told = json.loads(brace + body)
routers = told["http"]["routers"]
if not routers.pop("bench", None):
    routers["bench"] = {"rule": "Host(`bench.invalid`)", "service": next(iter(told["http"]["services"]))}
with open(path + ".new", "w") as stream:
    os.fchmod(stream.fileno(), os.stat(path).st_mode & 0o777)
    os.fchown(stream.fileno(), os.stat(path).st_uid, os.stat(path).st_gid)
    stream.write(head + json.dumps(told, indent=2))
os.replace(path + ".new", path)
"""


def say(*words: object) -> None:
    print(time.strftime("%H:%M:%S"), *words, file=sys.stderr, flush=True)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout


def inside(container: str, *command: str) -> str:
    return run("docker", "exec", container, *command)


def address(container: str) -> str:
    return run("docker", "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", container).split()[0]


def until(seconds: int, *command: str) -> None:
    for _try in range(seconds):
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(1)
    raise SystemExit(f"{' '.join(command)} went on to fail for {seconds} s")


class Plain:
    """As the images come, but for the names of each other."""

    database, password = "plain", "admin"

    def __init__(self, network: str):
        self.network = network
        self.url = ""

    def start(self, odoo: str, database: str) -> None:
        self.remove()
        base = ["docker", "run", "-d", "--network", self.network]
        run(*base, "--name", DATABASE, "--entrypoint", "bash", database, "-c", _CLUSTER)
        until(60, "docker", "exec", "-u", "postgres", DATABASE, "psql", "-c", "CREATE ROLE odoo LOGIN SUPERUSER")
        command = ["--db_host", DATABASE, "--db_user", "odoo", "-d", self.database]
        once = ["docker", "run", "--rm", "--network", self.network, odoo, *command]
        run(*once, "-i", "account", "--without-demo=True", "--stop-after-init")
        run(*base, "--name", ODOO, odoo, *command)
        self.url = f"http://{address(ODOO)}:8069"

    def remove(self) -> None:
        for name in (ODOO, DATABASE):
            subprocess.run(["docker", "rm", "-fv", name], capture_output=True, check=False)


class People:
    def __init__(self, locust: str, url: str, told: dict):
        self.locust, self.url, self.told = locust, url, told

    def command(self, *more: str) -> list[str]:
        users = str(Path(__file__).parent / "availability" / "users.py")
        return [self.locust, "-f", users, "--headless", "--host", self.url, "--json", "--loglevel", "WARNING", *more]

    def environment(self, seconds_file: str = "") -> dict[str, str]:
        return {**os.environ, "TIERLINE_BENCH": json.dumps({**self.told, "seconds_file": seconds_file})}

    def step(self, people: int, seconds: int) -> dict:
        """One person comes each second, as an edge lets one address log in; the time before all are there doesn't count."""
        command = self.command("--reset-stats", "-u", str(people), "-r", "1", "-t", f"{people + seconds}s", "Clerk")
        done = subprocess.run(command, env=self.environment(), text=True, capture_output=True, check=False)
        rows = [row for row in json.loads(done.stdout[done.stdout.index("[") :]) if row["name"] != "log in"]
        times = sorted((float(took), count) for row in rows for took, count in row["response_times"].items())
        total = sum(count for _took, count in times)
        return {
            "people": people,
            "requests": total,
            "failed": sum(row["num_failures"] for row in rows),
            "p95_ms": _percentile(times, total * 0.95),
        }


def _percentile(times: list[tuple[float, int]], wanted: float) -> float | None:
    for took, count in times:
        wanted -= count
        if wanted <= 0:
            return took
    return None


def most(people: People, seconds: int) -> dict:
    """Each step is a run of its own, so that what one leaves waiting is not the next one's."""
    rows: list[dict] = []
    for number in STEPS:
        rows.append(people.step(number, seconds))
        say(people.url, rows[-1])
        if not rows[-1]["p95_ms"] or rows[-1]["p95_ms"] > LIMIT_MS or rows[-1]["failed"]:
            break
    fine = [row["people"] for row in rows if row["p95_ms"] and row["p95_ms"] <= LIMIT_MS and not row["failed"]]
    return {"people": max(fine, default=0), "steps": rows}


def campaign(people: People, events: list[tuple[str, Callable[[], None]]], least_seconds: int) -> dict:
    """Begins when all are there, and lasts for all events, which are spread over `least_seconds` where they are quicker."""
    with tempfile.NamedTemporaryFile(suffix=".json") as told:
        command = people.command("-u", str(CLERKS + 16), "-r", "1", "-t", "2h", "Clerk", "Visitor", "Uploader", "Listener")
        with tempfile.TemporaryFile("w+") as out:
            working = subprocess.Popen(command, env=people.environment(told.name), stdout=out, stderr=subprocess.STDOUT)
            try:
                time.sleep(CLERKS + 16 + 15)
                begun, marks = time.time(), []
                for number, (name, work) in enumerate(events):
                    marks.append([round(time.time() - begun), name])
                    say(people.url, name, number + 1, "of", len(events))
                    work()
                    time.sleep(max(3.0, begun + least_seconds * (number + 1) / len(events) - time.time()))
                time.sleep(15)
                ended = time.time()
            finally:
                working.terminate()
                working.wait(120)
        seen = json.loads(Path(told.name).read_text(encoding="utf-8"))
    seconds = sorted([int(second) - int(begun), *rest] for second, rest in seen.items() if begun <= int(second) < ended)
    return {
        "requests": sum(row[1] for row in seconds),
        "failed": sum(row[2] for row in seconds),
        "seconds with failures": sum(row[2] > 0 for row in seconds),
        "slowest_ms": round(max(row[3] for row in seconds)),
        "first faults": [[row[0], said, count] for row in seconds for said, count in row[4].items()][:30],
        "events": marks,
        "seconds": [[row[0], row[1] - row[2], row[2]] for row in seconds],
    }


def ours(options: argparse.Namespace, inventory: Path, edge: str) -> list[tuple[str, Callable[[], None]]]:
    play = ["tools/run.sh", "ansible-playbook", "-i", str(inventory), "-i", "inventories/lab"]
    quick = {**os.environ, "LAB": options.lab, "ANSIBLE_STRATEGY": "mitogen_anywhere", "ANSIBLE_TIMEOUT": "90"}
    quick["ANSIBLE_STRATEGY_PLUGINS"] = str(Path("tools/strategy").resolve())

    def playbook(name: str, *more: str) -> None:
        done = subprocess.run([*play, f"playbooks/{name}.yml", *more], env=quick, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stdout[-4000:])

    def release() -> None:
        playbook("release", "--limit", options.environment)
        routes()

    def back() -> None:
        playbook("rollback", "--limit", options.environment, "-e", "rollback_again=true")
        routes()

    def routes() -> None:
        for _change in range(ROUTES_EACH):
            inside(edge, "python3", "-c", _CHANGE, DYNAMIC)
            time.sleep(0.5)

    def redis() -> None:
        inside(f"{options.lab}-{options.cell}-db1", "systemctl", "restart", "redis-server.service")

    def database() -> None:
        playbook("postgres_switchover", "--limit", f"cell_{options.cell}")

    half = options.switches // 2
    switches = [("switch", release), *[("switch", back)] * (options.switches - 1)]
    return [*switches[:half], ("Redis", redis), ("database", database), *switches[half:]]


def more_memory(folder: str, options: argparse.Namespace) -> Path:
    """The same estate, but for 16 MB of one environment."""
    inventory = Path(shutil.copytree(f"inventories/{options.topology}", f"{folder}/{options.topology}"))
    file = inventory / "host_vars" / f"{options.environment}.yml"
    words = yaml.safe_load(file.read_text(encoding="utf-8"))
    words["overrides"]["sizing.memory_mb"] += 16
    file.write_text(yaml.safe_dump(words), encoding="utf-8")
    return inventory


def plains(options: argparse.Namespace) -> list[tuple[str, Callable[[], None]]]:
    half = options.switches // 2
    restarts = [("restart", lambda: run("docker", "restart", ODOO) and None)] * options.switches
    return [*restarts[:half], ("database", lambda: run("docker", "restart", DATABASE) and None), *restarts[half:]]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--lab", required=True)
    parser.add_argument("--locust", required=True)
    parser.add_argument("--environment", default="initech_prod")
    parser.add_argument("--domain", default="initech.localhost")
    parser.add_argument("--cell", default="dedicated")
    parser.add_argument("--topology", default="hybrid")
    parser.add_argument("--switches", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=40, help="of each step with people")
    parser.add_argument("--least-seconds", type=int, default=1500, help="of our campaign; a quarter for the plain one")
    parser.add_argument("--only", default="people,campaign")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    return parser.parse_args()


def picture_of(result: dict) -> str:
    campaigns = result["campaign"]
    caption = "{name} ({done}): {requests:,} requests, {failed:,} failed"
    bands = []
    for key, name in (("ours", "tierline.erp"), ("plain", "plain pair")):
        kinds = Counter(kind for _second, kind in campaigns[key]["events"])
        done = ", ".join(f"{count} x {kind}" for kind, count in kinds.items())
        bands.append((caption.format(name=name, done=done, **campaigns[key]), campaigns[key]))
    note = f"{date.today()}, answered (blue) and failed (red) requests of each second; {result['machine']}, everything on it"
    return picture.draw("Releases at noon, beside a plain compose file", note, bands)


def main() -> None:
    # However it ends, nobody goes on asking.
    signal.signal(signal.SIGTERM, lambda *_which: sys.exit(1))
    options = parsed()
    only = options.only.split(",")
    edge = f"{options.lab}-{options.cell}-app1"
    folder = Path(".cache/lab") / options.lab
    secrets = yaml.safe_load((folder / "secrets.yml").read_text(encoding="utf-8"))
    password = secrets["environments"][options.environment]["admin"]
    ca = str((folder / "pki" / "ca.crt").resolve())
    network = run("docker", "inspect", "-f", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}", edge).split()[0]
    plain = Plain(network)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    result: dict = {"load before": round(os.getloadavg()[0], 1), "machine": f"{os.cpu_count()} cores and {memory} GB"}
    with contextlib.ExitStack() as stack:
        stack.callback(plain.remove)
        say("the plain pair")
        plain.start("tierline-lab/odoo:19.0", "tierline-lab/golden:trixie")
        until(120, "docker", "exec", edge, "curl", "-sf", "-o", "/dev/null", f"{plain.url}/web/login")
        told = {
            "ours": {
                "address": address(edge),
                "database": options.environment,
                "password": password,
                "ca": ca,
            },
            "plain": {"address": "", "database": plain.database, "password": plain.password, "ca": None},
        }
        urls = {"ours": f"https://{options.domain}", "plain": plain.url}
        people = {name: People(options.locust, url, told[name]) for name, url in urls.items()}
        if "people" in only:
            result["people"] = {name: most(people[name], options.seconds) for name in urls}
        if "campaign" in only:
            result["campaign"] = {
                "ours": campaign(
                    people["ours"],
                    ours(options, more_memory(stack.enter_context(tempfile.TemporaryDirectory()), options), edge),
                    options.least_seconds,
                ),
                "plain": campaign(people["plain"], plains(options), options.least_seconds // 4),
            }
    if options.json:
        options.json.write_text(json.dumps(result), encoding="utf-8")
    if options.picture and "campaign" in result:
        options.picture.write_text(picture_of(result), encoding="utf-8")
    for seen in result.get("campaign", {}).values():
        del seen["seconds"], seen["events"]
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
