# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused before a cluster is touched: module_utils/postgres/preflight/."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.postgres.preflight import refusals as preflight
from ansible_collections.tierline.erp.plugins.module_utils.postgres.preflight.cluster import departure, start
from ansible_collections.tierline.erp.plugins.module_utils.postgres.preflight.hosts import size

GIB = 1 << 30
DATA = "/var/lib/postgresql/17/shared"


def wanted(*names, **changes):
    names = names or ("db1", "db2", "db3")
    return {
        "cluster": "shared",
        "member": names[0],
        "members": [{"name": name, "address": f"{name}.example.net"} for name in names],
        "remove": [],
        "etcd_given": [],
        "etcd_peer_port": 2380,
        "version": 17,
        "release": {"postgresql": 17, "patroni": 4, "pgbouncer": 1.24},
        "debian": "13",
        "synchronous_mode": "quorum",
        "synchronous_strict": False,
        "timing": {"ttl": 20, "loop_wait": 2, "retry_timeout": 9},
        "data_dir": DATA,
        "pki_dir": "/etc/tierline/pki",
        "certificate_days_min": 7,
        "free_space_min": 1024,
        "max_wal_size": "2GB",
        "dry_run": False,
        "passwords": {"postgres_ha_replication_password": "a", "postgres_ha_api_password": "b"},
    } | changes


def host(name="db1", **changes):
    """A host that is a member already and well."""
    certificate = {"present": True, "days_left": 60, "trusted": True, "key_matches": True, "valid_for": [f"{name}.example.net"]}
    return {
        "cluster": "shared",
        "member": name,
        "members": [],
        "data": [data()],
        "born": True,
        "debian_clusters": [],
        "patroni": {"installed": True, "configured": True, "foreign": False},
        "free_bytes": 50 * GIB,
        "certificates": {"etcd": dict(certificate)},
        "files": {"ca.crt": "0a", "etcd/tls.crt": "1b"},
        "out_of_reach": {},
        "open_ports": [5432],
        "etcd_data": {"path": "/var/lib/etcd/shared", "member_id": name[2:], "cluster_id": "c1"},
        "etcd": etcd(),
    } | changes


def bare(name, **changes):
    return host(
        name,
        data=[],
        born=False,
        patroni={"installed": False, "configured": False, "foreign": False},
        open_ports=[],
        etcd_data=None,
        **changes,
    )


def data(**changes):
    return {"path": DATA, "version": "17", "system_identifier": "77", "managed": True, "own": True, "bytes": GIB} | changes


def etcd(*names, dead=(), quorum=True, identifier="77"):
    return {
        "cluster_id": "c1",
        "quorum": quorum,
        "system_identifier": identifier,
        "members": [
            {
                "id": name[2:],
                "name": name,
                "peer_urls": [f"https://{name}.example.net:2380"],
                "client_urls": ["https://x"],
                "learner": False,
                "leader": name == "db1",
                "healthy": name not in dead,
            }
            for name in names or ("db1", "db2", "db3")
        ],
        "patroni": {"leader": "db1", "members": list(names or ("db1", "db2", "db3"))},
    }


def given(name, **changes):
    """A member whose etcd is somewhere else."""
    return host(name, **{"etcd_data": None, "etcd": etcd("etcd1")} | changes)


WELL = [host("db1"), host("db2"), host("db3")]


def refused(want, *hosts):
    """Of hosts that are all told the same."""
    return preflight.refusals(want, [{**host, "members": want["members"]} for host in hosts or WELL])


