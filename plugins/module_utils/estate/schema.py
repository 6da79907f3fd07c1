# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words people write: keys of environments, cells, machines and tier settings."""

from __future__ import annotations

from .fields import Field

NAME = r"[a-z][a-z0-9_]{0,47}"
MACHINE_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,252}"
DOMAIN = r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
ENDPOINT = r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?/?"
# Not 02-29, which most years don't have.
DAY_OF_YEAR = r"(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])"
BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
DEBIAN_CA = "/etc/ssl/certs/ca-certificates.crt"
STAGES = ("production", "staging", "development", "training")
ROLES = ("app", "backup", "edge", "postgres", "redis")
NEEDED_ROLES = ("app", "edge", "postgres", "redis")
ISOLATION = ("pooled", "shared", "dedicated")
PORT_FIRST, PORT_LAST, PORT_BLOCK = 10000, 32767, 4
# Of the database role that takes turns with the one that is named like the environment.
SECOND_LOGIN = "_second"
DEFAULT_IMAGE = "{{ odoo_container_image }}"
# Who names none has none.
FRONT_IMAGE = "{{ odoo_container_front_image | default('') }}"
DEFAULT_MODULES = ("account",)
DEFAULT_EXTENSIONS = ("pg_trgm", "unaccent")

ENVIRONMENT: dict[str, Field] = {
    "service_tier": Field("string", "the name of a tier of the catalogue", required=True),
    "tenant": Field("string", "the customer or legal entity that owns the environment", required=True, pattern=NAME),
    "cell": Field("string", "the cell that serves it: X for the inventory group cell_X", required=True),
    "stage": Field("string", "what the environment is used for", required=True, choices=STAGES),
    "domains": Field(
        "list", "the host names users type", required=True, items=Field("string", "a lower-case host name", pattern=DOMAIN)
    ),
    "owner": Field("string", "the person or team that answers for it", default=""),
    "cost_centre": Field("string", "where its cost is booked", default=""),
    "data_classification": Field(
        "string",
        "how sensitive its data is",
        default="internal",
        choices=("public", "internal", "confidential", "restricted"),
    ),
    "modules": Field("list", "Odoo modules to install", items=Field("string", "a module", pattern=r"[a-z][a-z0-9_]*")),
    "addons": Field(
        "list",
        "archives of custom Odoo modules",
        items=Field("mapping", "archive, a tar archive on the controller, and sha256"),
    ),
    "image": Field("string", "the container image, by digest; a template is evaluated on the app machine"),
    "database_name": Field("string", "the name of its database; default: the environment's name", pattern=NAME),
    "database_extensions": Field(
        "list", "PostgreSQL extensions", items=Field("string", "an extension", pattern=r"[a-z][a-z0-9_-]*")
    ),
    "promoted_from": Field(
        "string", "the environment that must have run its code before, where the tier's change.policy is not free"
    ),
    "certificate": Field(
        "string",
        "who signs for its domains: internal, the estate's own authority; acme, the one of its edge's traefik_acme_directory",
        default="internal",
        choices=("internal", "acme"),
    ),
    "allow_from": Field(
        "list", "the networks whose addresses may reach it; default: everybody", items=Field("network", "a network")
    ),
    "forward_auth": Field(
        "mapping", "who is asked about each request first, as the role traefik takes it: address, requests, headers, ca_path"
    ),
    "app_machine": Field("string", "the app machine that runs it; default: chosen by hash among the cell's app machines"),
    "port_block": Field("integer", "first of its four ports", minimum=PORT_FIRST, maximum=PORT_LAST - PORT_BLOCK + 1),
    "overrides": Field("mapping", "settings of the tier that this environment changes, such as sizing.workers: 4"),
}

CELL: dict[str, Field] = {
    "cell_isolation": Field(
        "string", "shared: many environments; dedicated: one", required=True, choices=("shared", "dedicated")
    ),
    "cell_runtime": Field("string", "what runs the containers", default="docker", choices=("docker",)),
    "cell_network": Field("network", "the network of its machines"),
    "cell_container_networks": Field("network", "the pool its container networks are taken from"),
    "cell_edge_addresses": Field(
        "list",
        "addresses that move between its edges, each with its network's prefix, such as 192.0.2.10/24",
        items=Field("string", "one"),
    ),
    "cell_backup_store": Field("mapping", "where its backups go"),
    "cell_second_store": Field("mapping", "where backups of its databases go as well, best in another place"),
}

STORE: dict[str, Field] = {
    "kind": Field("string", "what the store is", required=True, choices=("none", "object_storage")),
    "object_lock": Field("boolean", "the store refuses to delete before the retention date", default=False),
    "cell": Field("string", "the cell whose machine with the role backup is the store; default: the cell itself"),
    "endpoint": Field("string", "URL of a store that is given, instead of a machine of the estate", pattern=ENDPOINT),
    "region": Field("string", "region of the buckets", default="us-east-1"),
    "ca_path": Field("string", "on the machines, the authority of the given store's certificate", default=DEBIAN_CA),
    "bucket": Field("string", "the bucket of the cell's databases; default: <cell>-database", pattern=BUCKET),
    "filestore_bucket": Field("string", "the bucket of its filestores; default: <cell>-filestore", pattern=BUCKET),
    "records_bucket": Field("string", "the bucket of what is kept for years; default: <cell>-records", pattern=BUCKET),
    "writer_access_key": Field("string", "who writes the backups of databases, and records; default: <cell>-writer"),
    "files_access_key": Field("string", "who writes the copies of filestores; default: <cell>-files"),
    "restorer_access_key": Field("string", "who reads all of them; default: <cell>-restorer"),
}

