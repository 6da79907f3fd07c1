# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What controls ask of packages, the kernel, services, accounts and sshd: how it stands, and what would mend it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import HardeningError
from .judge_files import setting
from .models import PASSED, Account, Finding, Host, Step, failed

# Last in their directories, so that what a package brings doesn't win over them.
SYSCTL_FILE = "/etc/sysctl.d/zz-tierline-hardening.conf"
MODULES_FILE = "/etc/modprobe.d/tierline-hardening.conf"
# Accounts that log in by design, or that only run one harmless program.
LOGIN_ACCOUNTS = ("root", "sync", "shutdown", "halt")
NO_SHELLS = ("/usr/sbin/nologin", "/sbin/nologin", "/bin/false", "/usr/bin/false", "")
HIGHEST_SYSTEM_UID = 999


def packages(wanted: Mapping[str, str], host: Host) -> Iterable[Finding]:
    installed = host.packages()
    for name, state in wanted.items():
        seen = "present" if name in installed else "absent"
        if seen == state:
            yield PASSED
        else:
            yield failed(Step("packages", name, seen, state), f"package {name} is {seen}")


def sysctl(wanted: Mapping[str, Any], host: Host) -> Iterable[Finding]:
    written = host.file(SYSCTL_FILE)
    have = (written.content or "") if written else ""
    for key, value in wanted.items():
        seen = host.sysctl(key)
        if seen is None:
            yield Finding("not_applicable", f"{key} is unknown to this kernel")
            continue
        running, writable = seen
        kept = setting(SYSCTL_FILE, {key: value}, " = ", have, ())
        steps = list(kept.steps)
        if running != str(value) and writable:
            steps.append(Step("sysctl", key, running, str(value)))
        if steps:
            yield Finding("failed", f"{key} is {running}, wanted {value}", tuple(steps))
        elif running != str(value):
            yield Finding(
                "not_applicable", f"{key} is {running} and read-only here: it belongs to the machine that runs this container"
            )
        else:
            yield PASSED


def modules(wanted: Iterable[str], host: Host) -> Iterable[Finding]:
    for name in wanted:
        values = {f"install {name}": "/bin/false", f"blacklist {name}": ""}
        written = host.file(MODULES_FILE)
        yield setting(MODULES_FILE, values, " ", (written.content or "") if written else "", ())


_ENABLED = ("enabled", "enabled-runtime", "static", "indirect", "alias", "generated")


def services(wanted: Mapping[str, str], host: Host) -> Iterable[Finding]:
    for name, state in wanted.items():
        unit = host.unit(name)
        if unit.load == "not-found" and state not in ("enabled", "boot"):
            yield PASSED
            continue
        if state == "enabled" and unit.enabled in _ENABLED and unit.skipped:
            yield Finding("not_applicable", f"{name} is enabled, and its conditions don't hold on this host")
            continue
        good = {
            "enabled": unit.enabled in _ENABLED and unit.active in ("active", "activating"),
            "boot": unit.enabled in _ENABLED,
            "disabled": unit.enabled not in ("enabled", "enabled-runtime") and unit.active != "active",
            "masked": unit.enabled == "masked" and unit.active != "active",
        }
        if state not in good:
            raise HardeningError(f"service {name} shall be {state!r}: allowed are {', '.join(good)}")
        seen = f"{unit.enabled or unit.load}, {unit.active}"
        yield PASSED if good[state] else failed(Step("services", name, seen, state), f"{name} is {seen}")


def accounts(wanted: Mapping[str, Any], host: Host) -> Iterable[Finding]:
    for group in wanted.get("groups") or ():
        yield (
            PASSED if group in host.groups() else failed(Step("group", group, "absent", "present"), f"group {group} is missing")
        )
    accounts = host.accounts()
    shell = wanted.get("system_shell")
    if shell:
        yield PASSED
        for account in accounts:
            if account.uid <= HIGHEST_SYSTEM_UID and account.name not in LOGIN_ACCOUNTS and account.shell not in NO_SHELLS:
                step = Step("shell", account.name, account.shell, shell)
                yield failed(step, f"system account {account.name} has the shell {account.shell}")
    ages = {key: str(value) for key, value in (wanted.get("ages") or {}).items()}
    if ages:
        yield PASSED
        yield from (finding for account in accounts if account.hashed for finding in _ages(account, ages))


def _ages(account: Account, ages: Mapping[str, str]) -> Iterable[Finding]:
    have = {key: getattr(account, key) for key in ages}
    if have != ages:
        yield failed(Step("ages", account.name, have, dict(ages)), f"the password of {account.name} has the ages {have}")


def commands(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
    for item in wanted:
        path = item["creates"]
        # Named by what is run: it may take two commands to make one thing.
        step = Step("commands", path, "absent", " ".join(item["argv"]), {"argv": list(item["argv"])})
        yield PASSED if host.glob(path) else failed(step, f"{path} is missing")


def sshd(wanted: Mapping[str, Any], host: Host) -> Iterable[Finding]:
    """Judged only: what makes it so is the module that proves a login before it lets go of the old configuration."""
    effective = host.sshd()
    for key, value in wanted.items():
        if effective is None:
            yield Finding("not_applicable", "there is no SSH server")
        elif value in (None, ""):
            yield Finding("not_applicable", f"{key}: nothing was chosen")
        elif same(effective.get(key.lower(), ""), str(value)):
            yield PASSED
        else:
            yield Finding("failed", f"sshd goes by {key} {effective.get(key.lower(), 'unknown')}, wanted {value}")


def same(seen: str, wanted: str) -> bool:
    """Whether sshd's own spelling means the same: it writes words in lower case, and lists with commas or spaces."""
    return seen.replace(",", " ").lower().split() == wanted.replace(",", " ").lower().split()
