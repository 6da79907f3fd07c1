# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


def migrate(cr, _version):
    cr.execute("UPDATE res_partner SET tierline_score = 7 WHERE tierline_grade = 'gold'")
    cr.execute("ALTER TABLE res_partner DROP COLUMN tierline_grade")
