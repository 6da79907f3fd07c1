#!/usr/bin/python
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_host_info
short_description: Read what a host has to do with a PostgreSQL cluster
version_added: 0.1.0
description:
  - Looks at a host before it becomes, stays or stops being a member of a Patroni cluster - data directories and whose they are,
    PostgreSQL that somebody else runs, certificates, free disk space, whether the other members can be reached, and what the
    running etcd knows.
  - Needs neither PostgreSQL nor Patroni nor etcd on the host. The filter P(tierline.erp.postgres_refusals#filter) judges what is
    returned.
author:
  - The tierline.erp contributors (@tierline)
requirements:
  - cryptography >= 38, where there are certificates to read
options:
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  member:
    description: Name of this host's member.
    type: str
    required: true
  members:
    description: All members.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the member.
        type: str
        required: true
      address:
        description: Name or address by which the others reach it.
        type: str
        required: true
  data_root:
    description: Directory below which data of PostgreSQL is looked for.
    type: path
    default: /var/lib/postgresql
  data_dir:
    description: Data directory of the cluster.
    type: path
    required: true
  etcd_data_dir:
    description: Data directory of etcd.
    type: path
  etcd_client_port:
    description: Port on which members' etcd serves clients. Nobody is asked by default.
    type: int
  etcd_addresses:
    description: Addresses of etcd's members where they are others than O(members).
    type: list
    elements: str
    default: []
  patroni_prefix:
    description: What the keys begin with under which Patroni keeps the cluster in etcd.
    type: str
    default: ""
  pki_dir:
    description: Directory with C(ca.crt) and the certificates.
    type: path
  certificates:
    description: Names of the certificates.
    type: list
    elements: str
    default: []
  client_certificate:
    description: Which of the certificates etcd is asked with.
    type: str
    default: patroni
  ports:
    description: Ports on which the other members must be reachable. One where nothing listens yet is reachable, too.
    type: list
    elements: int
    default: []
  own_ports:
    description: Ports that this host's own services take. Those that are open are returned.
    type: list
    elements: int
    default: []
  timeout:
    description: How long a port may take to answer, in seconds.
    type: float
    default: 3
extends_documentation_fragment:
  - tierline.erp.attributes.info
"""

EXAMPLES = r"""
- name: Read what is on the host
  tierline.erp.postgres_host_info:
    cluster: shared
    member: db1
    members:
      - {name: db1, address: db1.example.net}
      - {name: db2, address: db2.example.net}
      - {name: db3, address: db3.example.net}
    data_dir: /var/lib/postgresql/17/shared
    ports: [2380, 5432, 8008]
  register: host
"""

RETURN = r"""
cluster:
  description: The option O(cluster), so that hosts of one play can be told apart.
  returned: success
  type: str
  sample: shared
member:
  description: The option O(member).
  returned: success
  type: str
  sample: db1
members:
  description: The option O(members).
  returned: success
  type: list
  elements: dict
  sample: [{name: db1, address: db1.example.net}]
data:
  description: Data directories.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Where it is.
      type: str
      sample: /var/lib/postgresql/17/shared
    version:
      description: Major version of PostgreSQL that it belongs to.
      type: str
      sample: "17"
    system_identifier:
      description: Identity of the cluster that it belongs to, the same on a primary and all its replicas.
      type: str
      sample: "7440000000000000000"
    managed:
      description: Whether Patroni has managed it.
      type: bool
    bytes:
      description: Its size on disk; 0 for directories other than O(data_dir), which are not measured.
      type: int
      sample: 41943040
born:
  description: Whether O(data_dir) holds data.
  returned: success
  type: bool
debian_clusters:
  description: Configuration files of clusters that Debian's own tools manage.
  returned: success
  type: list
  elements: str
  sample: [/etc/postgresql/17/main/postgresql.conf]
patroni:
  description: Traces of Patroni.
  returned: success
  type: dict
  contains:
    installed:
      description: Whether the package is there.
      type: bool
    configured:
      description: Whether the role postgres_ha has configured it.
      type: bool
    foreign:
      description: Whether somebody else has.
      type: bool
free_bytes:
  description: Free space on the filesystem of O(data_dir).
  returned: success
  type: int
  sample: 53687091200
certificates:
  description: For each certificate, whether it is present, how many days are left, whether our authority signed it, whether
    its key belongs to it, and the names and addresses that it is valid for.
  returned: success
  type: dict
  sample: {etcd: {present: true, days_left: 89, trusted: true, key_matches: true, valid_for: [db1.example.net]}}
files:
  description: SHA-256 of C(ca.crt) and of each certificate's C(tls.crt) and C(tls.key); empty where there is no such file.
  returned: success
  type: dict
  sample: {ca.crt: 5f1c09, etcd/tls.crt: 1b2d77, etcd/tls.key: 99aa01}
out_of_reach:
  description: Members that can't be reached from here, by name, and why.
  returned: success
  type: dict
  sample: {db3: "db3.example.net port 2380: no answer within 3 s"}
open_ports:
  description: Which of O(own_ports) something listens on.
  returned: success
  type: list
  elements: int
  sample: [5432]
etcd_data:
  description: Which member of which etcd cluster the data directory belongs to; null where there is no data.
  returned: success
  type: dict
  sample: {path: /var/lib/etcd/shared, member_id: 8e9e05c52164694d, cluster_id: cdf818194e3a8c32}
etcd:
  description: What the running etcd says; null where no member answers.
  returned: success
  type: dict
  contains:
    cluster_id:
      description: Identity of the etcd cluster.
      type: str
      sample: cdf818194e3a8c32
    quorum:
      description: Whether enough members answer.
      type: bool
    members:
      description: As M(tierline.erp.etcd_members_info) returns them.
      type: list
      elements: dict
    system_identifier:
      description: Identity of the PostgreSQL cluster that Patroni keeps there; empty where there is none yet.
      type: str
      sample: "7440000000000000000"
    patroni:
      description: The members on which Patroni runs, and which of them leads.
      type: dict
      sample: {leader: db1, members: [db1, db2, db3]}
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils.etcd.models import url
from ..module_utils.pki import x509
from ..module_utils.pki.errors import PkiError
from ..module_utils.postgres import host

ARGUMENTS: dict[str, Any] = {
    "cluster": {"type": "str", "required": True},
    "member": {"type": "str", "required": True},
    "members": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"name": {"type": "str", "required": True}, "address": {"type": "str", "required": True}},
    },
    "data_root": {"type": "path", "default": "/var/lib/postgresql"},
    "data_dir": {"type": "path", "required": True},
    "etcd_data_dir": {"type": "path"},
    "etcd_client_port": {"type": "int"},
    "etcd_addresses": {"type": "list", "elements": "str", "default": []},
    "patroni_prefix": {"type": "str", "default": ""},
    "pki_dir": {"type": "path"},
    "certificates": {"type": "list", "elements": "str", "default": []},
    "client_certificate": {"type": "str", "default": "patroni"},
    "ports": {"type": "list", "elements": "int", "default": []},
    "own_ports": {"type": "list", "elements": "int", "default": []},
    "timeout": {"type": "float", "default": 3},
}


