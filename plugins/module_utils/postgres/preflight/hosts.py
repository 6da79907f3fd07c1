# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What is refused of one host: what it holds already, its certificates, its network and its disk. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Facts = Mapping[str, Any]
# A copy needs a little more than the original, which grows while it is copied.
COPY_MARGIN = 1.2
_MIB = 1 << 20
_UNITS = {"kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


def postgres(wanted: Facts, host: Facts) -> Iterator[str]:
    name, data_dir = host["member"], wanted["data_dir"]
    if host["debian_clusters"]:
        yield (
            f"{name} already has a PostgreSQL cluster outside Patroni ({', '.join(host['debian_clusters'])}): "
            "move its data away (pg_dump, then pg_dropcluster) or choose another host."
        )
    foreign = [data["path"] for data in host["data"] if data["path"] not in (data_dir, f"{data_dir}.failed")]
    if foreign:
        yield (
            f"{name} already holds the PostgreSQL data of another cluster or version ({', '.join(foreign)}), "
            f"but cluster {wanted['cluster']} lives in {data_dir}: move it away, or choose another host."
        )
    own = next((data for data in host["data"] if data["own"]), None)
    if own and not own["managed"] and not host["patroni"]["configured"]:
        yield f"{name}: {data_dir} holds PostgreSQL data that Patroni has never managed: move it away first."
    if own and own["version"] != str(wanted["version"]):
        yield f"{name}: {data_dir} holds data of PostgreSQL {own['version']}, not {wanted['version']}: move it away first."
    if host["patroni"]["foreign"]:
        yield (
            f"{name} has a Patroni that this role did not make (/etc/patroni/config.yml): "
            "remove it (apt-get purge patroni) or choose another host."
        )
    if host["open_ports"] and not host["patroni"]["configured"]:
        ports = ", ".join(map(str, host["open_ports"]))
        yield f"{name}: something else listens on port {ports} already: stop it, or give the cluster other ports."


def certificates(wanted: Facts, host: Facts) -> Iterator[str]:
    name = host["member"]
    missing = sorted(file for file, digest in host["files"].items() if not digest)
    # A dry run of a whole site on a bare host has no certificates yet: the pki role only said that it would make them.
    if missing and not wanted["dry_run"]:
        yield (
            f"{name} lacks {', '.join(missing)} in {wanted['pki_dir']}: "
            "run the role tierline.erp.pki first, or put the files there."
        )
    for certificate, seen in sorted(host["certificates"].items()):
        if seen["present"]:
            yield from _certificate(wanted, host, certificate, seen)


def _certificate(wanted: Facts, host: Facts, certificate: str, seen: Facts) -> Iterator[str]:
    where = f"{host['member']}: {wanted['pki_dir']}/{certificate}/tls.crt"
    cure = "run the role tierline.erp.pki, or put a new one there."
    address = {member["name"]: member["address"] for member in wanted["members"]}.get(host["member"])
    if seen["days_left"] < wanted["certificate_days_min"]:
        yield (
            f"{where} ends in {seen['days_left']} days, and postgres_ha_certificate_days_min asks for "
            f"{wanted['certificate_days_min']}: {cure}"
        )
    if not seen["trusted"]:
        yield f"{where} is not signed by the authority in {wanted['pki_dir']}/ca.crt: {cure}"
    if not seen["key_matches"]:
        yield f"{where} does not belong to the key beside it: {cure}"
    if address and not {address, f"*.{address.partition('.')[2]}"} & set(seen["valid_for"]):
        yield f"{where} is valid for {', '.join(seen['valid_for'])}, not for the member's address {address}: {cure}"


def network(host: Facts) -> Iterator[str]:
    for name, problem in sorted(host["out_of_reach"].items()):
        yield (
            f"{host['member']} cannot reach the member {name} ({problem}): the members need each other's ports for PostgreSQL, "
            f"Patroni and etcd. Mend name or firewall, start the host, or replace or remove the member {name}."
        )


def disk(wanted: Facts, hosts: Sequence[Facts]) -> Iterator[str]:
    """free >= free_space_min, and for a host that is yet to hold data: + max_wal_size + 1.2 * what it has to copy."""
    copy = max((data["bytes"] for host in hosts for data in host["data"] if data["own"]), default=0)
    for host in hosts:
        need = wanted["free_space_min"] * _MIB
        what = f"postgres_ha_free_space_min is {wanted['free_space_min']} MiB"
        if not host["born"]:
            need += size(wanted["max_wal_size"]) + int(copy * COPY_MARGIN)
            what += f", max_wal_size {wanted['max_wal_size']}, a copy of the data {_mib(int(copy * COPY_MARGIN))}"
        if host["free_bytes"] < need:
            yield (
                f"{host['member']} has {_mib(host['free_bytes'])} free for {wanted['data_dir']} and needs {_mib(need)} ({what}): "
                "enlarge the filesystem, or free space on it."
            )


def size(text: Any) -> int:
    """PostgreSQL's notation of a size in bytes; a bare number counts megabytes, as for max_wal_size."""
    number, unit = re.fullmatch(r"\s*(\d+)\s*(kB|MB|GB|TB)?\s*", str(text)).groups()  # type: ignore[union-attr]
    return int(number) * _UNITS[unit or "MB"]


def _mib(count: int) -> str:
    return f"{count // _MIB} MiB"
