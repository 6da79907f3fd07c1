# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says of each host:port whether it can be reached from here."""

import socket
import sys

for place in sys.argv[1:]:
    host, _colon, port = place.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 3).close()
        print(place, "reached")
    except OSError:
        print(place, "out of reach")
