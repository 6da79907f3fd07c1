# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each kind of thing that a control asks for stands on a host, and what would mend it. Pure: looks through ``Host``.

Invariant: a finding that isn't passed says why, and one that is failed either has steps or can't be mended from here and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import text
from .errors import HardeningError
from .models import PASSED, Account, Control, Finding, Host, Mount, Step

# Last in their directories, so that what a package brings doesn't win over them.
SYSCTL_FILE = "/etc/sysctl.d/zz-tierline-hardening.conf"
MODULES_FILE = "/etc/modprobe.d/tierline-hardening.conf"
FSTAB = "/etc/fstab"
# Accounts that log in by design, or that only run one harmless program.
LOGIN_ACCOUNTS = ("root", "sync", "shutdown", "halt")
NO_SHELLS = ("/usr/sbin/nologin", "/sbin/nologin", "/bin/false", "/usr/bin/false", "")
HIGHEST_SYSTEM_UID = 999


@dataclass(frozen=True)
class Verdict:
    """A control and how it stands: its findings added up."""

    control: Control
    state: str
    details: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


def judge(controls: Iterable[Control], host: Host) -> list[Verdict]:
    return [_verdict(control, host) for control in controls]


def _verdict(control: Control, host: Host) -> Verdict:
    installed = host.packages()
    needed = [name for name in control.unless_package if name in installed]
    if needed:
        return Verdict(control, "not_applicable", (f"{', '.join(needed)} needs it otherwise",))
    if control.if_package and not any(name in installed for name in control.if_package):
        return Verdict(control, "not_applicable", (f"{' or '.join(control.if_package)} is not installed",))
    findings = [finding for kind, wanted in control.items.items() for finding in _JUDGES[kind](wanted, host)]
    states = {finding.state for finding in findings}
    state = next((name for name in ("failed", "passed") if name in states), "not_applicable")
    details = tuple(finding.detail for finding in findings if finding.detail)
    return Verdict(control, state, details, tuple(step for finding in findings for step in finding.steps))


def _failed(step: Step, detail: str) -> Finding:
    return Finding("failed", detail, (step,))


def _packages(wanted: Mapping[str, str], host: Host) -> Iterable[Finding]:
    installed = host.packages()
    for name, state in wanted.items():
        seen = "present" if name in installed else "absent"
        if seen == state:
            yield PASSED
        else:
            yield _failed(Step("packages", name, seen, state), f"package {name} is {seen}")


