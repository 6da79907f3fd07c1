# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The environments of one machine, as several modules take them."""

    DOCUMENTATION = r"""
options:
  environments:
    description:
      - The environments that this call is about. Others on the machine are left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      environment:
        description:
          - Name of the environment. It starts with a small letter and has at most 40 small letters, digits and underscores.
        type: str
        required: true
      state:
        description:
          - V(absent) stops and removes what runs. All other options but O(environments[].remove_filestore) are then ignored.
        type: str
        choices: [present, absent]
        default: present
      tenant:
        description:
          - Whose environment it is; becomes the container's label C(tierline.tenant).
        type: str
      image:
        description:
          - The Odoo image, by the digest of a registry (C(name@sha256:...)).
          - Where it was loaded on the machine, its ID will do (C(sha256:...)).
          - A tag is refused, because it can move.
        type: str
      domains:
        description:
          - Host names of the environment. The first one becomes Odoo's base URL, C(https://<first domain>).
        type: list
        elements: str
      modules:
        description:
          - Odoo modules that must be installed, C(base) aside. Modules are never uninstalled.
        type: list
        elements: str
      database:
        description:
          - Where the environment's database is. It must exist and the user must own it.
        type: dict
        suboptions:
          name:
            description: Name of the database.
            type: str
            required: true
          user:
            description: Role that connects.
            type: str
            required: true
          host:
            description: Host name or address; several are separated by commas. The server's certificate must carry it.
            type: str
            required: true
          port:
            description: Port of PostgreSQL or of PgBouncer (transaction pooling will do).
            type: int
            default: 6432
      redis:
        description:
          - Redis with TLS, where the environment keeps the sessions of its users. Without it they are kept on the machine's disk.
          - The certificate of Redis must be from C(ca_file) and carry the host's name.
          - O(environments[].redis.host) is needed, or else O(environments[].redis.sentinels) and O(environments[].redis.primary).
        type: dict
        suboptions:
          host:
            description: Host name or address of the one server.
            type: str
          port:
            description: Port of Redis.
            type: int
            default: 6379
          sentinels:
            description:
              - Host names of members of replicated Redis, on each of which a Sentinel says who is the primary.
              - The primary may change; requests of users wait for that, they don't fail.
            type: list
            elements: str
            default: []
          sentinel_port:
            description: Port of the Sentinels.
            type: int
            default: 26379
          primary:
            description: Name under which Sentinels know the primary. Required with O(environments[].redis.sentinels).
            type: str
          user:
            description: ACL user of the environment.
            type: str
            required: true
          key_prefix:
            description: Beginning of all keys that the user may touch.
            type: str
            required: true
      ports:
        description:
          - Ports of this machine where the environment is published.
        type: dict
        suboptions:
          http:
            description: Port of web pages and remote calls, 1024 to 65535.
            type: int
            required: true
          websocket:
            description: Port of websockets, 1024 to 65535.
            type: int
            required: true
          green_http:
            description: As O(environments[].ports.http), for the slot green. Releases need both slots.
            type: int
          green_websocket:
            description: As O(environments[].ports.websocket), for the slot green.
            type: int
      workers:
        description:
          - Number of Odoo's HTTP worker processes. With V(0) Odoo is one threaded process.
        type: int
        default: 2
      cron_threads:
        description:
          - Number of processes for scheduled actions.
        type: int
        default: 1
      memory_mb:
        description:
          - Memory limit of the container in MiB, 512 or more.
        type: int
        default: 1024
      cpus:
        description:
          - CPU limit of the container in cores.
        type: float
        default: 1.0
      uid:
        description:
          - User and group number that the container runs as and that owns the filestore.
          - The default follows from the name, so it differs between environments and is the same on every machine.
        type: int
      options:
        description:
          - More settings for C(odoo.conf), for example C(limit_time_real). Those that isolation depends on are refused.
        type: dict
        default: {}
      addons:
        description:
          - Archives of custom Odoo modules, which M(tierline.erp.odoo_addons) brings to the machine.
        type: list
        elements: dict
        suboptions:
          archive:
            description: Where the archive is on the controller; it only matters to the role.
            type: str
          sha256:
            description: SHA-256 of the archive.
            type: str
            required: true
      egress:
        description:
          - With V(false) containers of the environment reach their database and their sessions and nothing else. They can't
            resolve names either.
        type: bool
        default: true
      front_image:
        description:
          - An image with nginx, by its digest or ID. Where it is given, a container of it is published in place of Odoo's. It
            sends modules' static files and attachments, and passes on all else.
          - Without it Odoo sends them itself, for which it takes its workers.
        type: str
        version_added: 0.1.0
      remove_filestore:
        description:
          - With O(environments[].state=absent), also delete the environment's filestore. It can't be brought back.
        type: bool
        default: false
      secrets:
        description:
          - Passwords of the environment. They are only written to files that the environment's user reads.
        type: dict
        suboptions:
          database:
            description: Password of O(environments[].database.user).
            type: str
          admin:
            description: Password of Odoo's user C(admin). Set when this value changes; a password that a person set later stays.
            type: str
          master:
            description: Odoo's database manager password; the manager itself is off.
            type: str
          redis:
            description: Password of O(environments[].redis.user).
            type: str
"""

    PLACES = r"""
options:
  config_dir:
    description:
      - Directory on the machine with one subdirectory per environment for its configuration.
    type: path
    default: /etc/tierline/odoo
  data_dir:
    description:
      - Directory on the machine with one subdirectory per environment for its filestore.
    type: path
    default: /var/lib/tierline/odoo
  ca_file:
    description:
      - Certificate authority, in PEM, that the certificates of the database and of Redis are checked against.
    type: path
    default: /etc/tierline/pki/ca.crt
"""

    PARALLEL = r"""
options:
  parallel:
    description:
      - How many environments are worked on at a time.
    type: int
    default: 2
"""

    SERVING = r"""
options:
  server_module:
    description:
      - The files of the collection's own Odoo module C(tierline_server), which every server loads. It keeps sessions in Redis
        and answers questions about health.
      - Give the answer of P(tierline.erp.odoo_server_module#lookup).
    type: dict
    required: true
  addons_dir:
    description:
      - Directory on the machine with one subdirectory per version of C(tierline_server). Containers read it.
    type: path
    default: /usr/local/share/tierline/odoo
  listen_addresses:
    description:
      - Addresses of the machine where ports are published.
    type: list
    elements: str
    default: [0.0.0.0]
  wait_timeout:
    description:
      - Seconds an environment may take to become healthy.
    type: int
    default: 300
"""
