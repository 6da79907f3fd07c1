# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Odoo 19 from Debian sid on a Debian 13 base: sid's own Python is too new for Odoo 19, so only Odoo's package comes from there.
ARG BASE
FROM ${BASE}
ARG MIRROR=http://deb.debian.org/debian
RUN printf 'path-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\npath-exclude=*/i18n/*\npath-exclude=*/i18n_extra/*\n' > /etc/dpkg/dpkg.cfg.d/slim \
 && printf 'deb %s sid main\n' "$MIRROR" > /etc/apt/sources.list.d/sid.list \
 && printf 'Package: *\nPin: release n=sid\nPin-Priority: 50\n\nPackage: odoo-19\nPin: release n=sid\nPin-Priority: 990\n' > /etc/apt/preferences.d/sid \
 && printf 'Acquire::Check-Valid-Until "false";\n' > /etc/apt/apt.conf.d/99sid \
 && apt-get update \
 && apt-get install -y --no-install-recommends odoo-19 tzdata tzdata-legacy python3-ldap python3-psycopg2 python3-redis \
 && apt-get clean && rm -rf /var/lib/apt/lists/* /etc/apt/sources.list.d/sid.list /etc/apt/preferences.d/sid /etc/apt/apt.conf.d/99sid
USER odoo
EXPOSE 8069 8072
ENTRYPOINT ["/usr/bin/odoo"]
