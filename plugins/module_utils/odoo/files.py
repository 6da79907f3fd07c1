# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files, directories and names of this machine: the only place that reads or writes them."""

from __future__ import annotations

import ipaddress
import os
import secrets
import shutil
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress

from .errors import OdooError
from .plan import File


def read(paths: Iterable[str]) -> dict[str, File]:
    found: dict[str, File] = {}
    for path in set(paths):
        try:
            status = os.lstat(path)
            content = None
            if not os.path.isdir(path):
                with open(path, encoding="utf-8", errors="replace") as stream:
                    content = stream.read()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OdooError(f"{path} can't be read: {error.strerror}") from error
        found[path] = File(path, status.st_mode & 0o7777, status.st_uid, status.st_gid, content)
    return found


def apply(file: File) -> None:
    """Make a directory, or replace a file in one step; its secrets are never readable by others in between."""
    if file.content is None:
        os.makedirs(file.path, mode=0o700, exist_ok=True)
        os.chown(file.path, file.uid, file.gid)
        os.chmod(file.path, file.mode)
        return
    new = f"{file.path}.new"
    if os.path.lexists(new):
        os.unlink(new)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        os.fchown(stream.fileno(), file.uid, file.gid)
        os.fchmod(stream.fileno(), file.mode)
        stream.write(file.content)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(new, file.path)


def remove_tree(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        remove(path)


def remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _mirrored(source: str, target: str, uid: int) -> Iterator[tuple[str, str, list[str]]]:
    """Each directory of a tree, the one under `target` that is made for it, and the names of the files."""
    for folder, _folders, names in os.walk(source):
        place = os.path.normpath(os.path.join(target, os.path.relpath(folder, source)))
        os.makedirs(place, mode=0o700, exist_ok=True)
        os.chown(place, uid, uid)
        yield folder, place, names


def link_tree(source: str, target: str, uid: int) -> None:
    """The same files under another directory, of which only the directories are new."""
    for folder, place, names in _mirrored(source, target, uid):
        for name in names:
            os.link(os.path.join(folder, name), os.path.join(place, name))
    if os.path.isdir(os.path.dirname(target)):
        os.chown(os.path.dirname(target), uid, uid)


def copy_tree(source: str, target: str, uid: int) -> None:
    """The same content under another directory and another owner. What disappears meanwhile is left out: Odoo clears up."""
    for folder, place, names in _mirrored(source, target, uid):
        for name in names:
            with suppress(FileNotFoundError):
                copied = os.path.join(place, name)
                shutil.copyfile(os.path.join(folder, name), copied, follow_symlinks=False)
                os.chown(copied, uid, uid, follow_symlinks=False)


def tree_size(path: str) -> int:
    """Bytes of all files below it."""
    total = 0
    for folder, _folders, names in os.walk(path):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.lstat(os.path.join(folder, name)).st_size
    return total


def free_space(path: str) -> int:
    """Bytes that are left on the file system of a directory."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def exists(path: str) -> bool:
    return os.path.lexists(path)


def rename(source: str, target: str) -> None:
    os.rename(source, target)


def text(path: str, purpose: str) -> str:
    found = read([path]).get(path)
    if found is None or not found.content:
        raise OdooError(f"{path} is missing or empty: it must hold {purpose}")
    return found.content


def machine_key(directory: str) -> bytes:
    """A secret of this machine that signs fingerprints; a fresh one where it has none yet."""
    path = f"{directory}/.key"
    have = read([path]).get(path)
    return bytes.fromhex(have.content.strip()) if have and have.content else secrets.token_bytes(32)


def keep_key(directory: str, key: bytes) -> None:
    path = f"{directory}/.key"
    if path not in read([path]):
        apply(File(path, 0o600, 0, 0, key.hex() + "\n"))


def addresses(name: str) -> list[str]:
    """All addresses of a name as this machine resolves it, sorted: IPv4 first."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise OdooError(f"the name {name!r} is not resolved on this machine: mend its DNS, or give an address") from error
    parsed = {ipaddress.ip_address(str(address).partition("%")[0]) for address in found}
    return [str(address) for address in sorted(parsed, key=lambda address: (address.version, int(address)))]


def container_address(name: str) -> str | None:
    """What a container must use for that name; None where the name is an address itself.

    A name that means this machine (Debian writes 127.0.1.1 into its hosts file) would mean the container inside one.
    """
    try:
        ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        return None
    first = addresses(name)[0]
    return "host-gateway" if ipaddress.ip_address(first).is_loopback else first


def make_parent(path: str) -> None:
    """A directory that others may pass but not list."""
    os.makedirs(path, mode=0o711, exist_ok=True)
