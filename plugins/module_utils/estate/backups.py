# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tiers of a cell ask of its backups, as variables of the roles backup_agent, object_store and postgres_ha.

One cluster is backed up as a whole, so the most demanding of its environments decides each setting.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from .consistency import loss_of_backup
from .errors import Problem, listed, nearest, shown
from .flows import OBJECT_STORE_PORT
from .models import Cell, Environment, Estate, Machine, Settings

# The role postgres_ha's own default, which names the data directory.
POSTGRES_VERSION = 17
# The role odoo_container's own default.
DATA_DIR = "/var/lib/tierline/odoo"
# From the end of one copy of a filestore to the next, whatever may be lost: asking costs a listing.
LONGEST_PAUSE, SHORTEST_PAUSE = 3600, 10
# The authority of the estate itself, as the role pki keeps it.
OWN_CA = "/etc/tierline/pki/ca.crt"


def check(estate: Estate) -> Iterator[Problem]:
    """Cells whose backups would have nowhere to go."""
    for cell in estate.cells.values():
        if cell.second_store and cell.store["kind"] == "none":
            cure = "declare cell_backup_store, or leave cell_second_store out"
            seen, allowed = "no cell_backup_store", "a first store beside it"
            yield Problem("cell", cell.name, "cell_second_store", "a second store without a first", seen, allowed, "", cure)
        if not protected(cell) or cell.store["kind"] != "object_storage" or cell.store["endpoint"]:
            continue
        home = cell.store["cell"] or cell.name
        if home not in estate.cells:
            closest = nearest(home, estate.cells)
            cure = f"write cell: {closest}" if closest else f"create the inventory group cell_{home} with a machine"
            yield _of_store(cell, "cell", "unknown cell", shown(home), listed(estate.cells), cure, closest)
        elif machine_of(cell, estate) is None:
            seen = f"no machine of cell {home} has the role backup, and no endpoint is given"
            cure = f"add backup to machine_roles of a machine in cell_{home}, best one of its own, or write endpoint: https://..."
            yield _of_store(cell, "endpoint", "a store that isn't anywhere", seen, "a machine or an endpoint", cure)


def _of_store(cell: Cell, key: str, what: str, seen: str, allowed: str, cure: str, closest: str = "") -> Problem:
    return Problem("cell", cell.name, f"cell_backup_store.{key}", what, seen, allowed, closest, cure)


def machine_of(cell: Cell, estate: Estate) -> Machine | None:
    """The machine of the estate that keeps the backups of ``cell``; none where a store is given, or nothing is backed up."""
    if not protected(cell) or cell.store["kind"] != "object_storage" or cell.store["endpoint"]:
        return None
    home = estate.cells.get(cell.store["cell"] or cell.name)
    return next(iter(home.with_role("backup")), None) if home else None


def served(machine: Machine, estate: Estate) -> list[Cell]:
    """The cells whose backups ``machine`` keeps."""
    return [cell for cell in estate.cells.values() if machine_of(cell, estate) is machine]


def protected(cell: Cell) -> bool:
    return any(environment.settings["backup.enabled"] for environment in cell.environments)


def services(cell: Cell) -> list[Settings]:
    return [{"service": "backup", "system_user": "postgres"}] if protected(cell) else []


def database(cell: Cell, estate: Estate, items: dict[str, Settings]) -> Settings:
    """Variables of a database machine; none where no tier asks for backups."""
    if not protected(cell):
        return {}
    stanza = stanza_of(cell)
    return {
        "postgres_ha_parameters": {
            # A backup isn't whole without the log that was written while it was taken, also where no tier asks for more of it.
            "archive_mode": "on",
            "archive_command": f"pgbackrest --stanza={stanza} archive-push %p",
            "archive_timeout": _shortest(cell, "wal_archive_seconds"),
        },
        "backup_agent_stanza": stanza,
        "backup_agent_data_dir": f"/var/lib/postgresql/{POSTGRES_VERSION}/{cell.name}",
        # A backup is read from another one than the primary.
        "backup_agent_members": [{"name": member.name, "address": member.address} for member in cell.with_role("postgres")],
        **_store(cell, estate),
        "backup_agent_store_bucket": bucket(cell),
        "backup_agent_second_store": second_store(cell),
        # Until they are rotated; then the secrets say whose turn it is.
        "estate_backup_access_keys": {who: access_key(cell, who) for who in ("writer", "restorer")},
        "backup_agent_full_every_hours": min(each(cell, "full_every_hours")),
        "backup_agent_differential_every_hours": _shortest(cell, "differential_every_hours"),
        "backup_agent_incremental_every_hours": _shortest(cell, "incremental_every_hours"),
        "backup_agent_archive_seconds": _shortest(cell, "wal_archive_seconds"),
        "backup_agent_retention_days": max(each(cell, "retention_days")),
        "backup_agent_proofs": {
            e.name: days for e in environments(cell) if (days := e.settings["backup.restore_test_every_days"])
        },
        "backup_agent_records": {e.name: e.settings["backup.records_on"] for e in recorded(cell)},
        "backup_agent_records_bucket": records_bucket(cell),
        "estate_records_years": {e.name: e.settings["backup.records_retention_years"] for e in recorded(cell)},
        "estate_backup_environments": [_environment(e, items[e.name]) for e in environments(cell)],
        "estate_recovery_promises": {e.name: _promise(e) for e in environments(cell)},
        # As somebody who can't write reads them.
        "estate_backup_filestores": {e.name: _filestore(e, cell, items[e.name], "restorer") for e in environments(cell)},
    }


