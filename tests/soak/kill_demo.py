#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill `make demo` at random moments, and see that the next run finishes what the killed one began.

    tests/soak/kill_demo.py --rounds 3 --kills 4 --seed 7

A round begins without a lab. The command is started and killed (SIGKILL, with all that it started, as a machine that loses
power would) `kills` times in a row, each time at a moment that the seed decides. Then it must run to its end, verification
must be well, and a further run must change nothing. The lab is this campaign's own, and so is the checkout, a clone of HEAD:
a killed set-up would otherwise spoil the packages that you work with. The container engine is the machine's and is left
alone.

Bounded: at most rounds x (kills + 5) runs, each ended after --patience minutes. Needs an hour or more of a machine that has
nothing else to do. Results are kept in .cache/kill-demo/result.json as they come; the last line says how many kills were
survived.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

ROOT = pathlib.Path(__file__).parents[2]
PR_SET_CHILD_SUBREAPER = 36
# The engine outlives what started it, and what runs in containers belongs to the hosts, which a killed run leaves running.
ENGINE = re.compile(r"dockerd|containerd.*|docker-proxy")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
UNCHANGED = "Nothing was changed"


class Failed(Exception):
    """A promise that was not kept; the message says which."""


@dataclass
class Kill:
    seconds: float
    hit: str  # what the run was doing, as far as its logs tell
    processes: int


@dataclass
class Round:
    number: int
    kills: list[Kill] = field(default_factory=list)
    finished_seconds: float = 0.0
    verdict: str = ""


def adopt_orphans() -> None:
    """Processes whose parents were killed become children of this one, so that none is lost sight of."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def processes() -> dict[int, tuple[int, str, str]]:
    """pid -> (parent, name, state) of everything that runs."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            head, _bracket, rest = path.read_text(errors="replace").rpartition(")")
            pid, _bracket, name = head.partition(" (")
            state, parent = rest.split()[:2]
            found[int(pid)] = (int(parent), name, state)
    return found


def descendants(of: int) -> list[int]:
    """Everything below a process that lives, except a container engine and what is below that."""
    known = processes()
    children: dict[int, list[int]] = {}
    for pid, (parent, name, state) in known.items():
        if not ENGINE.fullmatch(name) and state not in "ZX":
            children.setdefault(parent, []).append(pid)
    found, queue = [], [of]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def kill_all() -> int:
    """Kill until nothing is left: what is killed may have begun something else in between."""
    killed: set[int] = set()
    deadline = time.monotonic() + 30
    while living := descendants(os.getpid()):
        if time.monotonic() > deadline:
            raise Failed(f"processes {living} cannot be killed")
        for pid in living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        time.sleep(0.05)
        reap()
    return len(killed)


