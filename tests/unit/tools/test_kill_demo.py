# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

"""The kill campaign, tried on a cheap stand-in for `make demo`."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

CAMPAIGN = pathlib.Path(__file__).parents[2] / "soak" / "kill_demo.py"
# Ten steps, each begun and then finished, and a helper in a session of its own, whose number is noted: as ansible's workers are.
STAND_IN = """
import pathlib, subprocess, sys, time
begun, done, helpers = pathlib.Path("begun"), pathlib.Path("done"), pathlib.Path("helpers")
changed = 0
for step in range(10):
    if (done / str(step)).exists():
        continue
    if HEALS or not (begun / str(step)).exists():
        changed += 1
        begun.mkdir(exist_ok=True), done.mkdir(exist_ok=True)
        (begun / str(step)).touch()
        helper = subprocess.Popen(["sleep", "60"], start_new_session=True)
        with helpers.open("a") as stream:
            stream.write(f"{helper.pid}\\n")
        time.sleep(0.1)
        helper.kill()
        (done / str(step)).touch()
    else:
        sys.exit(f"step {step} was begun and not finished")
if ALWAYS or changed:
    print(f"{changed} changes")
else:
    print("Nothing was changed: all is as declared.")
"""


def stand_in(folder: pathlib.Path, heals: bool = True, always: bool = False) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "demo.py").write_text(STAND_IN.replace("HEALS", str(heals)).replace("ALWAYS", str(always)))
    return f"{sys.executable} demo.py"


def campaign(
    tmp_path: pathlib.Path, command: str, *more: str, verify: str = "test -e done/9"
) -> subprocess.CompletedProcess[str]:
    words = [
        CAMPAIGN,
        "--checkout",
        tmp_path / "work",
        "--results",
        tmp_path / "results",
        "--command",
        command,
        "--verify",
        verify,
    ]
    words += ["--clean", "rm -rf begun done", "--least", "0.2", "--most", "0.7", "--patience", "1", *more]
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, timeout=120)


def result(tmp_path: pathlib.Path) -> dict:
    return json.loads((tmp_path / "results" / "result.json").read_text())


def alive(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_command_that_heals_survives_and_nothing_is_left_behind(tmp_path):
    command = stand_in(tmp_path / "work")
    done = campaign(tmp_path, command, "--rounds", "2", "--kills", "2", "--seed", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "4 of 4 kills survived in 2 of 2 rounds, seed 3"
    rounds = result(tmp_path)["rounds"]
    assert [each["verdict"] for each in rounds] == ["survived", "survived"]
    kills = [kill for each in rounds for kill in each["kills"]]
    assert all(kill["processes"] >= 2 and 0.2 <= kill["seconds"] < 5 for kill in kills)
    helpers = [int(line) for line in (tmp_path / "work" / "helpers").read_text().split()]
    assert len(helpers) > 10
    assert [pid for pid in helpers if alive(pid)] == []


def test_a_command_that_does_not_heal_is_found_out(tmp_path):
    done = campaign(tmp_path, stand_in(tmp_path / "work", heals=False), "--rounds", "1", "--kills", "1")
    assert done.returncode == 1
    assert "the run after the kills failed with 1" in done.stdout
    assert "was begun and not finished" in (tmp_path / "results" / "output.log").read_text()
    assert "0 of 1 kills survived in 0 of 1 rounds" in done.stdout


def test_a_run_that_changes_something_each_time_is_found_out(tmp_path):
    done = campaign(tmp_path, stand_in(tmp_path / "work", always=True), "--rounds", "1", "--kills", "1")
    assert (done.returncode, "a further run changed something" in done.stdout) == (1, True)


def test_verification_counts(tmp_path):
    done = campaign(tmp_path, stand_in(tmp_path / "work"), "--rounds", "1", "--kills", "1", verify="false")
    assert (done.returncode, "verification failed with 1" in done.stdout) == (1, True)


def test_the_seed_decides_the_moments(tmp_path):
    moments = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        stand_in(tmp_path / name / "work")
        campaign(tmp_path / name, "sleep 30", "--rounds", "1", "--kills", "2", "--seed", "5", "--patience", "0.01")
        moments.append([round(kill["seconds"], 1) for kill in result(tmp_path / name)["rounds"][0]["kills"]])
    assert len(moments[0]) == 2
    assert moments[0] == pytest.approx(moments[1], abs=0.3)


def test_a_run_that_nobody_killed_and_that_fails_is_no_kill_survived(tmp_path):
    stand_in(tmp_path / "work")
    done = campaign(tmp_path, "exit 4", "--rounds", "1", "--kills", "1")
    assert (done.returncode, "a run that nobody killed failed with 4" in done.stdout) == (1, True)


def test_the_engine_and_what_runs_in_it_are_left_alone(tmp_path):
    (tmp_path / "work").mkdir()
    shutil.copy(shutil.which("bash") or "", tmp_path / "work" / "dockerd")
    engine = "setsid ./dockerd -c 'echo $$ > engine; sleep 61 & echo $! > inside; wait' & sleep 30"
    try:
        campaign(tmp_path, engine, "--rounds", "1", "--kills", "1", "--patience", "0.01")
        pids = [int((tmp_path / "work" / name).read_text()) for name in ("engine", "inside")]
        assert [alive(pid) for pid in pids] == [True, True]
    finally:
        for name in ("engine", "inside"):
            os.kill(int((tmp_path / "work" / name).read_text()), signal.SIGKILL)


def test_what_it_started_ends_with_it(tmp_path):
    stand_in(tmp_path / "work")
    words = [
        "--checkout",
        tmp_path / "work",
        "--results",
        tmp_path / "results",
        "--command",
        "setsid sleep 62 & echo $! > sleeper; wait",
    ]
    words += ["--clean", "true", "--least", "50", "--most", "60"]
    process = subprocess.Popen([sys.executable, CAMPAIGN, *words], stderr=subprocess.DEVNULL)
    note = tmp_path / "work" / "sleeper"
    deadline = time.monotonic() + 20
    while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    assert process.wait(20) != 0
    assert not alive(int(note.read_text()))


def test_wrong_usage(tmp_path):
    done = campaign(tmp_path, "true", "--rounds", "0")
    assert (done.returncode, "one round and one kill at least" in done.stderr) == (2, True)
