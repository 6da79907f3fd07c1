# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What is refused of the hosts taken together, and how etcd comes to run on them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...etcd.errors import EtcdError
from ...etcd.models import Cluster, Member, Wanted, url
from ...etcd.plan import plan

Facts = Mapping[str, Any]


def start(wanted: Facts, hosts: Sequence[Facts]) -> dict[str, Any]:
    """How etcd comes to run on these hosts.

    ``founding``: there is no cluster yet, so the hosts make one together. A founding that was cut off is one, too: nobody
    answers, and no host holds data of PostgreSQL that could be lost. ``newcomers`` join one after the other what exists.
    ``lost`` are members whose host has none of their data any more. An etcd that was given is nobody's business here.
    """
    if wanted["etcd_given"]:
        return {"founding": False, "newcomers": [], "lost": []}
    etcd = _etcd(hosts)
    bare = [host["member"] for host in hosts if not host["etcd_data"]]
    founding = etcd is None and (len(bare) == len(hosts) or not any(host["born"] for host in hosts))
    known = {member["name"] for member in etcd["members"] if member["client_urls"]} if etcd else set()
    order = [member["name"] for member in wanted["members"]]
    newcomers = [] if founding else sorted(bare, key=order.index)
    return {"founding": founding, "newcomers": newcomers, "lost": [name for name in newcomers if name in known]}


def presence(wanted: Facts, hosts: Sequence[Facts]) -> Iterator[str]:
    """A member that isn't in the play can't be made one."""
    if wanted["etcd_given"]:
        return  # Who is a member of that etcd says nothing about the cluster.
    here = {host["member"] for host in hosts}
    etcd = _etcd(hosts)
    known = {member["name"] for member in etcd["members"]} if etcd else set()
    for member in wanted["members"]:
        if member["name"] not in here | known and etcd is not None:
            name = member["name"]
            yield f"{name} is no member of the cluster yet and not in this play: include its host, or take it off the list."


def agreement(wanted: Facts, hosts: Sequence[Facts]) -> Iterator[str]:
    """Hosts of one cluster that were told of different members would make two of it."""
    told = sorted(host["member"] for host in hosts if host["members"] != wanted["members"])
    if told:
        yield (
            f"{', '.join(told)} and {wanted['member']} are given different postgres_ha_members: "
            "give all hosts of the cluster the same list."
        )


def leaving(wanted: Facts, hosts: Sequence[Facts]) -> Iterator[str]:
    """A member leaves etcd after it has stopped: otherwise it would run on, and nobody would look after it."""
    etcd = _etcd(hosts)
    running = sorted(set(wanted["remove"]) & set(etcd["patroni"]["members"])) if etcd else []
    if running:
        yield (
            f"{', '.join(running)} shall be removed and still runs Patroni: stop it with playbooks/postgres_remove_member.yml; "
            f"if the host is dead, wait {wanted['timing']['ttl']} seconds until its lease has ended."
        )


def departure(wanted: Facts, host: Facts) -> list[str]:
    """What stands against stopping this member for good. ``wanted`` holds the members that stay."""
    name, etcd = wanted["member"], host["etcd"]
    staying = [member["name"] for member in wanted["members"]]
    said = []
    if name in staying:
        said.append(f"{name} is on the list of members that stay: take it off postgres_ha_members first.")
    if etcd is None or not etcd["quorum"]:
        said.append(
            f"etcd has no quorum on {', '.join(staying)}: a member leaves a cluster that is well. Start etcd there first."
        )
        return said
    leader, running = etcd["patroni"]["leader"], etcd["patroni"]["members"]
    if leader == name:
        said.append(f"{name} is the primary: switch over first (playbooks/postgres_switchover.yml), then run this again.")
    elif leader not in staying:
        said.append(
            f"the primary is {leader or 'nobody'}, which is none of {', '.join(staying)}: make one of them the primary first."
        )
    silent = sorted(set(staying) - set(running))
    if silent:
        said.append(
            f"Patroni doesn't run on {', '.join(silent)}, which should stay: "
            "mend it first, or a failure finds nobody to take over."
        )
    return said


