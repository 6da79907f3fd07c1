# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nftables: the only place that calls nft."""

from __future__ import annotations

import os
import subprocess

from . import files
from .errors import OdooError
from .firewall import TABLE
from .plan import File, Step


def _nft(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/usr/sbin/nft", *arguments], capture_output=True, text=True, check=False)


def loaded() -> str | None:
    """The table as the kernel has it; None where it has none, or where nftables is yet to be installed."""
    try:
        result = _nft("list", "table", "inet", TABLE)
    except FileNotFoundError:
        return None
    return result.stdout if result.returncode == 0 else None


def check(text: str) -> None:
    """Let nft parse the ruleset without loading it."""
    try:
        result = subprocess.run(
            ["/usr/sbin/nft", "--check", "--file", "-"], input=text, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise OdooError("nft is missing on this machine: install nftables") from error
    if result.returncode != 0:
        raise OdooError(f"nft refuses the ruleset: {result.stderr.strip()}")


def _load(path: str) -> None:
    result = _nft("--file", path)
    if result.returncode != 0:
        raise OdooError(f"nft did not load {path}: {result.stderr.strip()}")


def apply(steps: list[Step], path: str) -> None:
    for step in steps:
        if step.action == "write":
            check(step.target)
            files.apply(File(path, 0o644, 0, 0, step.target))
        else:
            _load(path)


def tables() -> frozenset[str]:
    """Those that the kernel has for both families; none where nftables is yet to be installed."""
    try:
        result = _nft("list", "tables", "inet")
    except FileNotFoundError:
        return frozenset()
    return frozenset(line.split()[-1] for line in result.stdout.splitlines() if line)


def close(path: str, text: str) -> None:
    """The file first, so that it is as closed after a boot."""
    check(text)
    files.apply(File(os.path.dirname(path), 0o755, 0, 0))
    files.apply(File(path, 0o644, 0, 0, text))
    _load(path)


def open_again(path: str, table: str) -> None:
    files.remove(path)
    if table in tables():
        result = _nft("delete", "table", "inet", table)
        if result.returncode != 0:
            raise OdooError(f"nft did not remove the table {table}: {result.stderr.strip()}")
