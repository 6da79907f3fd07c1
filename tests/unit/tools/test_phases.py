# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import time

import pytest

PHASES = pathlib.Path(__file__).parents[3] / "tools" / "phases"


def run(directory, *words):
    return subprocess.run([PHASES, *words], cwd=directory, capture_output=True, text=True, check=False, timeout=60)


def test_all_passed(tmp_path):
    done = run(tmp_path, "demo", "one=echo first", "two=echo second", "--show", "two")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "2 passed, 0 failed"
    assert "first" not in done.stdout.splitlines()
    assert "second" in done.stdout.splitlines()
    assert (tmp_path / ".cache/logs/demo/one.log").read_text() == "first\n"
    assert (tmp_path / ".cache/logs/demo/one.log").stat().st_mode & 0o077 == 0


def test_a_failure_shows_the_end_of_its_log_and_stops(tmp_path):
    done = run(tmp_path, "demo", "one=seq 1000; exit 3", "two=true", "--tail", "2")
    assert done.returncode == 1
    assert "  | 999\n  | 1000\n" in done.stdout
    assert "  | 998\n" not in done.stdout
    assert "/one.log" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 passed, 1 failed, 1 skipped"


def test_keep_going_runs_the_rest_and_still_fails(tmp_path):
    done = run(tmp_path, "demo", "--keep-going", "one=false", "two=true")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "1 passed, 1 failed"


def test_what_failed_says_why_again_at_the_end(tmp_path):
    (tmp_path / "site.out").write_text(
        "TASK [asked for] ****\n\x1b[0;31mfatal: [db1]: FAILED! => as the test wants\x1b[0m\n"
        "TASK [Wait] ****\nFAILED - RETRYING: [db1]: Wait (9 retries left).\n"
        "\x1b[2m│\x1b[0m fatal: [db1]: FAILED! => too late\nPLAY RECAP ****\n"
    )
    done = run(tmp_path, "demo", "--keep-going", "site=cat site.out; false", "two=true", "three=echo on its own; false")
    end = done.stdout[done.stdout.rindex("  total") :]
    assert (
        "  site:\n    TASK [asked for]\n    fatal: [db1]: FAILED! => as the test wants\n    TASK [Wait]\n    fatal: [db1]" in end
    )
    assert "RETRYING" not in end
    assert "  three:\n    on its own\n" in end
    assert "two" not in end
    assert end.splitlines()[-1] == "1 passed, 2 failed"


def test_only_selects(tmp_path):
    done = run(tmp_path, "demo", "one=false", "two=true", "three=true", "--only", "two three")
    assert done.stdout.splitlines()[-1] == "2 passed, 0 failed"


def test_lanes_run_beside_each_other_and_in_their_own_order(tmp_path):
    """Each lane waits for the other's first phase; one after the other they would wait for ever."""
    done = run(
        tmp_path,
        "demo",
        "before=touch before",
        "a/one=test -e before; touch one; until [ -e three ]; do sleep 0.05; done",
        "a/two=test -e one && touch two",
        "b/three=touch three; until [ -e one ]; do sleep 0.05; done",
        "after=test -e two -a -e three",
    )
    assert done.stdout.splitlines()[-1] == "5 passed, 0 failed", done.stdout
    assert done.returncode == 0


def test_a_lane_that_is_through_takes_phases_of_the_lane_any(tmp_path):
    """Phases of `any` wait for each other: one worker alone would wait for ever. The lane's own phases come first."""
    done = run(
        tmp_path,
        "demo",
        "a/own=sleep 0.3; touch own",
        "any/one=touch one; until [ -e two ]; do sleep 0.05; done",
        "any/two=test -e own && touch two; until [ -e one ]; do sleep 0.05; done",
        "after=test -e two",
    )
    assert done.stdout.splitlines()[-1] == "4 passed, 0 failed", done.stdout


def test_a_failure_stops_the_other_lane(tmp_path):
    done = run(
        tmp_path, "demo", "a/one=echo $$ >job; sleep 1000", "b/two=until [ -s job ]; do sleep 0.05; done; false", "last=true"
    )
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "0 passed, 2 failed, 1 skipped"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "job").read_text()), 0)


def test_keep_going_in_lanes(tmp_path):
    done = run(tmp_path, "demo", "--keep-going", "a/one=false", "a/two=true", "b/three=true", "last=true")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "3 passed, 1 failed"


def test_heartbeat_without_a_terminal(tmp_path):
    done = run(tmp_path, "demo", "one=echo busy; sleep 1.2", "--heartbeat", "0.5")
    assert "[1/1] one … 0s  busy" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["demo", "one"], "'one' is not NAME=COMMAND"),
        (["demo", "a/b/c=true"], "is not NAME=COMMAND"),
        (["demo", "a/one=true", "b/one=true"], "same name"),
        (["demo", "one="], "is not NAME=COMMAND"),
        (["demo", "one=true", "one=true"], "same name"),
        (["demo", "one=true", "--only", "tow"], "no phase is called 'tow'; there are: one"),
        (["demo", "one=true", "--show", "tow"], "no phase is called 'tow'"),
        (["../x", "one=true"], "RUN '../x'"),
    ],
)
def test_wrong_usage(tmp_path, words, told):
    done = run(tmp_path, *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / ".cache").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_phase_and_what_it_started(tmp_path, number):
    """The phase writes its end; a background job, which ignores SIGINT, is ended with it."""
    phase = "one=trap 'echo ended; exit 1' INT TERM; sleep 1000 & echo $! >job; echo ready; wait"
    with subprocess.Popen([PHASES, "demo", phase, "two=true"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        log = tmp_path / ".cache/logs/demo/one.log"
        while not log.exists() or "ready" not in log.read_text():
            time.sleep(0.05)
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert log.read_text().splitlines() == ["ready", "ended"]
    assert output.splitlines()[-1] == "0 passed, 1 failed, 1 skipped"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "job").read_text()), 0)


def test_old_runs_are_removed(tmp_path):
    logs = tmp_path / ".cache/logs"
    for day in range(10, 32):
        (logs / f"demo-202001{day}-000000-1").mkdir(parents=True)
    (logs / "demo2-20200101-000000-1").mkdir()
    run(tmp_path, "demo", "one=true")
    kept = sorted(path.name for path in logs.glob("demo-*"))
    assert len(kept) == 20
    assert kept[0] == "demo-20200113-000000-1"
    assert (logs / "demo2-20200101-000000-1").exists()


def test_what_failed_first_is_said_beside_what_came_of_it(tmp_path):
    lines = [f"TASK [step {number}] ****\nfatal: [db{number}]: FAILED!\n" for number in range(9)]
    (tmp_path / "site.out").write_text("".join(lines))
    done = run(tmp_path, "demo", "site=cat site.out; false")
    end = done.stdout[done.stdout.rindex("  total") :]
    assert [number for number in range(9) if f"[db{number}]" in end] == [0, 1, 2, 6, 7, 8]
