# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The lab's base where a registry has a Debian image (lab_base_image); the same packages as the bootstrapped one.
ARG BASE
FROM ${BASE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl dbus gnupg iproute2 openssh-server procps python3 python3-apt sudo \
      systemd systemd-sysv \
 && apt-get clean && rm -rf /var/lib/apt/lists/*
