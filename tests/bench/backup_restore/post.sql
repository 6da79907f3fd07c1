-- Copyright (c) 2026, the tierline.erp contributors
-- GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later
-- For pgbench: an entry with two lines, and the residue of an older one, as a posted invoice writes them.
\set old random(1, 100000)
BEGIN;
INSERT INTO account_move (id, name, date, state, amount_total) VALUES (nextval('bench_id'), 'INV', now(), 'posted', 100) RETURNING id AS new \gset
INSERT INTO account_move_line (id, move_id, debit) VALUES (nextval('bench_id'), :new, 100);
INSERT INTO account_move_line (id, move_id, credit) VALUES (nextval('bench_id'), :new, 100);
UPDATE account_move SET amount_residual = amount_residual + 1, write_date = now() WHERE id = :old;
COMMIT;
