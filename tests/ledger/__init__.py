# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger test: writers append numbered entries while faults happen, and the books are audited after each.

A bank that says "booked" and then doesn't find the booking has failed, however fast it answered. So the writers keep a record of
every acknowledgement outside the database (journal.py), a prober measures how long nothing could be written (load.py), a fault is
injected and healed (faults.py), and the auditor compares what every member of the cluster holds with what was acknowledged
(verdict.py). Nothing here repairs anything: healing only takes the fault away.
"""
