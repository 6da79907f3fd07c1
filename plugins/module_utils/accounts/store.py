# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine's own accounts: the only place that reads and changes them."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from .errors import AccountsError
from .plan import Account, Step

_KEYS = ".ssh/authorized_keys"
_EXPIRES = 7
# Any day that is past would do; this one says who did it.
_LONG_AGO, _LONG_AGO_DAYS = "1970-01-02", "1"
_PATH = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


class AccountStore:
    def groups(self) -> list[str]:
        return [entry.gr_name for entry in grp.getgrall()]

    def accounts(self, names: Iterable[str], groups: Iterable[str]) -> dict[str, Account]:
        """Those who were named, and whoever is in one of the groups."""
        governed = {entry.gr_name: set(entry.gr_mem) for entry in grp.getgrall() if entry.gr_name in set(groups)}
        wanted = set(names).union(*governed.values())
        shadow = self._shadow()
        found = {}
        for entry in pwd.getpwall():
            if entry.pw_name not in wanted:
                continue
            fields = shadow.get(entry.pw_name, [""] * (_EXPIRES + 1))
            found[entry.pw_name] = Account(
                name=entry.pw_name,
                uid=entry.pw_uid,
                groups=frozenset(group for group, members in governed.items() if entry.pw_name in members),
                keys=self._keys(entry),
                password_hash=fields[1],
                expired=fields[_EXPIRES] == _LONG_AGO_DAYS,
            )
        return found

    @staticmethod
    def _shadow() -> dict[str, list[str]]:
        lines = Path("/etc/shadow").read_text(encoding="utf-8").splitlines()
        return {fields[0]: fields for fields in (line.split(":") for line in lines) if len(fields) > _EXPIRES}

    @staticmethod
    def _keys(entry: pwd.struct_passwd) -> tuple[str, ...]:
        path = Path(entry.pw_dir) / _KEYS
        # As its owner would: a link there leads to nothing that the owner couldn't read.
        if not path.is_file():
            return ()
        return tuple(_run(["cat", str(path)], person=entry).splitlines())

    def apply(self, steps: Iterable[Step]) -> None:
        for step in steps:
            _ACTIONS[step.action](self, step)

    def _create_group(self, step: Step) -> None:
        _run(["groupadd", "--system", step.target])

    def _create(self, step: Step) -> None:
        _run(["useradd", "--create-home", "--user-group", "--shell", "/bin/bash", step.target])

    def _password(self, step: Step) -> None:
        _run(["chpasswd", "--encrypted"], text=f"{step.target}:{step.secret}\n")

    def _join(self, step: Step) -> None:
        _run(["gpasswd", "--add", step.target, step.value])

    def _leave(self, step: Step) -> None:
        _run(["gpasswd", "--delete", step.target, step.value])

    def _install_keys(self, step: Step) -> None:
        entry = pwd.getpwnam(step.target)
        path = Path(entry.pw_dir) / _KEYS
        # As its owner, who may have put a link there: root would follow it.
        _run(["mkdir", "--parents", str(path.parent)], person=entry)
        _run(["tee", str(path)], text=step.secret, person=entry)

    def _readmit(self, step: Step) -> None:
        _run(["usermod", "--expiredate", "", "--unlock", step.target], check=False)

    def _expire(self, step: Step) -> None:
        _run(["usermod", "--expiredate", _LONG_AGO, "--lock", step.target])
        _run(["loginctl", "terminate-user", step.target], check=False)


_ACTIONS = {
    "create_group": AccountStore._create_group,
    "create": AccountStore._create,
    "password": AccountStore._password,
    "join": AccountStore._join,
    "leave": AccountStore._leave,
    "keys": AccountStore._install_keys,
    "readmit": AccountStore._readmit,
    "expire": AccountStore._expire,
}


def _run(argv: list[str], text: str = "", person: pwd.struct_passwd | None = None, check: bool = True) -> str:
    who: Mapping[str, object] = (
        {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": [], "umask": 0o077, "cwd": "/"} if person else {}
    )
    result = subprocess.run(
        argv,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**_PATH, "HOME": os.sep},
        **who,  # type: ignore[call-overload]
    )
    if check and result.returncode != 0:
        raise AccountsError(f"{' '.join(argv[:3])} failed with {result.returncode}: {result.stderr.strip()[-400:]}")
    return str(result.stdout)
