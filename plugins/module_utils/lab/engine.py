# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The machine's container engine: found, started, stopped.

With systemd it is a service; without an init system it is a process of ours.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import time

from .errors import LabError
from .store import connect

STARTED_MARK = "dockerd.started"


# Where dockerd notes itself and the containerd that it starts, with the name that the process then has.
PID_FILES = {"/var/run/docker.pid": "dockerd", "/var/run/docker/containerd/containerd.pid": "containerd"}


def answers() -> bool:
    """Whether an engine answers on the local socket."""
    try:
        connect().close()
    except LabError:
        return False
    return True


def has_init() -> bool:
    """Whether systemd runs as PID 1 on this machine."""
    return os.path.isdir("/run/systemd/system")


def start(folder: pathlib.Path, seconds: int) -> None:
    """Starts the engine and waits for it. `folder` keeps its log and the mark that we started it."""
    if shutil.which("dockerd") is None:
        raise LabError("dockerd is not installed: apt-get install docker.io, or start an engine of your own and run this again")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if has_init():
        done = subprocess.run(["systemctl", "start", "docker.service"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"systemctl start docker.service failed: {done.stderr.strip()}; see journalctl -u docker.service")
    else:
        _spawn(folder)
    deadline = time.monotonic() + seconds
    while not answers():
        if time.monotonic() > deadline:
            raise LabError(f"the container engine did not answer within {seconds} s: {_last_words(folder)}")
        time.sleep(0.3)


def _spawn(folder: pathlib.Path) -> None:
    for path, name in PID_FILES.items():
        forget_dead(pathlib.Path(path), name)
    with (folder / "dockerd.log").open("ab") as log:
        process = subprocess.Popen(["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/")
    (folder / STARTED_MARK).write_text(f"{process.pid}\n")


def _last_words(folder: pathlib.Path) -> str:
    log = folder / "dockerd.log"
    return log.read_text(errors="replace")[-1500:] if log.exists() else "see journalctl -u docker.service"


def started_pid(folder: pathlib.Path) -> int | None:
    """The process id of the engine that we spawned, if it still runs."""
    return _process(folder / STARTED_MARK, "dockerd")


def _process(pid_file: pathlib.Path, name: str) -> int | None:
    """The process that the file names, if it runs and is called `name`."""
    try:
        pid = int(pid_file.read_text())
        seen = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        return None
    return pid if seen == name else None


def forget_dead(pid_file: pathlib.Path, name: str) -> None:
    """Removes the note of a process that was killed: its number may be another's by now, and dockerd would refuse to start."""
    if _process(pid_file, name) is None:
        pid_file.unlink(missing_ok=True)


def in_use() -> bool:
    """Whether any container is left, ours or not."""
    client = connect()
    try:
        return bool(client.containers.list(all=True, ignore_removed=True))
    finally:
        client.close()


def stop(folder: pathlib.Path, pid: int, seconds: int) -> None:
    """Stops the engine that we spawned and waits until it is gone."""
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while started_pid(folder) is not None:
        if time.monotonic() > deadline:
            raise LabError(f"dockerd (process {pid}) did not stop within {seconds} s")
        time.sleep(0.2)
    (folder / STARTED_MARK).unlink(missing_ok=True)
