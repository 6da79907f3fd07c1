# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What is refused of the settings alone. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Facts = Mapping[str, Any]
SIZES = (1, 3, 5)
# https://www.pgbouncer.org/changelog.html
AUTH_DBNAME = 1.19
_PRINTABLE = re.compile(r"[ -~]+")


def members(wanted: Facts) -> Iterator[str]:
    listed = wanted["members"]
    names = [member["name"] for member in listed]
    for key, cure in (("name", "Each member appears once."), ("address", "Each member has its own.")):
        values = [member[key] for member in listed]
        if len(set(values)) < len(values):
            yield f"postgres_ha_members lists {'a name' if key == 'name' else 'an address'} twice: {', '.join(values)}. {cure}"
    if len(listed) not in SIZES:
        advice = f"add one, or remove one (a witness without data is not supported): {', '.join(names)}"
        yield f"postgres_ha_members lists {len(listed)} hosts: quorum needs an odd number, 1, 3 or 5; {advice}."
    if wanted["member"] not in names:
        yield (
            f"postgres_ha_members ({', '.join(names)}) lacks this host's member name {wanted['member']}: "
            "add it, or set postgres_ha_member_name. A member that leaves runs the role's entry point leave instead."
        )
    both = sorted(set(names) & set(wanted["remove"]))
    if both:
        yield f"postgres_ha_members_remove names {', '.join(both)}, which postgres_ha_members lists: take it off one of them."


def choices(wanted: Facts) -> Iterator[str]:
    release, debian = wanted["release"], wanted["debian"]
    mode = wanted["synchronous_mode"]
    if wanted["version"] != release["postgresql"]:
        yield (
            f"postgres_ha_version is {wanted['version']}, but Debian {debian} has PostgreSQL {release['postgresql']}: "
            f"set postgres_ha_version to {release['postgresql']} or change the host."
        )
    if release["pgbouncer"] < AUTH_DBNAME:
        yield (
            f"Debian {debian} has PgBouncer {release['pgbouncer']}, which looks passwords up in the client's own database only "
            f"(auth_dbname came with {AUTH_DBNAME}), where the role keeps nothing: use Debian 13."
        )
    if mode == "quorum" and release["patroni"] < 4:
        yield (
            f"postgres_ha_synchronous_mode is quorum, which needs Patroni 4; Debian {debian} has Patroni {release['patroni']}: "
            'use "on", or Debian 13.'
        )
    if wanted["synchronous_strict"] and (mode == "off" or len(wanted["members"]) < 2):
        yield (
            f"postgres_ha_synchronous_strict with synchronous mode {mode} and {len(wanted['members'])} member(s) would promise "
            'what nothing keeps, or stop every write: use mode "on" or quorum and at least 3 members.'
        )


def timing(wanted: Facts) -> Iterator[str]:
    """https://patroni.readthedocs.io/en/latest/dynamic_configuration.html"""
    ttl, loop_wait, retry = (int(wanted["timing"][key]) for key in ("ttl", "loop_wait", "retry_timeout"))
    if ttl < 20 or loop_wait < 1 or retry < 3:
        yield (
            f"postgres_ha_ttl is {ttl}, postgres_ha_loop_wait {loop_wait} and postgres_ha_retry_timeout {retry} seconds: "
            "Patroni takes no less than 20, 1 and 3. Raise what is below."
        )
    if loop_wait + 2 * retry > ttl:
        yield (
            f"postgres_ha_ttl is {ttl}, less than postgres_ha_loop_wait + 2 * postgres_ha_retry_timeout = "
            f"{loop_wait + 2 * retry}: a primary would still retry etcd while another takes over. "
            "Raise the ttl, or lower the others."
        )


def secrets(wanted: Facts) -> Iterator[str]:
    passwords = wanted["passwords"]
    unprintable = sorted(name for name, password in passwords.items() if not _PRINTABLE.fullmatch(password))
    if unprintable:
        yield f"{' and '.join(unprintable)} must be printable ASCII: choose another password."
    name = "postgres_ha_replication_password"
    if "$$" in passwords.get(name, ""):
        yield f"{name} must be printable ASCII without two dollar signs in a row, which Patroni's own SQL can't carry."
