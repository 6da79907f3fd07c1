# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Runs inside a tenant's own container, beside inside.py: attempts on its machine, and on services of the platform.

Self-contained: its source is sent there. Each attempt is one that does no harm where it succeeds, or that is undone at once.
"""

import ctypes
import http.client
import os
import socket
import ssl
from collections.abc import Callable
from typing import Any

_TIMEOUT = 4
_CLONE_NEWUSER, _CLONE_NEWNS = 0x10000000, 0x00020000
_NO = (PermissionError, FileNotFoundError, NotADirectoryError)
_READ_ONLY = 30


def try_read(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    """A path of somebody else: to see that it is there would be too much already."""
    path = attempt["path"]
    try:
        if os.path.isdir(path):
            return "reached", f"{len(os.listdir(path))} entries are listed"
        with open(path, "rb") as stream:
            stream.read(1)
    except _NO as error:
        return "refused", str(error.strerror)
    except OSError as error:
        return "error", str(error)
    return "reached", "it was read"


def try_write(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    """A file that is made, and taken away again; or one that is opened, and left as it is."""
    path = attempt["path"]
    made = not os.path.lexists(path)
    try:
        os.close(os.open(path, os.O_WRONLY | (os.O_CREAT | os.O_EXCL if made else 0), 0o600))
    except OSError as error:
        refused = isinstance(error, _NO) or error.errno == _READ_ONLY
        return ("refused" if refused else "error"), str(error.strerror)
    if made:
        os.unlink(path)
    return "reached", "it was opened for writing"


def try_socket(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    with socket.socket(socket.AF_UNIX) as plain:
        plain.settimeout(_TIMEOUT)
        try:
            plain.connect(attempt["path"])
        except (*_NO, ConnectionRefusedError) as error:
            return "refused", str(error.strerror)
    return "reached", "the connection was accepted"


def try_right(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    """A right that only root of the machine should have. In a process of its own, which ends with whatever it gained."""
    child = os.fork()
    if child == 0:
        try:
            _RIGHTS[attempt["right"]]()
        except OSError as error:
            os._exit(min(error.errno or 99, 99))
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        return "refused", f"killed by signal {-code}"
    return ("refused", os.strerror(code)) if code else ("reached", "it was granted")


def _call(name: str, *arguments: Any) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments):
        raise OSError(ctypes.get_errno(), name)


def _raw_socket() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()


def _sniff() -> None:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()


def _enter_host() -> None:
    """Process 1 here is the container's own; with the host's processes in view it would not be."""
    descriptor = os.open("/proc/1/ns/mnt", os.O_RDONLY)
    _call("setns", descriptor, 0)


def _set_host_name() -> None:
    name = socket.gethostname().encode()
    _call("sethostname", name, len(name))


_RIGHTS: dict[str, Callable[[], None]] = {
    "become root": lambda: os.setuid(0),
    "mount a file system": lambda: _call("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "make a namespace of users": lambda: _call("unshare", _CLONE_NEWUSER),
    "make a namespace of mounts": lambda: _call("unshare", _CLONE_NEWNS),
    "enter another namespace": _enter_host,
    "change the root directory": lambda: os.chroot("/tmp"),
    "make a device": lambda: os.mknod("/tmp/tierline-device", 0o60600, os.makedev(8, 0)),
    "send raw packets": _raw_socket,
    "listen to the network": _sniff,
    "name the machine": _set_host_name,
    "raise its priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, -5),
}


def try_privileges(_attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    """What the kernel says that this process may do, and could ever gain."""
    with open("/proc/self/status", encoding="ascii") as stream:
        found = dict(line.rstrip("\n").split(":\t", 1) for line in stream if ":\t" in line)
    had = [f"{key}={found[key]}" for key in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb") if int(found[key], 16)]
    had += [] if found["NoNewPrivs"].strip() == "1" else ["new privileges can be gained"]
    had += [] if found["Seccomp"].strip() != "0" else ["no system call is filtered"]
    had += ["it is root"] if os.getuid() == 0 else []
    return ("reached", ", ".join(had)) if had else ("refused", "no capability, no new privileges, system calls are filtered")


def try_https(attempt: dict[str, Any], _own: dict[str, str]) -> tuple[str, str]:
    """A service of the platform, without what it asks for: a client certificate, or a password."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(attempt["host"], attempt["port"], timeout=_TIMEOUT, context=context)
    try:
        connection.request(attempt["method"], attempt["path"], body=attempt.get("body"))
        status = connection.getresponse().status
    except (ssl.SSLError, ConnectionRefusedError, ConnectionResetError, http.client.RemoteDisconnected) as error:
        return "refused", str(error)
    except OSError as error:
        return "unreachable", str(error)
    finally:
        connection.close()
    return ("refused" if status in (401, 403) else "reached"), f"HTTP {status}"


TRIES = {
    "read": try_read,
    "write": try_write,
    "socket": try_socket,
    "right": try_right,
    "privileges": try_privileges,
    "https": try_https,
}
