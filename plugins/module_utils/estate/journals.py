# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each machine's journal goes, for the role journal: to one that keeps backups, which is kept apart from all others."""

from __future__ import annotations

from . import backups
from .flows import JOURNAL_PORT
from .models import Cell, Environment, Estate, Machine, Settings


def receiver(cell: Cell, estate: Estate) -> Machine | None:
    """That of the cell's backups, else any that keeps some; none in an estate without."""
    home = backups.machine_of(cell, estate)
    anywhere = (machine for other in estate.cells.values() for machine in other.with_role("backup"))
    return home or next(anywhere, None)


def senders(machine: Machine, estate: Estate) -> list[Machine]:
    """The machines whose journals ``machine`` keeps; its own, too, so that there is one place to look."""
    return [sender for cell in _sending(machine, estate) for sender in cell.machines]


def variables(machine: Machine, cell: Cell, estate: Estate) -> Settings:
    to = receiver(cell, estate)
    found: Settings = {"journal_upload_to": to.address, "journal_port": JOURNAL_PORT} if to else {}
    if sent := senders(machine, estate):
        found["journal_senders"] = sorted(sender.name for sender in sent)
        if environments := _environments(machine, estate):
            found["journal_retention_days"] = max(map(_days, environments))
    return found


def _sending(machine: Machine, estate: Estate) -> list[Cell]:
    return [cell for cell in estate.cells.values() if receiver(cell, estate) is machine]


def _environments(machine: Machine, estate: Estate) -> list[Environment]:
    return [environment for cell in _sending(machine, estate) for environment in cell.environments]


def _days(environment: Environment) -> int:
    return int(environment.settings["logs.retention_days"])