def application(machine: Machine, cell: Cell, estate: Estate, items: dict[str, Settings]) -> Settings:
    """Variables of an application machine; none where no tier asks for backups."""
    if not protected(cell):
        return {}
    here = [e for e in environments(cell) if items[e.name]["app_machine"] is machine]
    return {
        **_store(cell, estate),
        "estate_filestores": [
            {"environment": e.name, **_filestore(e, cell, items[e.name], "files"), **_pace(_promise(e)["rpo_seconds"])}
            for e in here
        ],
        # As somebody who can't write reads them, to bring files back.
        "estate_filestore_sources": [{"environment": e.name, **_filestore(e, cell, items[e.name], "restorer")} for e in here],
    }


def _filestore(environment: Environment, cell: Cell, facts: Settings, kind: str) -> Settings:
    return {
        "cell": cell.name,
        "name": environment.name,
        "path": f"{DATA_DIR}/{environment.name}/filestore/{facts['database']}",
        "bucket": files_bucket(cell),
        "access_key": access_key(cell, kind),
        "secrets": {"secret_key": f"backup_{kind}", "cipher_pass": "backup_files_cipher"},
    }


def _pace(rpo: int) -> Settings:
    """A file may wait for the pause and the copy that follows it, together no longer than what may be lost."""
    return {"every_seconds": max(min(rpo // 2, LONGEST_PAUSE), SHORTEST_PAUSE), "promised_seconds": rpo}


def _environment(environment: Environment, facts: Settings) -> Settings:
    """What a recovery point says of it: with that, the store and the secrets it can be built again on empty hosts."""
    words = {name: facts[name] for name in ("image", "modules", "addons", "domains")}
    about = {"tenant": environment.tenant, "tier": environment.tier, "stage": environment.stage}
    return {"environment": environment.name, "database": facts["database"], "facts": {**about, **words}}


def _promise(environment: Environment) -> Settings:
    """Of a restore. A tier that loses nothing keeps that by its members; from the store comes what its archive gives."""
    settings = environment.settings
    return {
        "rto_seconds": settings["recovery.rto_seconds"],
        "rpo_seconds": settings["recovery.rpo_seconds"] or loss_of_backup(settings),
    }


def _store(cell: Cell, estate: Estate) -> Settings:
    machine, url = machine_of(cell, estate), urlsplit(cell.store["endpoint"] or "")
    return {
        "backup_agent_store_host": machine.address if machine else url.hostname,
        "backup_agent_store_port": OBJECT_STORE_PORT if machine else url.port or 443,
        "backup_agent_store_region": cell.store["region"],
        "backup_agent_store_ca": OWN_CA if machine else cell.store["ca_path"],
    }


def second_store(cell: Cell) -> Settings:
    """Without its secrets. What goes there is databases: copies of files have the first store only."""
    second = cell.second_store
    if not second:
        return {}
    url, name = urlsplit(second["endpoint"]), f"{stanza_of(cell)}-second"
    return {
        "host": url.hostname,
        "port": url.port or 443,
        "region": second["region"],
        "ca": second["ca_path"],
        "bucket": second["bucket"] or name,
        "access_key": second["writer_access_key"] or f"{name}-writer",
        "restore_access_key": second["restorer_access_key"] or f"{name}-restorer",
        "full_every_hours": second["full_every_hours"],
        "incremental_every_hours": second["incremental_every_hours"],
        "retention_days": second["retention_days"] or max(each(cell, "retention_days")),
    }


def environments(cell: Cell) -> list[Environment]:
    return [environment for environment in cell.environments if environment.settings["backup.enabled"]]


def recorded(cell: Cell) -> list[Environment]:
    """Whose records are kept."""
    return [environment for environment in environments(cell) if environment.settings["backup.records_retention_years"]]


def each(cell: Cell, setting: str) -> list[Any]:
    return [environment.settings[f"backup.{setting}"] for environment in environments(cell)]


def _shortest(cell: Cell, setting: str) -> int:
    """Of those who ask for it at all."""
    return min((value for value in each(cell, setting) if value), default=0)


def stanza_of(cell: Cell) -> str:
    """As a bucket's name wants it, which knows no underscore."""
    return cell.name.replace("_", "-")


def bucket(cell: Cell) -> str:
    return str(cell.store["bucket"] or f"{stanza_of(cell)}-database")


def files_bucket(cell: Cell) -> str:
    return str(cell.store["filestore_bucket"] or f"{stanza_of(cell)}-filestore")


def records_bucket(cell: Cell) -> str:
    return str(cell.store["records_bucket"] or f"{stanza_of(cell)}-records")


def access_key(cell: Cell, who: str) -> str:
    return str(cell.store[f"{who}_access_key"] or f"{stanza_of(cell)}-{who}")
