# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a request waits for what it needs and what passes. Imports nothing of Odoo.

A restart or a failover of Redis takes about a second or three, a switchover of the database two to four, and so does a failover
where the old primary's death is proven (docs/failover.md). A request can wait that long; its user would notice a logout. A
worker that waits does nothing else, but without these there is nothing else.
"""

import time

SECONDS = 8
_LONGEST_PAUSE = 0.5


class Patience:
    def __init__(self, seconds=SECONDS, clock=time.monotonic, sleep=time.sleep, first=0.02):
        self.seconds = seconds
        self._clock, self._sleep, self._pause = clock, sleep, first
        self._give_up = clock() + seconds

    def wait(self):
        """Before another try, a little longer each time; False where there is no time left for one."""
        if self._clock() + self._pause >= self._give_up:
            return False
        self._sleep(self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return True
