-- Copyright (c) 2026, the tierline.erp contributors
-- GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Widths as Odoo 19 has them after some years: an entry of 600 bytes, lines of 250, HTML messages, metadata of attachments.
CREATE TABLE account_move (id bigint PRIMARY KEY, name text, ref text, date date, partner_id int, journal_id int, state text, move_type text,
  amount_total numeric, amount_residual numeric, currency_id int, narration text, access_token text, create_uid int, create_date timestamp, write_date timestamp);
CREATE TABLE account_move_line (id bigint PRIMARY KEY, move_id bigint, account_id int, partner_id int, journal_id int, date date, name text, debit numeric,
  credit numeric, balance numeric, amount_currency numeric, tax_line_id int, reconciled bool, analytic_distribution jsonb, create_date timestamp, write_date timestamp);
CREATE TABLE mail_message (id bigint PRIMARY KEY, model text, res_id bigint, author_id int, subject text, body text, message_id text, date timestamp);
CREATE TABLE ir_attachment (id bigint PRIMARY KEY, name text, res_model text, res_id bigint, store_fname text, checksum text, mimetype text, index_content text);
