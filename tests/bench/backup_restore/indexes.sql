-- Copyright (c) 2026, the tierline.erp contributors
-- GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later
CREATE INDEX ON account_move (date, name);
CREATE INDEX ON account_move (partner_id);
CREATE INDEX ON account_move (journal_id, state);
CREATE INDEX ON account_move_line (move_id);
CREATE INDEX ON account_move_line (account_id, date);
CREATE INDEX ON account_move_line (partner_id);
CREATE INDEX ON account_move_line (date, id);
CREATE INDEX ON mail_message (model, res_id);
CREATE INDEX ON ir_attachment (res_model, res_id);
CREATE INDEX ON ir_attachment (checksum);