class Campaign:
    def __init__(self, options: argparse.Namespace, checkout: pathlib.Path) -> None:
        self.options, self.checkout = options, checkout
        self.random = random.Random(options.seed)
        self.rounds: list[Round] = []
        self.log = options.results / "output.log"

    def run(self) -> None:
        for number in range(1, self.options.rounds + 1):
            self.rounds.append(Round(number))
            try:
                self._round(self.rounds[-1])
                self.rounds[-1].verdict = "survived"
            except Failed as failure:
                self.rounds[-1].verdict = str(failure)
                raise
            finally:
                self._keep()

    def _round(self, now: Round) -> None:
        self._complete(self.options.clean, "removing the lab")
        for _ in range(self.options.kills):
            kill = self._start_and_kill(self.random.uniform(self.options.least, self.options.most))
            if kill is None:
                print(f"round {now.number}: the run ended before its time", flush=True)
                continue
            now.kills.append(kill)
            print(f"round {now.number}: killed {kill.processes} processes after {kill.seconds:.1f} s: {kill.hit}", flush=True)
            self._keep()
        now.finished_seconds, _output = self._complete(self.options.command, "the run after the kills")
        print(f"round {now.number}: finished in {now.finished_seconds:.0f} s", flush=True)
        self._complete(self.options.verify, "verification")
        _seconds, output = self._complete(self.options.command, "a further run")
        if UNCHANGED not in output:
            raise Failed(f"a further run changed something; its output is the end of {self.log}")
        self._complete(self.options.clean, "removing the lab")

    def _start_and_kill(self, seconds: float) -> Kill | None:
        """None if the run ended by itself, and well, before its moment came."""
        started = time.monotonic()
        with self._started(self.options.command) as process:
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                hit = self._doing()
                return Kill(round(time.monotonic() - started, 1), hit, kill_all())
        if code:
            raise Failed(f"a run that nobody killed failed with {code}: {self._tail()}")
        return None

    def _complete(self, command: str, what: str) -> tuple[float, str]:
        started, begin = time.monotonic(), self.log.stat().st_size if self.log.exists() else 0
        with self._started(command) as process:
            try:
                code = process.wait(self.options.patience * 60)
            except subprocess.TimeoutExpired:
                kill_all()
                raise Failed(f"{what} took more than {self.options.patience} minutes: {self._tail()}") from None
        if code:
            raise Failed(f"{what} failed with {code}: {self._tail()}")
        with self.log.open("rb") as stream:
            stream.seek(begin)
            return round(time.monotonic() - started, 1), stream.read().decode(errors="replace")

    @contextlib.contextmanager
    def _started(self, command: str) -> Iterator[subprocess.Popen[bytes]]:
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                ["bash", "-c", command],
                cwd=self.checkout,
                env=os.environ | {"LAB": self.options.lab, "TOPOLOGY": self.options.topology},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield process
        except BaseException:
            kill_all()
            raise

    def _doing(self) -> str:
        """The phase and the task that the logs speak of last."""
        logs = sorted((self.checkout / ".cache/logs/demo").glob("*.log"), key=lambda path: path.stat().st_mtime)
        if not logs:
            return "before the first phase"
        lines = [ESCAPES.sub("", line).strip() for line in logs[-1].read_text(errors="replace").splitlines()]
        task = next((line for line in reversed(lines) if line.startswith(("TASK", "RUNNING HANDLER", "PLAY"))), "")
        return f"{logs[-1].stem}: {task.strip('* ') or (lines[-1][:120] if lines else '(nothing said yet)')}"

    def _tail(self) -> str:
        return f"see the end of {self.log}"

    def _keep(self) -> None:
        told = {"seed": self.options.seed, "command": self.options.command, "rounds": [asdict(each) for each in self.rounds]}
        (self.options.results / "result.json").write_text(json.dumps(told, indent=2) + "\n")


def clone(into: pathlib.Path) -> pathlib.Path:
    """A checkout of HEAD. One of an earlier campaign is brought up to date, and keeps its packages and downloads."""
    if (into / ".git").exists():
        subprocess.run(["git", "-C", into, "fetch", "--quiet", ROOT, "HEAD"], check=True)
        subprocess.run(["git", "-C", into, "reset", "--quiet", "--hard", "FETCH_HEAD"], check=True)
    else:
        subprocess.run(["git", "clone", "--quiet", ROOT, into], check=True)
    return into


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often to begin without a lab (default 3)")
    parser.add_argument("--kills", type=int, default=4, help="kills in a row before the run may finish (default 4)")
    parser.add_argument("--seed", type=int, default=1, help="decides the moments (default 1)")
    parser.add_argument("--least", type=float, default=2.0, help="earliest moment of a kill in seconds (default 2)")
    parser.add_argument("--most", type=float, default=420.0, help="latest moment of a kill in seconds (default 420)")
    parser.add_argument("--patience", type=float, default=60.0, help="minutes that any one run may take (default 60)")
    parser.add_argument("--lab", default="kill-demo", help="name of the lab (default kill-demo)")
    parser.add_argument("--topology", default="hybrid", help="which estate (default hybrid)")
    parser.add_argument("--checkout", type=pathlib.Path, help="run there instead of in a clone of HEAD")
    parser.add_argument("--command", default="make demo", help="what is killed (default make demo)")
    parser.add_argument("--verify", default="make verify", help="what must succeed in the end (default make verify)")
    parser.add_argument("--clean", default="make setup && make clean", help="what removes the lab (default make clean)")
    parser.add_argument(
        "--results", type=pathlib.Path, default=ROOT / ".cache/kill-demo", help="where results and the clone are kept"
    )
    options = parser.parse_args(argv)
    if options.rounds < 1 or options.kills < 1 or not 0 <= options.least <= options.most:
        parser.error("one round and one kill at least, and --least may not be above --most")
    return options


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "output.log").unlink(missing_ok=True)
    campaign = Campaign(options, options.checkout or clone(options.results / "checkout"))
    adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what it started ends with it
    problem = ""
    try:
        campaign.run()
    except Failed as failure:
        problem = str(failure)
        print(problem, flush=True)
    done = [each for each in campaign.rounds if each.verdict == "survived"]
    survived, wanted = sum(len(each.kills) for each in done), sum(len(each.kills) for each in campaign.rounds)
    print(f"{survived} of {wanted} kills survived in {len(done)} of {options.rounds} rounds, seed {options.seed}")
    return int(bool(problem) or not survived)


if __name__ == "__main__":
    sys.exit(main())
