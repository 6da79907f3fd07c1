#!/bin/sh
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Start systemd inside a container that has a cgroup and a network namespace of its own.
# Remounts are confined to this container: its mount and cgroup namespaces are private.
awk '$2 ~ /^\/sys\/fs\/cgroup/ {print $2}' /proc/mounts | while read -r mount_point; do
  mount -o remount,rw,bind "$mount_point"
done
mount --bind /proc/sys/net /proc/sys/net && mount -o remount,rw,bind /proc/sys/net
exec /lib/systemd/systemd
