# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.module_utils.hardening import undo


def test_the_way_back_needs_neither_a_shell_nor_the_controller() -> None:
    made = undo.units("ssh", 60, [["/usr/bin/rm", "-f", "/etc/x"], ["/usr/bin/systemctl", "reload", "ssh"]])
    service = made["tierline-undo-ssh.service"].splitlines()
    assert [line for line in service if line.startswith("ExecStart=")][:2] == [
        "ExecStart=/usr/bin/rm -f /etc/x",
        "ExecStart=/usr/bin/systemctl reload ssh",
    ]
    assert service[-1] == (
        "ExecStart=/usr/bin/rm -rf /var/lib/tierline/undo/ssh /etc/systemd/system/tierline-undo-ssh.timer "
        "/etc/systemd/system/tierline-undo-ssh.service"
    )


def test_the_timer_also_counts_from_a_boot() -> None:
    timer = undo.units("ssh", 60, [])["tierline-undo-ssh.timer"]
    assert "OnActiveSec=60s" in timer
    assert "WantedBy=timers.target" in timer