@pytest.mark.parametrize(
    ("want", "hosts"),
    [
        (wanted(), WELL),
        (wanted("db1"), [bare("db1", etcd=None)]),
        (wanted(), [bare(name, etcd=None) for name in ("db1", "db2", "db3")]),
        # growth, a member that lost its host, one that is removed, everything off
        (wanted(), [host("db1", etcd=etcd("db1")), bare("db2", etcd=etcd("db1")), bare("db3", etcd=etcd("db1"))]),
        (wanted(), [host("db1", etcd=etcd(dead=["db3"])), host("db2", etcd=etcd(dead=["db3"])), bare("db3", etcd=None)]),
        (wanted("db1", remove=["db2", "db3"]), [host("db1", etcd={**etcd(), "patroni": {"leader": "db1", "members": ["db1"]}})]),
        (wanted(), [host(name, etcd=None) for name in ("db1", "db2", "db3")]),
        (wanted(), [host(name, etcd=etcd(dead=["db2", "db3"], quorum=False, identifier="")) for name in ("db1", "db2", "db3")]),
        # data that Patroni has put aside, a wildcard certificate, a dry run of a bare site
        (wanted(), [*WELL[:2], host("db3", data=[data(), data(path=f"{DATA}.failed", own=False)])]),
        (wanted("db1", dry_run=True), [bare("db1", etcd=None, files={"ca.crt": ""}, certificates={})]),
        # an etcd that is given: new, growth or a host that was lost, a dry run of a site whose certificates are yet to come
        (wanted(etcd_given=["etcd1"]), [bare(name, etcd=etcd("etcd1", identifier="")) for name in ("db1", "db2", "db3")]),
        (wanted(etcd_given=["etcd1"]), [given("db1"), bare("db2", etcd=etcd("etcd1")), bare("db3", etcd=etcd("etcd1"))]),
        (wanted("db1", etcd_given=["etcd1"], dry_run=True), [bare("db1", etcd=None, files={"ca.crt": ""}, certificates={})]),
    ],
)
def test_what_works_is_not_refused(want, hosts):
    assert refused(want, *hosts) == []


@pytest.mark.parametrize(
    ("want", "needles"),
    [
        (wanted("db1", "db2"), ["lists 2 hosts: quorum needs an odd number, 1, 3 or 5"]),
        (wanted("db1", "db1", "db2"), ["lists a name twice: db1, db1, db2", "lists an address twice"]),
        (wanted(member="db9"), ["(db1, db2, db3) lacks this host's member name db9"]),
        (wanted(remove=["db3"]), ["postgres_ha_members_remove names db3, which postgres_ha_members lists"]),
        (wanted(version=16), ["postgres_ha_version is 16, but Debian 13 has PostgreSQL 17"]),
        (
            wanted(release={"postgresql": 17, "patroni": 3, "pgbouncer": 1.18}, debian="12"),
            ["needs Patroni 4; Debian 12 has Patroni 3", "Debian 12 has PgBouncer 1.18, which looks passwords up"],
        ),
        (wanted(synchronous_strict=True, synchronous_mode="off"), ["would promise what nothing keeps"]),
        (
            wanted(timing={"ttl": 20, "loop_wait": 5, "retry_timeout": 10}),
            ["postgres_ha_ttl is 20, less than postgres_ha_loop_wait + 2 * postgres_ha_retry_timeout = 25"],
        ),
        (wanted(timing={"ttl": 15, "loop_wait": 2, "retry_timeout": 3}), ["takes no less than 20, 1 and 3"]),
        (wanted(passwords={"postgres_ha_replication_password": "a$$b"}), ["without two dollar signs in a row"]),
        (wanted(passwords={"postgres_ha_api_password": "ä"}), ["postgres_ha_api_password must be printable ASCII"]),
        (wanted(free_space_min=100_000), ["db1 has 51200 MiB free", "needs 100000 MiB", "db3 has 51200 MiB free"]),
    ],
)
def test_settings_that_cannot_work(want, needles):
    said = "\n".join(refused(want))
    assert [needle for needle in needles if needle not in said] == []


