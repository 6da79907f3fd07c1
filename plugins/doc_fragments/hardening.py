# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Controls, as the hardening modules take them."""

    DOCUMENTATION = r"""
options:
  controls:
    description:
      - The controls. Each has an C(id), a C(title), and one or more things that it asks for.
      - C(packages) and C(services) map a name to a state (V(present), V(absent); V(enabled), V(disabled), V(masked), and
        V(boot), which is enabled without being started), C(sysctl) a key to its value.
      - C(files) are whole files (C(path), C(content), C(owner), C(group), C(mode), or C(state=absent)); C(settings) are keys in
        files that others write too (C(path), C(separator), C(values), C(if_present)). Either may name a unit to C(restart) or
        C(reload), or a command to C(run).
      - C(permissions) are owners and a highest mode for C(paths), which may be patterns; C(mounts) are options of file systems;
        C(modules) are kernel modules that nobody may load; C(pam) are profiles for C(pam-auth-update); C(accounts) are groups,
        shells and password ages; C(commands) create a file; C(sshd) are settings that M(tierline.erp.ssh_server) makes, and that
        are only judged here.
      - C(unless_package) and C(if_package) name packages without which, or only with which, the control applies.
      - C(level), C(cis), C(anssi) and C(lynis) say where the control comes from. C(exemption) holds C(reason) and C(expires) of
        an exception.
    type: list
    elements: dict
    required: true
"""
