# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users notice, and what an old secret still opens, while something is done to an estate that is in use."""

import contextlib
import dataclasses
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import warnings

import pytest
import yaml
from lab_estate import (
    FOLDER,
    LAB,
    PLAYBOOK,
    ROOT,
    app_machine,
    edge_machine,
    inside,
    run,
    running,
    subject_and_neighbour,
    variables,
)

SECRETS = FOLDER / "secrets.yml"


def own_secrets(environment: str) -> dict:
    return yaml.safe_load(SECRETS.read_text())["environments"][environment]


def login_page(environment: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an environment's login page, through its edge, as a browser gets it."""
    domain = variables(environment)["domains"][0]
    port = json.loads((FOLDER / "lab.json").read_text())["hosts"][edge_machine(environment)]["ports"]["443"]
    context = ssl.create_default_context(cafile=FOLDER / "pki/ca.crt")
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as raw,
        context.wrap_socket(raw, server_hostname=domain) as secured,
    ):
        connection = http.client.HTTPConnection(domain)
        connection.sock = secured
        connection.request("GET", "/web/login", headers={"Connection": "close", **headers})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


@dataclasses.dataclass
class Reader:
    """Asks for an environment's login page again and again."""

    environment: str
    answered: int = 0
    failed: list[str] = dataclasses.field(default_factory=list)

    def ask(self) -> None:
        try:
            status, _headers, body = login_page(self.environment)
            good, seen = status == 200 and b'name="login"' in body, str(status)
        except (OSError, http.client.HTTPException) as error:
            good, seen = False, repr(error)
        if good:
            self.answered += 1
        else:
            self.failed.append(f"{time.strftime('%H:%M:%S')} {seen}")

    @contextlib.contextmanager
    def reading(self):
        end = threading.Event()

        def again():
            while not end.wait(0.5):
                self.ask()

        thread = threading.Thread(target=again)
        thread.start()
        try:
            yield self
        finally:
            end.set()
            thread.join()


def killed_when(command: list[str], reached) -> None:
    """Run a command and kill it with all it started, as soon as `reached` says so."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        for _attempt in range(1200):
            if reached() or process.poll() is not None:
                break
            time.sleep(0.1)
        ended = process.poll()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        said, _nothing = process.communicate()
    assert ended is None, f"it was to be killed in the middle, and ended by itself:\n{said[-4000:]}"


def outcome(environment: str, secrets: dict, kind: str) -> str:
    """What a door of the platform says to somebody on the application's machine who knows these secrets."""
    [item] = [one for one in variables(app_machine(environment))["estate_odoo_environments"] if one["environment"] == environment]
    place = item[kind]
    if kind == "database":
        host = place["host"].split(",")[0]
        known = {"PGPASSWORD": secrets["database"], "PGUSER": secrets.get("database_user", place["user"])}
        known |= {"PGHOST": host, "PGPORT": str(place["port"]), "PGDATABASE": place["name"], "PGSSLMODE": "require"}
        command = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command=SELECT 'open'"]
    else:
        known = {"REDISCLI_AUTH": secrets["redis"]}
        command = [
            "redis-cli",
            "-h",
            place.get("host") or place["sentinels"][0],
            "-p",
            str(place["port"]),
            "--tls",
            "--insecure",
            "--user",
            place["user"],
            "PING",
        ]
    names = [argument for name in known for argument in ("--env", name)]
    done = subprocess.run(
        ["docker", "exec", *names, f"{LAB}-{app_machine(environment)}", *command],
        env=os.environ | known,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_request_is_found_by_its_id_at_the_edge_and_in_odoo():
    environment, _neighbour = subject_and_neighbour()
    status, headers, _body = login_page(environment)
    given = headers["x-request-id"]
    assert status == 200
    assert re.fullmatch(r"[0-9a-f]{32}", given)
    at_the_edge = inside(
        edge_machine(environment), "journalctl", "--identifier=traefik", "--output=cat", "--since=-5min", f"--grep={given}"
    )
    [line] = [json.loads(line) for line in at_the_edge.splitlines()]
    assert (line["RequestPath"], line["DownstreamStatus"]) == ("/web/login", 200)
    assert line["RouterName"].startswith(environment)
    host = app_machine(environment)
    slots = [name for name in running(host) if name in (f"{environment}-blue", f"{environment}-green")]
    logged = "".join(inside(host, "docker", "logs", "--since=5m", slot) for slot in slots)
    [line] = [line for line in logged.splitlines() if line.endswith(f" request={given}") and '"GET /web/login' in line]
    assert " 200 " in line


def test_a_rotation_that_is_killed_and_run_again_fails_no_page_and_ends_the_old_secrets():
    subject, neighbour = subject_and_neighbour()
    old, others = own_secrets(subject), own_secrets(neighbour)
    assert "open" in outcome(subject, old, "database")
    assert "PONG" in outcome(subject, old, "redis")
    rotate = [*PLAYBOOK, "playbooks/rotate.yml", "--limit", subject]
    rotate += ["--extra-vars", json.dumps({"rotate_secrets": ["database", "redis"], "odoo_container_drain_seconds": 5})]
    with Reader(subject).reading() as reader:
        # The new ones are in use in the backend, and the application has not been moved yet.
        killed_when(rotate, lambda: "previous" in own_secrets(subject))
        assert "open" in outcome(subject, old, "database"), "a rotation that was cut off ended the old secret"
        assert "open" in outcome(subject, own_secrets(subject), "database")
        run(*rotate)
    assert reader.failed == []
    assert reader.answered > 10
    new = own_secrets(subject)
    assert not {"next", "previous", "retired"} & set(new), "the rotation wasn't finished"
    assert new["database"] != old["database"]
    assert "open" in outcome(subject, new, "database")
    assert "PONG" in outcome(subject, new, "redis")
    assert "open" not in outcome(subject, old, "database")
    assert "authentication failed" in outcome(subject, old, "database")
    assert "WRONGPASS" in outcome(subject, old, "redis")
    assert own_secrets(neighbour) == others


def test_a_greedy_tenant_is_held_and_its_neighbour_goes_on():
    subject, neighbour = subject_and_neighbour()
    if app_machine(subject) != app_machine(neighbour):
        pytest.skip(f"{subject} and {neighbour} share no application machine")
    command = [*PLAYBOOK, "playbooks/verify_exhaustion.yml", "--limit", subject, "--extra-vars", f"exhaustion_attacker={subject}"]
    try:
        output = run(*command)
    except AssertionError as error:
        # Two cores run other phases beside this one. A neighbour who was slowed down by them isn't slowed down twice; a limit
        # that doesn't hold fails twice. The first failure is shown in any case.
        warnings.warn(f"not at the first attempt: {error}", stacklevel=1)
        output = run(*command)
    assert f"{subject} takes connections to the pooler" in output
    assert f"{neighbour} goes on" in output