@pytest.mark.parametrize(
    ("found", "needle"),
    [
        (
            {"debian_clusters": ["/etc/postgresql/17/main/postgresql.conf"]},
            "db3 already has a PostgreSQL cluster outside Patroni",
        ),
        (
            {"data": [data(), data(path="/var/lib/postgresql/16/old", own=False)]},
            "of another cluster or version (/var/lib/postgresql/16/old)",
        ),
        ({"data": [data(version="16")]}, f"{DATA} holds data of PostgreSQL 16, not 17"),
        (
            {"data": [data(system_identifier="88")]},
            "db3 holds PostgreSQL data of another cluster: its system identifier is 88, the cluster's is 77",
        ),
        ({"data": [data(system_identifier="")]}, "its system identifier is unreadable"),
        ({"patroni": {"installed": True, "configured": True, "foreign": True}}, "a Patroni that this role did not make"),
        (
            {
                "open_ports": [],
                "data": [data(managed=False)],
                "patroni": {"installed": True, "configured": False, "foreign": False},
            },
            "holds PostgreSQL data that Patroni has never managed",
        ),
        (
            {"open_ports": [5432], "patroni": {"installed": True, "configured": False, "foreign": False}},
            "db3: something else listens on port 5432 already",
        ),
        (
            {"files": {"ca.crt": "0a", "etcd/tls.crt": ""}},
            "db3 lacks etcd/tls.crt in /etc/tierline/pki: run the role tierline.erp.pki first",
        ),
        (
            {"out_of_reach": {"db2": "db2.example.net port 2380: no answer within 3 s"}},
            "db3 cannot reach the member db2 (db2.example.net port 2380",
        ),
        (
            {"etcd_data": {"path": "/e", "member_id": "3", "cluster_id": "c2"}},
            "db3 holds data of another etcd cluster (c2, this one is c1)",
        ),
        (
            {"etcd_data": {"path": "/e", "member_id": "9", "cluster_id": "c1"}},
            "db3 holds data of a member that was removed from etcd",
        ),
        ({"free_bytes": GIB // 2}, "db3 has 512 MiB free"),
    ],
)
def test_a_host_that_is_not_fit(found, needle):
    said = refused(wanted(), *WELL[:2], host("db3", **found))
    assert len(said) == 1
    assert needle in said[0]
    assert ": " in said[0], "says how to mend it"


@pytest.mark.parametrize(
    ("seen", "needle"),
    [
        ({"days_left": 6}, "ends in 6 days, and postgres_ha_certificate_days_min asks for 7"),
        ({"trusted": False}, "is not signed by the authority"),
        ({"key_matches": False}, "does not belong to the key beside it"),
        ({"valid_for": ["other.example.net"]}, "is valid for other.example.net, not for the member's address db1.example.net"),
    ],
)
def test_certificates(seen, needle):
    spoilt = copy.deepcopy(WELL)
    spoilt[0]["certificates"]["etcd"] |= seen
    assert [needle in line for line in refused(wanted(), *spoilt)] == [True]


def test_a_wildcard_certificate_fits():
    spoilt = copy.deepcopy(WELL)
    spoilt[0]["certificates"]["etcd"]["valid_for"] = ["*.example.net"]
    assert refused(wanted(), *spoilt) == []


def test_a_newcomer_needs_room_for_a_copy():
    seen = etcd("db1")
    hosts = [host("db1", etcd=seen), bare("db2", etcd=seen), bare("db3", etcd=seen, free_bytes=4 * GIB)]
    # 1 GiB + 2 GiB of WAL + 1.2 times 1 GiB of data.
    assert ["db3 has 4096 MiB free" in line and "needs 4300 MiB" in line for line in refused(wanted(), *hosts)] == [True]


def test_data_of_different_clusters_where_etcd_is_silent():
    hosts = [host("db1", etcd=None), host("db2", etcd=None), host("db3", etcd=None, data=[data(system_identifier="88")])]
    assert ["db1 77, db2 77, db3 88" in line for line in refused(wanted(), *hosts)] == [True]
    hosts[2] = host("db3", etcd=None, etcd_data={"path": "/e", "member_id": "3", "cluster_id": "c9"})
    assert ["different etcd clusters: db1 c1, db2 c1, db3 c9" in line for line in refused(wanted(), *hosts)] == [True]


def test_a_member_that_is_dropped_from_the_list_without_a_word():
    hosts = [host("db1")]
    assert ["etcd has the member db2, db3, which is not among db1" in line for line in refused(wanted("db1"), *hosts)] == [True]


def test_a_member_that_is_removed_and_still_runs():
    said = refused(wanted("db1", remove=["db2", "db3"]), host("db1"))
    assert ["db2, db3 shall be removed and still runs Patroni" in line for line in said] == [True]


def test_a_newcomer_that_is_not_in_the_play():
    seen = etcd("db1")
    said = refused(wanted(), host("db1", etcd=seen), bare("db2", etcd=seen))
    assert said == ["db3 is no member of the cluster yet and not in this play: include its host, or take it off the list."]


def test_growth_without_a_quorum():
    seen = etcd("db1", "db2", "db3", dead=["db2", "db3"], quorum=False)
    hosts = [host("db1", etcd=seen), *(bare(name, etcd=seen) for name in ("db4", "db5"))]
    said = refused(wanted("db1", "db4", "db5", remove=["db2", "db3"]), *hosts)
    assert any("1 of 3 voting members of etcd answer and changing members takes 2" in line for line in said)


def test_growth_of_an_etcd_that_is_off():
    hosts = [host("db1", etcd=None), bare("db2", etcd=None), bare("db3", etcd=None)]
    assert [
        "etcd answers on none of db1, db2, db3, and db2, db3 can't join it" in line for line in refused(wanted(), *hosts)
    ] == [True]


@pytest.mark.parametrize(
    ("seen", "needle"),
    [
        (None, "db1 gets no answer from etcd on etcd1, etcd2, which postgres_ha_etcd gives"),
        (etcd("etcd1", "etcd2", quorum=False), "etcd on etcd1, etcd2, which postgres_ha_etcd gives, has no quorum"),
    ],
)
def test_an_etcd_that_was_given_and_does_not_work(seen, needle):
    said = refused(wanted("db1", etcd_given=["etcd1", "etcd2"]), given("db1", etcd=seen))
    assert len(said) == 1
    assert said[0].startswith(needle)


def test_an_etcd_that_was_given_keeps_another_cluster():
    seen = etcd("etcd1", identifier="78")
    assert (
        "system identifier is 77, the cluster's is 78" in refused(wanted("db1", etcd_given=["etcd1"]), given("db1", etcd=seen))[0]
    )


def test_hosts_that_are_told_of_different_members():
    hosts = [{**host(name), "members": wanted(*names)["members"]} for name, names in (("db1", ["db1"]), ("db2", []), ("db3", []))]
    assert "db1 and db2 are given different postgres_ha_members" in preflight.refusals(wanted(member="db2"), hosts)[0]


def test_everything_is_told_at_once_and_once():
    hosts = [host("db1", free_bytes=0), host("db2", debian_clusters=["x"]), host("db3", out_of_reach={"db1": "x"})]
    assert len(refused(wanted(synchronous_mode="off", synchronous_strict=True), *hosts)) == 4


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ([bare("db1", etcd=None), bare("db2", etcd=None)], {"founding": True, "newcomers": [], "lost": []}),
        # A founding that was cut off: one has begun to wait for the others.
        ([host("db1", etcd=None, born=False), bare("db2", etcd=None)], {"founding": True, "newcomers": [], "lost": []}),
        ([host("db1", etcd=None), host("db2", etcd=None)], {"founding": False, "newcomers": [], "lost": []}),
        ([host("db1", etcd=etcd("db1")), bare("db2", etcd=None)], {"founding": False, "newcomers": ["db2"], "lost": []}),
        (
            [bare("db3", etcd=None), host("db1", etcd=etcd("db1", "db2")), bare("db2", etcd=None)],
            {"founding": False, "newcomers": ["db2", "db3"], "lost": ["db2"]},
        ),
    ],
)
def test_how_etcd_comes_to_run(hosts, expected):
    assert start(wanted(), hosts) == expected


