# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A host in memory: it does what the real store does, so that a second look shows what the first run made."""

import fnmatch
from collections.abc import Mapping
from dataclasses import replace

from ansible_collections.tierline.erp.plugins.module_utils.hardening import text
from ansible_collections.tierline.erp.plugins.module_utils.hardening.judge_files import FSTAB, with_mount
from ansible_collections.tierline.erp.plugins.module_utils.hardening.models import Account, File, Mount, Step, Unit


def a_file(content: str | None = "", mode: int = 0o644, owner: str = "root", group: str = "root") -> File:
    return File(content, owner, group, mode)


class FakeHost:
    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.kernel: dict[str, tuple[str, bool]] = {}
        self.installed: dict[str, str] = {}
        self.units: dict[str, Unit] = {}
        self.mounted: dict[str, Mount] = {}
        self.people: list[Account] = []
        self.known_groups: list[str] = ["root"]
        self.server: dict[str, str] | None = None
        self.told: list[tuple[str, str]] = []
        # What a package brings along.
        self.brings: dict[str, dict[str, File]] = {}

    def file(self, path: str) -> File | None:
        return self.files.get(path)

    def glob(self, pattern: str) -> list[str]:
        return [path for path in self.files if fnmatch.fnmatch(path, pattern)]

    def sysctl(self, key: str) -> tuple[str, bool] | None:
        return self.kernel.get(key)

    def packages(self) -> Mapping[str, str]:
        return self.installed

    def unit(self, name: str) -> Unit:
        return self.units.get(name, Unit())

    def mounts(self) -> Mapping[str, Mount]:
        return self.mounted

    def accounts(self) -> list[Account]:
        return self.people

    def groups(self) -> list[str]:
        return self.known_groups

    def sshd(self) -> Mapping[str, str] | None:
        return self.server

    def refresh(self) -> None:
        """Nothing is remembered here."""

    def apply(self, steps: list[Step]) -> None:
        for step in steps:
            getattr(self, f"_{step.kind}")(step)
            self.told += step.then

    def _packages(self, step: Step) -> None:
        if step.after == "absent":
            del self.installed[step.target]
        else:
            self.installed[step.target] = "1"
            self.files |= self.brings.get(step.target, {})

    def _files(self, step: Step) -> None:
        want = step.payload
        self.files[step.target] = File(want["content"], want["owner"], want["group"], int(want["mode"], 8))

    def _absent(self, step: Step) -> None:
        del self.files[step.target]

    def _settings(self, step: Step) -> None:
        seen = self.files.get(step.payload["path"], a_file())
        content = text.with_settings(seen.content or "", step.payload["values"], step.payload["separator"])
        self.files[step.payload["path"]] = replace(seen, content=content)

    def _permissions(self, step: Step) -> None:
        want = step.payload
        self.files[step.target] = replace(
            self.files[step.target], owner=want["owner"], group=want["group"], mode=int(want["mode"], 8)
        )

    def _sysctl(self, step: Step) -> None:
        self.kernel[step.target] = (step.after, True)

    def _fstab(self, step: Step) -> None:
        have = self.files.get(FSTAB, a_file())
        table = with_mount(have.content or "", step.target, step.payload["mount"], step.payload["options"])
        self.files[FSTAB] = replace(have, content=table)

    def _mounts(self, step: Step) -> None:
        self.mounted[step.target] = replace(self.mounted[step.target], options=tuple(step.after.split(",")))

    def _pam(self, step: Step) -> None:
        self.files[step.payload["path"]] = a_file(step.payload["content"])
        self.files["/etc/pam.d/common-auth"] = a_file("# a comment\nauth required pam_lock.so preauth\n")

    def _services(self, step: Step) -> None:
        self.units[step.target] = {
            "enabled": Unit("loaded", "enabled", "active"),
            "boot": Unit("loaded", "enabled", "inactive"),
            "disabled": Unit("loaded", "disabled", "inactive"),
            "masked": Unit("masked", "masked", "inactive"),
        }[step.after]

    def _group(self, step: Step) -> None:
        self.known_groups.append(step.target)

    def _shell(self, step: Step) -> None:
        self.people = [replace(a, shell=step.after) if a.name == step.target else a for a in self.people]

    def _ages(self, step: Step) -> None:
        self.people = [replace(a, **step.after) if a.name == step.target else a for a in self.people]

    def _commands(self, step: Step) -> None:
        self.files[step.target] = a_file()
