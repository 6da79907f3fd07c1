# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people may do on the machines of an estate that serves, each by duty, and what is known of it elsewhere."""

import json
import shlex
import subprocess
import time
import uuid

import pytest
from lab_estate import FOLDER, hosts_of, inside, subject_and_neighbour, variables

LOGIN = FOLDER / "login"
OLGA, DAN, RITA, ANN, BEA = "olga", "dan", "rita", "ann", "bea"
PSQL = "/usr/local/bin/tierline-psql"
REFUSED = "is not allowed to execute"

pytestmark = pytest.mark.skipif(not (LOGIN / "password").exists(), reason="nobody can log in: run lab_login.yml and accounts.yml")


def as_person(who: str, host: str, *command: str, user: str = "root") -> tuple[int, str]:
    """The status of a command by sudo after a login over SSH, and what it said."""
    address = json.loads((FOLDER / "lab.json").read_text())["hosts"][host]["address"]
    options = ["BatchMode=yes", "ConnectTimeout=20", f"UserKnownHostsFile={LOGIN}/known_hosts", "StrictHostKeyChecking=yes"]
    by_sudo = ["sudo", "--stdin", "--prompt=", f"--user={user}", "--", *command]
    done = subprocess.run(
        ["ssh", "-i", str(LOGIN / "operator"), *(f"-o{option}" for option in options), f"{who}@{address}", shlex.join(by_sudo)],
        input=(LOGIN / "password").read_text(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert done.returncode != 255, f"{who} could not log in to {host}: {said}"
    return done.returncode, said


def database_of(environment: str) -> tuple[str, str]:
    """Any machine that has a copy of the environment's database, and the database's name."""
    host = next(host for host in variables(environment)["estate_machines"] if host in hosts_of("role_postgres"))
    return host, variables(environment)["estate_environment"]["database"]


def kept_records(host: str, pattern: str) -> str:
    """What the machine that keeps this one's journal has of it."""
    [keeper] = [other for other in hosts_of("role_backup") if host in variables(other).get("journal_senders", [])]
    files = f"--file=/var/log/journal/remote/{host}/*.journal*"
    return inside(keeper, "journalctl", files, "--output=cat", "--quiet", "--since=-10min", f"--grep={pattern}", check=False)


def test_what_a_dba_asks_is_answered_and_known_elsewhere_by_name():
    environment, _neighbour = subject_and_neighbour()
    host, database = database_of(environment)
    mark = uuid.uuid4().hex
    question = f"SELECT count(*) >= 0, '{mark}' FROM account_move"
    status, said = as_person(DAN, host, PSQL, database, "--tuples-only", "--no-align", "--command", question, user="tierline-dba")
    assert (status, said.strip()) == (0, f"t|{mark}")
    known = ""
    for _second in range(30):
        known = kept_records(host, mark)
        if "AUDIT" in known:
            break
        time.sleep(1)
    [statement] = [line for line in known.splitlines() if "AUDIT" in line]
    assert f"dba@{database} {DAN} " in statement
    assert any("COMMAND=" in line and f"{DAN} :" in line for line in known.splitlines())


@pytest.mark.parametrize("who", [OLGA, RITA, ANN])
def test_nobody_else_sees_a_ledger(who):
    environment, _neighbour = subject_and_neighbour()
    host, database = database_of(environment)
    for user in ("tierline-dba", "postgres", "root"):
        status, said = as_person(who, host, PSQL if user == "tierline-dba" else "/usr/bin/psql", database, user=user)
        assert status != 0
        assert REFUSED in said, f"{who} as {user}: {said}"


def test_an_auditor_sees_settings_and_no_rows():
    environment, _neighbour = subject_and_neighbour()
    host, database = database_of(environment)
    ask = ["/usr/bin/psql", "-U", "auditor", "--tuples-only", "--no-align"]
    # Who has no right to see settings isn't shown this one.
    status, said = as_person(ANN, host, *ask, "postgres", "-c", "SHOW data_directory", user="tierline-auditor")
    assert status == 0, said
    assert said.startswith("/")
    status, said = as_person(ANN, host, *ask, database, "-c", "SELECT count(*) FROM account_move", user="tierline-auditor")
    assert status != 0
    # By who they are they come into one database only, which has no ledger.
    assert "no password supplied" in said


@pytest.mark.parametrize(
    ("who", "command"),
    [
        (OLGA, "/usr/bin/systemctl restart ssh.service"),
        (RITA, "/usr/bin/docker exec -it x sh"),
        (RITA, "/usr/bin/docker stop x"),
        (ANN, "/usr/bin/systemctl restart docker.service"),
        (DAN, "/usr/bin/systemctl stop patroni.service"),
    ],
)
def test_what_a_duty_does_not_hold_is_refused(who, command):
    for host in sorted({*hosts_of("role_app"), *hosts_of("role_postgres")}):
        status, said = as_person(who, host, *command.split())
        assert status != 0
        assert REFUSED in said, f"{who} on {host}: {said}"


def test_who_releases_sees_containers():
    environment, _neighbour = subject_and_neighbour()
    host = variables(environment)["estate_environment"]["app_machine"]
    status, said = as_person(RITA, host, "/usr/bin/docker", "ps", "--all")
    assert status == 0, said
    assert environment in said


def test_what_is_done_behind_the_glass_is_on_record():
    host = hosts_of("role_backup")[0]
    mark = uuid.uuid4().hex
    status, said = as_person(BEA, host, "/bin/echo", mark)
    assert (status, said.strip()) == (0, mark)
    assert mark in inside(host, "sudoreplay", "--list", "user", BEA)
