# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What controls ask of files, their rights, the table of file systems and PAM: how it stands, and what would mend it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import text
from .models import PASSED, Finding, Host, Mount, Step, failed

FSTAB = "/etc/fstab"


def _then(item: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((action, item[action]) for action in ("restart", "reload", "run") if item.get(action))


def files(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
    for item in wanted:
        path, seen = item["path"], host.file(item["path"])
        if item.get("state") == "absent":
            step = Step("absent", path, "present", "absent", then=_then(item))
            yield PASSED if seen is None else failed(step, f"{path} exists")
            continue
        have = {"content": seen.content, "owner": seen.owner, "group": seen.group, "mode": f"{seen.mode:04o}"} if seen else {}
        want = {key: item.get(key, default) for key, default in _FILE_DEFAULTS.items()} | {"content": item["content"]}
        if have == want:
            yield PASSED
        else:
            yield failed(Step("files", path, have, want, want, _then(item)), f"{path} is {'different' if seen else 'missing'}")


_FILE_DEFAULTS = {"owner": "root", "group": "root", "mode": "0644"}


def settings(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
    for item in wanted:
        path, separator = item["path"], item.get("separator", " = ")
        seen = host.file(path)
        if seen is None and item.get("if_present"):
            yield Finding("not_applicable", f"{path} doesn't exist")
            continue
        yield setting(path, item["values"], separator, seen.content or "" if seen else "", _then(item))


def setting(path: str, values: Mapping[str, Any], separator: str, have: str, then: tuple[tuple[str, str], ...]) -> Finding:
    wanted = {key: None if value is None else str(value) for key, value in values.items()}
    seen = {key: text.current(have, key, separator) for key in wanted}
    differs = {key: value for key, value in wanted.items() if seen[key] != value}
    if not differs:
        return PASSED
    payload = {"path": path, "separator": separator, "values": differs}
    step = Step("settings", f"{path}: {', '.join(differs)}", {key: seen[key] for key in differs}, differs, payload, then)
    return failed(step, "; ".join(f"{path}: {key} is {seen[key]!r}, wanted {value!r}" for key, value in differs.items()))


def permissions(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
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
    return failed(Step("permissions", path, have, want, want), f"{path} is {have['mode']} {have['owner']}:{have['group']}")


def mounts(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
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


def pam(wanted: Iterable[Mapping[str, Any]], host: Host) -> Iterable[Finding]:
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
            yield failed(Step("pam", item["name"], before, "in force", payload), detail)


def _shows(host: Host, stack: str, needle: str) -> bool:
    seen = host.file(f"/etc/pam.d/{stack}")
    active = (line for line in (seen.content or "" if seen else "").splitlines() if not line.lstrip().startswith("#"))
    return any(all(word in line for word in needle.split()) for line in active)