def identity(hosts: Sequence[Facts]) -> Iterator[str]:
    """Data of another cluster, whose name is the same."""
    etcd = _etcd(hosts)
    known = etcd["system_identifier"] if etcd else ""
    held = {host["member"]: data["system_identifier"] for host in hosts for data in host["data"] if data["own"]}
    if known:
        for name, identifier in sorted(held.items()):
            if identifier != known:
                yield (
                    f"{name} holds PostgreSQL data of another cluster: its system identifier is {identifier or 'unreadable'}, "
                    f"the cluster's is {known}. Move the data directory away if nobody needs it, or choose another host."
                )
    elif len(set(held.values())) > 1:
        seen = ", ".join(f"{name} {identifier or 'unreadable'}" for name, identifier in sorted(held.items()))
        yield (
            f"the members hold data of different clusters, by system identifier: {seen}. "
            "Move away the data of those that don't belong here, or choose other hosts."
        )


def given_etcd(wanted: Facts, hosts: Sequence[Facts]) -> Iterator[str]:
    """An etcd that was given must work before anything leans on it."""
    if not wanted["etcd_given"] or wanted["dry_run"]:
        return
    names = ", ".join(wanted["etcd_given"])
    for host in hosts:
        if host["etcd"] is None:
            yield (
                f"{host['member']} gets no answer from etcd on {names}, which postgres_ha_etcd gives: start it, open its port to "
                f"the members, and let it trust the authority in {wanted['pki_dir']}/ca.crt and show a certificate of it."
            )
        elif not host["etcd"]["quorum"]:
            yield f"etcd on {names}, which postgres_ha_etcd gives, has no quorum: mend it first."


def etcd_identity(wanted: Facts, hosts: Sequence[Facts]) -> Iterator[str]:
    if wanted["etcd_given"]:
        return
    etcd = _etcd(hosts)
    held = {host["member"]: host["etcd_data"] for host in hosts if host["etcd_data"]}
    identifiers = {data["cluster_id"] for data in held.values()}
    if etcd is None:
        if len(identifiers) > 1:
            seen = ", ".join(f"{name} {data['cluster_id']}" for name, data in sorted(held.items()))
            yield f"the members hold data of different etcd clusters: {seen}. Move away the directories that don't belong here."
        return
    members = {member["id"] for member in etcd["members"]}
    for name, data in sorted(held.items()):
        if data["cluster_id"] != etcd["cluster_id"]:
            seen = f"data of another etcd cluster ({data['cluster_id']}, this one is {etcd['cluster_id']})"
        elif data["member_id"] not in members:
            seen = "data of a member that was removed from etcd"
        else:
            continue
        yield f"{name} holds {seen}: stop etcd there and move {data['path']} away, and the next run lets it join."


def membership(wanted: Facts, hosts: Sequence[Facts]) -> Iterator[str]:
    """Let the planner of etcd's members speak before its first step."""
    if wanted["etcd_given"]:
        return
    etcd = _etcd(hosts)
    names = [member["name"] for member in wanted["members"]]
    if etcd is None:
        begun = start(wanted, hosts)
        if begun["newcomers"]:
            yield (
                f"etcd answers on none of {', '.join(names)}, and {', '.join(begun['newcomers'])} can't join it: "
                "start etcd where it was (systemctl start etcd), then run this again."
            )
        return
    if sorted(member["name"] for member in etcd["members"] if not member["learner"]) == sorted(names):
        return  # Nobody comes or goes, so a quorum that is amiss is nothing to refuse: the run may be what brings it back.
    try:
        plan(
            _cluster(etcd),
            [Wanted(member["name"], url(member["address"], wanted["etcd_peer_port"])) for member in wanted["members"]],
            wanted["remove"],
            start(wanted, hosts)["lost"],
        )
    except EtcdError as error:
        yield f"{error}. The role's variables are postgres_ha_members and postgres_ha_members_remove."


def _etcd(hosts: Sequence[Facts]) -> Facts | None:
    """What etcd says, from a host that sees a quorum if there is one."""
    answers = [host["etcd"] for host in hosts if host["etcd"]]
    return max(answers, key=lambda answer: answer["quorum"], default=None)


def _cluster(etcd: Facts) -> Cluster:
    rows = etcd["members"]
    members = tuple(
        Member(int(row["id"], 16), row["name"], tuple(row["peer_urls"]), tuple(row["client_urls"]), row["learner"])
        for row in rows
    )
    healthy = frozenset(int(row["id"], 16) for row in rows if row["healthy"])
    return Cluster(members, next((int(row["id"], 16) for row in rows if row["leader"]), 0), healthy)
