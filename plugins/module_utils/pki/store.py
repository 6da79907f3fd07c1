# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The certificate directory of a machine, its groups, and its systemd units: the only file here that touches them."""

import contextlib
import fcntl
import grp
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from .errors import PkiError
from .models import Found, Wanted
from .plan import AUTHORITY, CERTIFICATE, KEY, Access, Change, access_of
from .x509 import key_digest, load_certificate, load_key, new_key, read

RELOAD_TIMEOUT = 120
AUTHORITY_KEY = "ca.key"
NEXT_KEY = "next.key"
PREVIOUS = "previous.crt"
Runner = Callable[[list[str]], "subprocess.CompletedProcess[str]"]


def run_command(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=RELOAD_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PkiError(f"{' '.join(command)} failed: {error}") from error


class MachineStore:
    """Certificates and keys below one directory.

    `pending` is a directory under /run that remembers which certificates were replaced but whose units were not reloaded yet: it
    survives a run that was cut off, and not a reboot, after which every unit has read the new file anyway.
    """

    def __init__(self, directory: str, pending: str, run: Runner = run_command) -> None:
        self.root = Path(directory)
        self.pending_root = Path(pending)
        self._run = run

    def found(self, name: str, authority_pem: str) -> Found:
        key = self._key_digest(name)
        content = self._bytes(f"{name}/{CERTIFICATE}")
        if content is None:
            return Found(key)
        authority = load_certificate(authority_pem.encode()) if authority_pem else None
        try:
            return Found(key, read(load_certificate(content), authority))
        except (PkiError, ValueError):
            return Found(key, damaged=True)

    def _key_digest(self, name: str) -> str | None:
        try:
            return key_digest(load_key(self.key(name)).public_key())
        except (PkiError, FileNotFoundError):
            return None

    def key(self, name: str) -> bytes:
        return (self.root / name / KEY).read_bytes()

    def names(self) -> list[str]:
        """Every certificate that lies here."""
        return sorted(path.parent.name for path in self.root.glob(f"*/{CERTIFICATE}"))

    def authority(self) -> str:
        return (self._bytes(AUTHORITY) or b"").decode(errors="replace")

    def _bytes(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None

    def access(self, wanted: Iterable[Wanted]) -> dict[str, Access]:
        """The permissions of those expected paths that exist; a file in the place of a directory is refused here."""
        found: dict[str, Access] = {}
        for path in access_of(wanted):
            if not (self.root / path).exists():
                continue
            status = (self.root / path).stat()
            owner = "" if status.st_uid == os.geteuid() else f"uid {status.st_uid}, "
            found[path] = Access(owner + _group_name(status.st_gid), status.st_mode & 0o7777)
        return found

    def groups(self) -> list[str]:
        return [group.gr_name for group in grp.getgrall()]

    def apply(self, change: Change, authority_pem: str = "") -> None:
        if change.action == "create_group":
            self._checked(["groupadd", "--system", change.subject])
            return
        if change.access is None:
            raise AssertionError(f"{change.action} of {change.subject} says nothing of access rights")
        path = self.root / change.subject
        if change.action == "create_directory":
            path.mkdir(parents=True, exist_ok=True)
            _set_access(path, change.access)
        elif change.action == "set_access":
            _set_access(path, change.access)
        elif change.action == "write_authority":
            _replace(path, authority_pem.encode(), change.access)
        elif change.action == "create_key":
            _replace(path / KEY, new_key(), change.access)

    def install(self, name: str, certificate_pem: str, access: Access) -> None:
        self.pending_root.mkdir(mode=0o755, parents=True, exist_ok=True)
        (self.pending_root / name).touch()
        _replace(self.root / name / CERTIFICATE, certificate_pem.encode(), access)

    def pending(self) -> list[str]:
        return sorted(path.name for path in self.pending_root.glob("*"))

    def reload(self, units: list[str], names: Iterable[str]) -> list[str]:
        """Reloads those units that run, and forgets that `names` were pending once all of them did."""
        active = self._active(units) if units else []
        if active:
            self._checked(["systemctl", "reload-or-restart", "--", *active])
        for name in names:
            (self.pending_root / name).unlink(missing_ok=True)
        return active

    def _active(self, units: list[str]) -> list[str]:
        states = self._run(["systemctl", "is-active", "--", *units]).stdout.split()
        return [unit for unit, state in zip(units, states, strict=False) if state in ("active", "reloading")]

    def _checked(self, command: list[str]) -> None:
        result = self._run(command)
        if result.returncode != 0:
            raise PkiError(f"{' '.join(command)} failed: {(result.stderr or result.stdout).strip()}; mend that and run again")


class AuthorityStore:
    """The authority's directory on the controller. It is written once, when the authority is created."""

    def __init__(self, directory: str) -> None:
        self.root = Path(directory)

    def exists(self) -> bool:
        return (self.root / AUTHORITY).exists()

    def has_key(self) -> bool:
        return (self.root / AUTHORITY_KEY).exists()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One run at a time: two that created the authority together would hand out certificates of two authorities.

        The kernel lets go of the lock when the process ends, however it ends.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.chmod(0o700)
            descriptor = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise PkiError(f"cannot keep the authority in {self.root}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def keep_key(self, pem: bytes) -> None:
        _write(self.root / AUTHORITY_KEY, pem, lambda path: path.chmod(0o600))

    def keep_certificate(self, pem: bytes) -> None:
        _write(self.root / AUTHORITY, pem, lambda path: path.chmod(0o644))

    def next_key(self) -> bytes | None:
        """The key of an authority that is to follow this one; it issues nothing yet."""
        path = self.root / NEXT_KEY
        return path.read_bytes() if path.exists() else None

    def keep_next_key(self, pem: bytes) -> None:
        _write(self.root / NEXT_KEY, pem, lambda path: path.chmod(0o600))

    def use_next_key(self) -> None:
        """The key of before is gone after this."""
        (self.root / NEXT_KEY).rename(self.root / AUTHORITY_KEY)

    def unfinished(self) -> bool:
        """Whether an authority follows another, and not every machine is known to have heard of its end."""
        return (self.root / PREVIOUS).exists()

    def keep_previous(self, pem: bytes) -> None:
        _write(self.root / PREVIOUS, pem, lambda path: path.chmod(0o644))

    def forget_previous(self) -> None:
        (self.root / PREVIOUS).unlink()

    def certificate(self) -> bytes:
        return self._read(AUTHORITY)

    def key(self) -> bytes:
        path = self.root / AUTHORITY_KEY
        content = self._read(AUTHORITY_KEY)
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise PkiError(f"{path} has mode {mode:04o}, so others could sign with it: chmod 600, and think who may have read it")
        return content

    def _read(self, name: str) -> bytes:
        try:
            return (self.root / name).read_bytes()
        except OSError as error:
            raise PkiError(f"cannot read {self.root / name}: {error.strerror}; the role pki creates it") from error


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return f"gid {gid}"


def _set_access(path: Path, access: Access) -> None:
    os.chown(path, os.geteuid(), grp.getgrnam(access.group).gr_gid)
    path.chmod(access.mode)


def _replace(path: Path, content: bytes, access: Access) -> None:
    _write(path, content, lambda written: _set_access(written, access))


def _write(path: Path, content: bytes, settle: Callable[[Path], None]) -> None:
    """Writes a file whole or not at all: nobody ever reads half of it, nor a key under the wrong permissions."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        settle(Path(temporary))
        os.rename(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
