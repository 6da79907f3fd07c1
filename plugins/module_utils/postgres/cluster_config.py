# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster's configuration as Patroni keeps it: what differs from what is wanted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# SELECT name FROM pg_settings WHERE context = 'postmaster', of PostgreSQL 15 and 17 together, without those of recovery and of
# paths, which Patroni keeps to itself.
_READ_AT_START = {
    "archive_mode",
    "autovacuum_freeze_max_age",
    "autovacuum_max_workers",
    "autovacuum_multixact_freeze_max_age",
    "cluster_name",
    "commit_timestamp_buffers",
    "data_sync_retry",
    "dynamic_shared_memory_type",
    "hot_standby",
    "huge_page_size",
    "huge_pages",
    "ignore_invalid_pages",
    "jit_provider",
    "listen_addresses",
    "logging_collector",
    "max_connections",
    "max_files_per_process",
    "max_locks_per_transaction",
    "max_logical_replication_workers",
    "max_notify_queue_pages",
    "max_pred_locks_per_transaction",
    "max_prepared_transactions",
    "max_replication_slots",
    "max_wal_senders",
    "max_worker_processes",
    "min_dynamic_shared_memory",
    "multixact_member_buffers",
    "multixact_offset_buffers",
    "notify_buffers",
    "old_snapshot_threshold",
    "pg_stat_statements.max",
    "port",
    "reserved_connections",
    "serializable_buffers",
    "shared_buffers",
    "shared_memory_type",
    "shared_preload_libraries",
    "subtransaction_buffers",
    "superuser_reserved_connections",
    "track_activity_query_size",
    "track_commit_timestamp",
    "transaction_buffers",
    "unix_socket_directories",
    "unix_socket_group",
    "unix_socket_permissions",
    "wal_buffers",
    "wal_decode_buffer_size",
    "wal_level",
    "wal_log_hints",
}


def plan_config(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that brings ``current`` to hold all of ``wanted``. Keys that aren't wanted stay; None removes a key."""
    patch: dict[str, Any] = {}
    for key, value in wanted.items():
        seen = current.get(key)
        if isinstance(value, Mapping):
            inner = plan_config(seen if isinstance(seen, Mapping) else {}, value)
            if inner or not isinstance(seen, Mapping):
                patch[key] = inner
        elif not _same(seen, value):
            patch[key] = value
    return patch


def restrict(current: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The part of ``current`` that the patch touches: the other side of a diff."""
    touched = {key: current[key] for key in patch if key in current}
    for key, seen in touched.items():
        if isinstance(seen, Mapping) and isinstance(patch[key], Mapping):
            touched[key] = restrict(seen, patch[key])
    return touched


def _same(seen: Any, wanted: Any) -> bool:
    if isinstance(seen, bool) or isinstance(wanted, bool):
        return seen is wanted
    # 200 and "200" are the same setting to PostgreSQL.
    return seen == wanted or (seen is not None and wanted is not None and str(seen) == str(wanted))


def needs_restart(patch: Mapping[str, Any]) -> list[str]:
    """The settings of the patch that PostgreSQL reads only when it starts."""
    section = patch.get("postgresql")
    parameters = section.get("parameters") if isinstance(section, Mapping) else None
    return sorted(set(parameters) & _READ_AT_START) if isinstance(parameters, Mapping) else []