def run(asked: dict[str, Any]) -> dict[str, Any]:
    addresses = {member["name"]: member["address"] for member in asked["members"]}
    problems = host.unreachable(set(addresses.values()), asked["ports"], asked["timeout"])
    own = addresses.get(asked["member"], "localhost")
    data = host.data_directories(asked["data_root"], asked["data_dir"])
    return {
        "changed": False,
        "cluster": asked["cluster"],
        "member": asked["member"],
        "members": asked["members"],
        "data": data,
        "born": any(directory["path"] == asked["data_dir"] for directory in data),
        "debian_clusters": host.debian_clusters(),
        "patroni": {
            "installed": os.path.exists(host.PATRONI_BINARY),
            "configured": os.path.exists(host.PATRONI_CONFIG),
            "foreign": os.path.exists(host.FOREIGN_PATRONI_CONFIG),
        },
        "free_bytes": host.free_bytes(asked["data_dir"]),
        **_certificates(asked),
        # "unreachable" would tell Ansible that this very host is.
        "out_of_reach": {
            name: f"{address} {problems[address]}" for name, address in sorted(addresses.items()) if address in problems
        },
        "open_ports": host.open_ports(own, asked["own_ports"], asked["timeout"]),
        "etcd_data": host.etcd_data(asked["etcd_data_dir"]) if asked["etcd_data_dir"] else None,
        "etcd": _etcd(asked),
    }


def _certificates(asked: dict[str, Any]) -> dict[str, Any]:
    if not asked["pki_dir"]:
        return {"certificates": {}, "files": {}}
    names = ["ca.crt", *(f"{name}/{file}" for name in asked["certificates"] for file in ("tls.crt", "tls.key"))]
    files = host.checksums(asked["pki_dir"], names)
    # A dry run of a whole site on a bare host: neither certificates nor the library are there yet.
    present = any(files.values()) and not x509.CRYPTOGRAPHY_IMPORT_ERROR
    return {"certificates": host.certificates(asked["pki_dir"], asked["certificates"]) if present else {}, "files": files}


def _etcd(asked: dict[str, Any]) -> dict[str, Any] | None:
    folder = os.path.join(asked["pki_dir"] or "", asked["client_certificate"])
    paths = os.path.join(asked["pki_dir"] or "", "ca.crt"), os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key")
    if not asked["etcd_client_port"] or not all(os.path.exists(path) for path in paths):
        return None
    addresses = asked["etcd_addresses"] or [member["address"] for member in asked["members"]]
    endpoints = [url(address, asked["etcd_client_port"]) for address in addresses]
    return host.etcd_cluster(endpoints, *paths, asked["patroni_prefix"])


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR and module.params["certificates"] and not module.check_mode:
        module.fail_json(msg=missing_required_lib("cryptography"), exception=x509.CRYPTOGRAPHY_IMPORT_ERROR)
    try:
        result = run(module.params)
    except (PkiError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