SECOND_STORE: dict[str, Field] = {
    "endpoint": Field("string", "URL of the store, whose buckets and keys its operator makes", required=True, pattern=ENDPOINT),
    "region": Field("string", "region of the bucket", default="us-east-1"),
    "ca_path": Field("string", "on the machines, the authority of the store's certificate", default=DEBIAN_CA),
    "bucket": Field("string", "the bucket; default: <cell>-second", pattern=BUCKET),
    "writer_access_key": Field("string", "who writes there; default: <cell>-second-writer"),
    "restorer_access_key": Field("string", "who reads there; default: <cell>-second-restorer"),
    "full_every_hours": Field("integer", "time between two full backups there", default=168, minimum=1),
    "incremental_every_hours": Field(
        "integer", "time between two backups of any kind there; 0: full ones only", default=24, minimum=0
    ),
    "retention_days": Field("integer", "how long moments can be restored from there; default: as the tiers ask", minimum=1),
}

MACHINE: dict[str, Field] = {
    "machine_roles": Field("list", "what the machine does", required=True, items=Field("string", "a role", choices=ROLES)),
    "address": Field("string", "the name or IP address peers use; default: the inventory name", pattern=r"[A-Za-z0-9_.:-]+"),
    "machine_memory_mb": Field("integer", "memory for environments", minimum=1),
    "machine_cpus": Field("number", "CPUs for environments", minimum=0.1),
    "machine_disk_gb": Field("integer", "disk for databases and filestores", minimum=1),
}

TIER: dict[str, Field] = {
    "isolation": Field("string", "pooled or shared: any cell; dedicated: a cell of its own", choices=ISOLATION),
    "disposable": Field("boolean", "may be destroyed and rebuilt at any time"),
    "stages": Field("list", "stages the tier may serve", items=Field("string", "a stage", choices=STAGES)),
    "availability.database_members": Field("integer", "database members the cell must have, at least", minimum=1, maximum=5),
    "availability.redis_members": Field(
        "integer", "Redis members the cell must have, at least; among three, Sentinels choose the primary", minimum=1, maximum=3
    ),
    "availability.synchronous_mode": Field("string", "synchronous replication", choices=("off", "on", "quorum")),
    "availability.synchronous_strict": Field("boolean", "refuse writes rather than accept them on one member only"),
    "recovery.rpo_seconds": Field("integer", "most data, in seconds, that a disaster may cost; 0 is none", minimum=0),
    "recovery.rto_seconds": Field("integer", "longest time until service is back", minimum=1),
    "backup.enabled": Field("boolean", "backups are taken"),
    "backup.full_every_hours": Field("integer", "time between two full backups", minimum=1),
    "backup.differential_every_hours": Field(
        "integer", "time between two backups that need only the last full one; 0: none between full ones", minimum=0
    ),
    "backup.incremental_every_hours": Field(
        "integer", "time between two backups of any kind, which store what changed since the last one; 0: none", minimum=0
    ),
    "backup.wal_archive_seconds": Field("integer", "longest wait before WAL is archived; 0: no archiving", minimum=0),
    "backup.retention_days": Field("integer", "how long recovery points are kept", minimum=0),
    "backup.records_retention_years": Field("integer", "how long records, one a year, are kept; 0: none are taken", minimum=0),
    "backup.records_on": Field(
        "string",
        "the day of the year, MM-DD, from which that year's record is due: after the books are closed",
        pattern=DAY_OF_YEAR,
    ),
    "backup.immutable": Field("boolean", "nobody can delete a backup before its date"),
    "backup.immutable_days": Field("integer", "how long a backup cannot be deleted", minimum=0),
    "backup.restore_test_every_days": Field("integer", "time between two restore tests; 0: never", minimum=0),
    "sizing.workers": Field(
        "integer", "Odoo HTTP workers; 0: computed from its cpus and memory (docs/sizing.md)", minimum=0, overridable=True
    ),
    "sizing.cron_threads": Field("integer", "Odoo cron workers", minimum=0, overridable=True),
    "sizing.memory_mb": Field("integer", "memory limit of the application", minimum=256, overridable=True),
    "sizing.cpus": Field("number", "CPU limit of the application", minimum=0.1, overridable=True),
    "sizing.connection_limit": Field("integer", "connections of its database role", minimum=5, overridable=True),
    "sizing.front": Field(
        "boolean",
        "a web server of its own sends static files and attachments, where odoo_container_front_image names one",
        overridable=True,
    ),
    "quotas.database_gb": Field("integer", "size of the database", minimum=1, overridable=True),
    "quotas.filestore_gb": Field("integer", "size of the filestore", minimum=1, overridable=True),
    "quotas.requests_per_second": Field(
        "integer", "requests per second of pages, and as many of the API; ten times as many at once", minimum=1, overridable=True
    ),
    "slo.availability_percent": Field("number", "availability objective", minimum=0, maximum=100),
    "slo.latency_p95_ms": Field("integer", "response time objective", minimum=1),
    "network.egress": Field("boolean", "the application may reach more than its database and its sessions"),
    "hardening.profile": Field("string", "baseline of the machines", choices=("baseline", "strict")),
    "change.policy": Field("string", "what a change needs", choices=("free", "reviewed", "approved")),
    "change.close_freeze": Field("boolean", "no change while the books are being closed"),
    "schedule.running": Field("string", "when it runs", choices=("always", "office_hours"), overridable=True),
    "logs.retention_days": Field("integer", "how long logs are kept", minimum=1, overridable=True),
    "price.currency": Field("string", "ISO 4217 code", pattern="[A-Z]{3}", overridable=True),
    "price.monthly": Field("money", "price per month", overridable=True),
}
OVERRIDABLE = {key: field for key, field in TIER.items() if field.overridable}