@pytest.mark.parametrize(("text", "expected"), [("2GB", 2 * GIB), ("512MB", GIB // 2), (1024, GIB), ("1024", GIB), ("8kB", 8192)])
def test_sizes(text, expected):
    assert size(text) == expected


STAYING = {"member": "db4", "members": wanted()["members"]}
FIVE = ("db1", "db2", "db3", "db4", "db5")


@pytest.mark.parametrize(
    ("seen", "needle"),
    [
        (etcd(*FIVE), None),
        ({**etcd(*FIVE), "patroni": {"leader": "db4", "members": FIVE}}, "db4 is the primary: switch over first"),
        ({**etcd(*FIVE), "patroni": {"leader": "db5", "members": FIVE}}, "the primary is db5, which is none of db1, db2, db3"),
        ({**etcd(*FIVE), "patroni": {"leader": "", "members": FIVE}}, "the primary is nobody"),
        ({**etcd(*FIVE), "patroni": {"leader": "db1", "members": ["db1", "db2", "db4"]}}, "Patroni doesn't run on db3"),
        (etcd(*FIVE, quorum=False), "etcd has no quorum"),
        (None, "etcd has no quorum"),
    ],
)
def test_a_member_that_the_cluster_needs_stays(seen, needle):
    said = departure(STAYING, host("db4", etcd=seen))
    assert (said == []) if needle is None else (len(said) == 1 and needle in said[0])


def test_a_member_that_has_left_already_leaves_again():
    assert departure(STAYING, bare("db4", etcd=etcd("db1", "db2", "db3"))) == []


def test_a_member_that_stays_does_not_leave():
    assert "on the list of members that stay" in departure({**STAYING, "member": "db3"}, host("db3"))[0]
