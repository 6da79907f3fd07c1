# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# A lab host with every package the roles install already on it, and none of the services started:
# converge then downloads nothing. Roles still declare the packages, so a real host gets the same.
# libfaketime is for tests: a container has the machine's clock, so a clock that steps is given to single processes.
ARG BASE
FROM ${BASE}
RUN printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
 && mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update \
 && apt-get install -y --no-install-recommends \
      docker.io docker-cli iptables nftables python3-docker \
      postgresql-17 postgresql-17-pgaudit patroni python3-etcd etcd-server etcd-client pgbouncer haproxy python3-psycopg2 python3-etcd \
      redis-server redis-tools python3-redis \
      python3-cryptography python3-yaml docker-registry libfaketime \
 && apt-get clean && rm -rf /var/lib/apt/lists/* /usr/sbin/policy-rc.d \
 && systemctl disable docker.service docker.socket containerd.service postgresql.service patroni.service etcd.service \
      pgbouncer.service haproxy.service redis-server.service docker-registry.service nftables.service
# What came later is a layer of its own: an image that is already there grows by it and isn't made again.
RUN apt-get update \
 && apt-get install -y --no-install-recommends pgbackrest rclone \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
RUN apt-get update \
 && apt-get install -y --no-install-recommends systemd-journal-remote \
 && apt-get clean && rm -rf /var/lib/apt/lists/* \
 && systemctl disable systemd-journal-remote.socket systemd-journal-upload.service
# Pebble is for tests: the authority that gets certificates by ACME are tried against.
RUN apt-get update \
 && apt-get install -y --no-install-recommends keepalived pebble \
 && apt-get clean && rm -rf /var/lib/apt/lists/* \
 && systemctl disable keepalived.service
COPY entry.sh /entry.sh
STOPSIGNAL SIGRTMIN+3
CMD ["sh", "/entry.sh"]