def _then(item: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((action, item[action]) for action in ("restart", "reload", "run") if item.get(action))


def _files(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
    for item in wanted:
        path, seen = item["path"], host.file(item["path"])
        if item.get("state") == "absent":
            step = Step("absent", path, "present", "absent", then=_then(item))
            yield PASSED if seen is None else _failed(step, f"{path} exists")
            continue
        have = {"content": seen.content, "owner": seen.owner, "group": seen.group, "mode": f"{seen.mode:04o}"} if seen else {}
        want = {key: item.get(key, default) for key, default in _FILE_DEFAULTS.items()} | {"content": item["content"]}
        if have == want:
            yield PASSED
        else:
            yield _failed(Step("files", path, have, want, want, _then(item)), f"{path} is {'different' if seen else 'missing'}")


_FILE_DEFAULTS = {"owner": "root", "group": "root", "mode": "0644"}


def _settings(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
    for item in wanted:
        path, separator = item["path"], item.get("separator", " = ")
        seen = host.file(path)
        if seen is None and item.get("if_present"):
            yield Finding("not_applicable", f"{path} doesn't exist")
            continue
        yield _setting(path, item["values"], separator, seen.content or "" if seen else "", _then(item))


def _setting(path: str, values: Mapping[str, Any], separator: str, have: str, then: tuple[tuple[str, str], ...]) -> Finding:
    wanted = {key: None if value is None else str(value) for key, value in values.items()}
    seen = {key: text.current(have, key, separator) for key in wanted}
    differs = {key: value for key, value in wanted.items() if seen[key] != value}
    if not differs:
        return PASSED
    payload = {"path": path, "separator": separator, "values": differs}
    step = Step("settings", f"{path}: {', '.join(differs)}", {key: seen[key] for key in differs}, differs, payload, then)
    return _failed(step, "; ".join(f"{path}: {key} is {seen[key]!r}, wanted {value!r}" for key, value in differs.items()))


def _permissions(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
    """``mode`` is a ceiling: bits above it go, none is added."""
    for item in wanted:
        paths = sorted({path for pattern in item["paths"] for path in host.glob(pattern)})
        if not paths:
            yield Finding("not_applicable", f"{', '.join(item['paths'])}: nothing there")
        for path in paths:
            yield _permission(path, item, host)


def _permission(path: str, item: Mapping[str, Any], host: Host) -> Finding:
    seen = host.file(path)
    if seen is None or item.get("kind", "any") not in ("any", "directory" if seen.directory else "file"):
        return PASSED
    groups = item.get("groups") or ([item["group"]] if item.get("group") else [seen.group])
    have = {"owner": seen.owner, "group": seen.group, "mode": f"{seen.mode:04o}"}
    owners = item.get("owners") or [item.get("owner") or seen.owner]
    want = {
        "owner": seen.owner if seen.owner in owners else owners[0],
        "group": seen.group if seen.group in groups else groups[0],
        "mode": f"{seen.mode & int(str(item.get('mode', '7777')), 8):04o}",
    }
    if have == want:
        return PASSED
    return _failed(Step("permissions", path, have, want, want), f"{path} is {have['mode']} {have['owner']}:{have['group']}")


def _sysctl(wanted: Mapping[str, Any], host: Host) -> Iterable[Finding]:
    written = host.file(SYSCTL_FILE)
    have = (written.content or "") if written else ""
    for key, value in wanted.items():
        seen = host.sysctl(key)
        if seen is None:
            yield Finding("not_applicable", f"{key} is unknown to this kernel")
            continue
        running, writable = seen
        kept = _setting(SYSCTL_FILE, {key: value}, " = ", have, ())
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


def _modules(wanted: Iterable[str], host: Host) -> Iterable[Finding]:
    for name in wanted:
        values = {f"install {name}": "/bin/false", f"blacklist {name}": ""}
        written = host.file(MODULES_FILE)
        yield _setting(MODULES_FILE, values, " ", (written.content or "") if written else "", ())


def _mounts(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
    mounted = host.mounts()
    table = host.file(FSTAB)
    for item in wanted:
        path, options = item["path"], list(item["options"])
        mount = mounted.get(path)
        if mount is None:
            yield Finding("not_applicable", f"{path} is no file system of its own")
            continue
        have = (table.content or "") if table else ""
        after = with_mount(have, path, mount, options)
        steps = []
        if after != have:
            steps.append(Step("fstab", path, "", ",".join(options), {"mount": mount, "options": options}))
        missing = [option for option in options if option not in mount.options]
        if missing:
            steps.append(Step("mounts", path, ",".join(mount.options), ",".join([*mount.options, *missing])))
        yield Finding("failed", f"{path} lacks {', '.join(missing) or 'its line in ' + FSTAB}", tuple(steps)) if steps else PASSED


def with_mount(table: str, path: str, mount: Mount, options: list[str]) -> str:
    """The file systems' table with these options for ``path``; what it has is kept."""
    lines, found = [], False
    for line in table.splitlines():
        words = line.split()
        if len(words) >= 4 and not line.lstrip().startswith("#") and words[1] == path:
            found = True
            have = words[3].split(",")
            if any(option not in have for option in options):
                words[3] = ",".join([*have, *(option for option in options if option not in have)])
                line = " ".join(words)
        lines.append(line)
    if not found:
        lines.append(f"{mount.source} {path} {mount.kind} {','.join(['defaults', *options])} 0 0")
    return "".join(f"{line}\n" for line in lines)


def _pam(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
    """Debian's own way: pam-auth-update makes the stacks from profiles, so that other packages' modules keep their place."""
    for item in wanted:
        path = f"/usr/share/pam-configs/{item['name']}"
        seen = host.file(path)
        missing = [stack for stack, needle in item["shows"].items() if not _shows(host, stack, needle)]
        if seen is not None and seen.content == item["content"] and not missing:
            yield PASSED
        else:
            payload = {"path": path, "content": item["content"], "name": item["name"]}
            before = "missing" if seen is None else "not in force" if missing else "different"
            detail = f"PAM profile {item['name']} is {before}"
            yield _failed(Step("pam", item["name"], before, "in force", payload), detail)


def _shows(host: Host, stack: str, needle: str) -> bool:
    seen = host.file(f"/etc/pam.d/{stack}")
    active = (line for line in (seen.content or "" if seen else "").splitlines() if not line.lstrip().startswith("#"))
    return any(all(word in line for word in needle.split()) for line in active)


_ENABLED = ("enabled", "enabled-runtime", "static", "indirect", "alias", "generated")


def _services(wanted: Mapping[str, str], host: Host) -> Iterable[Finding]:
    for name, state in wanted.items():
        unit = host.unit(name)
        if unit.load == "not-found" and state != "enabled":
            yield PASSED
            continue
        if state == "enabled" and unit.enabled in _ENABLED and unit.skipped:
            yield Finding("not_applicable", f"{name} is enabled, and its conditions don't hold on this host")
            continue
        good = {
            "enabled": unit.enabled in _ENABLED and unit.active in ("active", "activating"),
            "disabled": unit.enabled not in ("enabled", "enabled-runtime") and unit.active != "active",
            "masked": unit.enabled == "masked" and unit.active != "active",
        }
        if state not in good:
            raise HardeningError(f"service {name} shall be {state!r}: allowed are {', '.join(good)}")
        seen = f"{unit.enabled or unit.load}, {unit.active}"
        yield PASSED if good[state] else _failed(Step("services", name, seen, state), f"{name} is {seen}")


def _accounts(wanted: Mapping[str, Any], host: Host) -> Iterable[Finding]:
    for group in wanted.get("groups") or ():
        yield (
            PASSED if group in host.groups() else _failed(Step("group", group, "absent", "present"), f"group {group} is missing")
        )
    accounts = host.accounts()
    shell = wanted.get("system_shell")
    if shell:
        yield PASSED
        for account in accounts:
            if account.uid <= HIGHEST_SYSTEM_UID and account.name not in LOGIN_ACCOUNTS and account.shell not in NO_SHELLS:
                step = Step("shell", account.name, account.shell, shell)
                yield _failed(step, f"system account {account.name} has the shell {account.shell}")
    ages = {key: str(value) for key, value in (wanted.get("ages") or {}).items()}
    if ages:
        yield PASSED
        yield from (finding for account in accounts if account.hashed for finding in _ages(account, ages))


def _ages(account: Account, ages: Mapping[str, str]) -> Iterable[Finding]:
    have = {key: getattr(account, key) for key in ages}
    if have != ages:
        yield _failed(Step("ages", account.name, have, dict(ages)), f"the password of {account.name} has the ages {have}")


def _commands(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
    for item in wanted:
        path = item["creates"]
        step = Step("commands", path, "absent", "present", {"argv": list(item["argv"])})
        yield PASSED if host.glob(path) else _failed(step, f"{path} is missing")


def _sshd(wanted: Mapping[str, Any], host: Host) -> Iterable[Finding]:
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


_JUDGES: dict[str, Callable[[Any, Host], Iterable[Finding]]] = {
    "packages": _packages,
    "files": _files,
    "settings": _settings,
    "permissions": _permissions,
    "sysctl": _sysctl,
    "modules": _modules,
    "mounts": _mounts,
    "pam": _pam,
    "services": _services,
    "accounts": _accounts,
    "commands": _commands,
    "sshd": _sshd,
}
