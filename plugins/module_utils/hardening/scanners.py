# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scanners as programs: the only place that calls them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .errors import HardeningError

_MARK = Path("/.dockerenv")
_HIDDEN = Path("/.dockerenv.hidden")
_PROFILE = "xccdf_org.ssgproject.content_profile_"
# 0: every rule passed; 2: at least one didn't. 1 is an error of the scanner itself.
_JUDGED = (0, 2)
_LOW_PRIORITY = 19
_REPORT = Path("/var/log/lynis-report.dat")


class Scanners:
    def __init__(self, directory: str, hide_container: bool) -> None:
        self.directory = Path(directory)
        self.hide = hide_container

    def __enter__(self) -> Scanners:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.hide and _MARK.exists():
            _MARK.rename(_HIDDEN)
        return self

    def __exit__(self, *_error: object) -> None:
        if _HIDDEN.exists():
            _HIDDEN.rename(_MARK)

    def openscap(self, datastream: str, profile: str) -> str:
        """The result in XCCDF; a report for people lies beside it."""
        if not Path(datastream).exists():
            raise HardeningError(f"{datastream} is missing: install the content first (the package ssg-debian)")
        results, report = (self.directory / f"{profile}.{kind}" for kind in ("xml", "html"))
        command = ["oscap", "xccdf", "eval", "--profile", _PROFILE + profile, "--results", str(results), "--report", str(report)]
        code, said = _run([*command, datastream])
        if code not in _JUDGED:
            raise HardeningError(f"oscap didn't judge {profile}: {said[-500:]}")
        return results.read_text(encoding="utf-8")

    def lynis(self) -> str:
        _REPORT.unlink(missing_ok=True)
        _code, said = _run(["lynis", "audit", "system", "--quick", "--quiet", "--no-colors"])
        if not _REPORT.exists():
            raise HardeningError(f"Lynis wrote no report: {said[-500:]}")
        text = _REPORT.read_text(encoding="utf-8", errors="replace")
        (self.directory / "lynis-report.dat").write_text(text, encoding="utf-8")
        return text

    def docker_bench(self, program: str) -> str:
        """What Docker Bench says of the engine and of what it runs: sections 2 and 5."""
        log = self.directory / "docker-bench.log"
        report = Path(f"{log}.json")
        report.unlink(missing_ok=True)
        script = Path(program) / "docker-bench-security.sh"
        if not script.exists():
            raise HardeningError(f"{script} is missing: unpack a release of Docker Bench there first")
        command = ["bash", script.name, "-b", "-l", str(log), "-c", "docker_daemon_configuration,container_runtime"]
        _code, said = _run(command, cwd=program)
        if not report.exists():
            raise HardeningError(f"Docker Bench wrote no report: {said[-500:]}")
        return report.read_text(encoding="utf-8")


def testssl(program: str, name: str, address: str | None, port: int, authority: str | None, report: Path) -> str:
    """What testssl.sh says of a server, from where this runs."""
    report.unlink(missing_ok=True)
    command = [program, "--quiet", "--color=0", "--warnings=off", "--jsonfile", str(report)]
    command += ["--ip", address] if address else []
    command += ["--add-ca", authority] if authority else []
    _code, said = _run([*command, f"{name}:{port}"])
    if not report.exists():
        raise HardeningError(f"testssl.sh wrote no report: {said[-500:]}")
    return report.read_text(encoding="utf-8")


def _run(argv: list[str], cwd: str | None = None) -> tuple[int, str]:
    try:
        result = subprocess.run(
            argv,
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: os.nice(_LOW_PRIORITY),
        )
    except FileNotFoundError as error:
        raise HardeningError(f"{argv[0]} is missing on this machine") from error
    return result.returncode, result.stdout + result.stderr
