# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host itself: the only place that reads and changes files, kernel settings, packages, services and accounts."""

from __future__ import annotations

import glob
import grp
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from . import text
from .errors import HardeningError
from .judge_files import FSTAB, with_mount
from .models import Account, File, Mount, Step, Unit

SSHD = "/usr/sbin/sshd"
_LARGEST = 1 << 20
_SHADOW_FIELDS = ("name", "password", "changed", "min_days", "max_days", "warn_days", "inactive")
_NO_QUESTIONS = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def run(*argv: str, check: bool = True) -> str:
    try:
        result = subprocess.run(
            argv, capture_output=True, text=True, check=False, env=_NO_QUESTIONS, stdin=subprocess.DEVNULL, start_new_session=True
        )
    except FileNotFoundError as error:
        raise HardeningError(f"{argv[0]} is missing on this machine") from error
    if check and result.returncode != 0:
        said = (result.stderr.strip() or result.stdout.strip())[-800:]
        raise HardeningError(f"{' '.join(argv[:4])} failed with {result.returncode}: {said}")
    return result.stdout


def write(path: str, content: str, mode: int = 0o644, owner: str = "root", group: str = "root") -> None:
    """In one step: whoever reads the file sees the old or the new one."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), mode)
            os.fchown(stream.fileno(), pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def effective(path: str | None = None) -> dict[str, str]:
    """What sshd makes of a configuration; refuses what it refuses. Words that stand on several lines are joined."""
    # Its directory for privilege separation is made when the service starts, which it may not have.
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    seen: dict[str, str] = {}
    for line in run(SSHD, "-T", *(("-f", path) if path else ())).splitlines():
        key, _gap, value = line.partition(" ")
        seen[key] = f"{seen[key]} {value}" if key in seen else value
    return seen


class SystemStore:
    def __init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        self._packages: dict[str, str] | None = None
        self._units: dict[str, Unit] = {}
        self._files: dict[str, File | None] = {}

    def file(self, path: str) -> File | None:
        if path not in self._files:
            self._files[path] = _read(path)
        return self._files[path]

    def glob(self, pattern: str) -> list[str]:
        return sorted(path for path in glob.glob(pattern, recursive=True, include_hidden=True) if not os.path.islink(path))

    def sysctl(self, key: str) -> tuple[str, bool] | None:
        path = _sysctl_path(key)
        try:
            value = " ".join(path.read_text().split())
        except OSError:
            return None
        return value, os.access(path, os.W_OK)

    def packages(self) -> Mapping[str, str]:
        if self._packages is None:
            lines = run("dpkg-query", "--show", "--showformat=${db:Status-Abbrev}\t${Package}\t${Version}\n").splitlines()
            words = (line.split("\t") for line in lines)
            self._packages = {name: version for status, name, version in words if status.strip() in ("ii", "hi")}
        return self._packages

    def unit(self, name: str) -> Unit:
        if name not in self._units:
            properties = "--property=LoadState,UnitFileState,ActiveState,ConditionResult,ConditionTimestampMonotonic"
            lines = run("systemctl", "show", properties, name, check=False).splitlines()
            words = dict(line.split("=", 1) for line in lines if "=" in line)
            load = words.get("LoadState") or "not-found"
            skipped = words.get("ConditionResult") == "no" and words.get("ConditionTimestampMonotonic", "0") != "0"
            self._units[name] = Unit(load, words.get("UnitFileState", ""), words.get("ActiveState", "inactive"), skipped)
        return self._units[name]

    def mounts(self) -> Mapping[str, Mount]:
        words = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
        return {fields[1]: Mount(fields[0], fields[2], tuple(fields[3].split(","))) for fields in words}

    def accounts(self) -> list[Account]:
        shadow = {}
        for line in Path("/etc/shadow").read_text().splitlines():
            words = dict(zip(_SHADOW_FIELDS, line.split(":"), strict=False))
            shadow[words["name"]] = words
        return [_account(entry, shadow.get(entry.pw_name, {})) for entry in pwd.getpwall()]

    def groups(self) -> list[str]:
        return [entry.gr_name for entry in grp.getgrall()]

    def sshd(self) -> Mapping[str, str] | None:
        return effective() if os.access(SSHD, os.X_OK) else None

    def apply(self, steps: list[Step]) -> None:
        _packages([step for step in steps if step.kind == "packages"])
        for step in steps:
            if step.kind != "packages":
                _APPLY[step.kind](step)
        _tell(dict.fromkeys(action for step in steps for action in step.then))


def _read(path: str) -> File | None:
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    content = None
    if stat.S_ISREG(status.st_mode) and status.st_size <= _LARGEST:
        try:
            content = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            content = None
    owner, group = _name(status.st_uid, pwd.getpwuid), _name(status.st_gid, grp.getgrgid)
    return File(content, owner, group, stat.S_IMODE(status.st_mode), stat.S_ISDIR(status.st_mode))


def _name(number: int, lookup) -> str:
    try:
        return lookup(number)[0]
    except KeyError:
        return str(number)


def _account(entry: pwd.struct_passwd, shadow: Mapping[str, str]) -> Account:
    ages = {name: shadow.get(name, "") for name in ("min_days", "max_days", "warn_days", "inactive")}
    return Account(entry.pw_name, entry.pw_uid, entry.pw_shell, shadow.get("password", "").startswith("$"), **ages)


def _sysctl_path(key: str) -> Path:
    return Path("/proc/sys") / key.replace(".", "/")


def _packages(steps: Iterable[Step]) -> None:
    wanted = [step.target + ("-" if step.after == "absent" else "") for step in steps]
    if not wanted:
        return
    install = ("apt-get", "--yes", "--no-install-recommends", "--option=Dpkg::Options::=--force-confold", "install", *wanted)
    try:
        run(*install)
    except HardeningError:
        # The lists may be too old to know where the packages lie.
        run("apt-get", "--quiet", "update")
        run(*install)


def _settings(step: Step) -> None:
    path, seen = step.payload["path"], _read(step.payload["path"])
    content = text.with_settings(seen.content or "" if seen else "", step.payload["values"], step.payload["separator"])
    if seen:
        write(path, content, seen.mode, seen.owner, seen.group)
    else:
        write(path, content)


def _file(step: Step) -> None:
    want = step.payload
    write(step.target, want["content"], int(want["mode"], 8), want["owner"], want["group"])


def _permissions(step: Step) -> None:
    shutil.chown(step.target, step.payload["owner"], step.payload["group"])
    os.chmod(step.target, int(step.payload["mode"], 8))


def _absent(step: Step) -> None:
    Path(step.target).unlink(missing_ok=True)


def _live(step: Step) -> None:
    _sysctl_path(step.target).write_text(step.after)


def _fstab(step: Step) -> None:
    seen = _read(FSTAB)
    have = seen.content or "" if seen else ""
    write(FSTAB, with_mount(have, step.target, step.payload["mount"], step.payload["options"]))


def _mount(step: Step) -> None:
    run("mount", "-o", f"remount,{step.after}", step.target)


def _pam(step: Step) -> None:
    write(step.payload["path"], step.payload["content"])
    run("pam-auth-update", "--package", "--enable", step.payload["name"])


def _service(step: Step) -> None:
    if step.after in ("enabled", "boot"):
        run("systemctl", "unmask", step.target)
        run("systemctl", "enable", step.target)
    if step.after == "enabled":
        # One that can't run here, as auditd in a container, is reported as failed; it must not keep the rest from being mended.
        run("systemctl", "start", step.target, check=False)
    elif step.after != "boot":
        run("systemctl", "disable" if step.after == "disabled" else "mask", "--now", step.target)


def _shell(step: Step) -> None:
    run("usermod", "--shell", step.after, step.target)


def _age(step: Step) -> None:
    options = {"min_days": "--mindays", "max_days": "--maxdays", "warn_days": "--warndays", "inactive": "--inactive"}
    run("chage", *(word for key, value in step.after.items() for word in (options[key], value)), step.target)


def _group(step: Step) -> None:
    run("groupadd", "--system", step.target)


def _command(step: Step) -> None:
    run(*step.payload["argv"])


def _tell(actions: Iterable[tuple[str, str]]) -> None:
    """Let units and programs notice what changed; each once."""
    for action, name in actions:
        if action == "run":
            run(*name.split())
        elif "LoadState=loaded" in run("systemctl", "show", "--property=LoadState", name):
            run("systemctl", "daemon-reload")
            run("systemctl", "try-restart" if action == "restart" else "try-reload-or-restart", name)


_APPLY = {
    "files": _file,
    "absent": _absent,
    "settings": _settings,
    "pam": _pam,
    "permissions": _permissions,
    "sysctl": _live,
    "fstab": _fstab,
    "mounts": _mount,
    "services": _service,
    "group": _group,
    "shell": _shell,
    "ages": _age,
    "commands": _command,
}
