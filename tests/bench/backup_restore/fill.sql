-- Copyright (c) 2026, the tierline.erp contributors
-- GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later
-- The entries from :low to :high, and what belongs to them.
INSERT INTO account_move SELECT i, 'INV/2026/' || lpad(i::text, 8, '0'), 'PO' || (i * 7919 % 1000003), date '2020-01-01' + (i / 400)::int % 2000,
  (i * 31 % 50000)::int, (i % 12)::int, 'posted', 'out_invoice', (i * 7919 % 1000000) / 100.0, 0, 1,
  'Delivered as agreed on ' || (i % 365) || ', payment within ' || (i % 60) || ' days to the account below. Reference ' || md5(i::text), md5('t' || i) || md5('u' || i), 2, now(), now()
  FROM generate_series(:low::bigint, :high) AS i;
INSERT INTO account_move_line SELECT i * 3 + k, i, (k * 1000 + i % 90)::int, (i * 31 % 50000)::int, (i % 12)::int, date '2020-01-01' + (i / 400)::int % 2000,
  'Article ' || (i * 13 % 20011) || ', batch ' || substr(md5((i + k)::text), 1, 12), CASE k WHEN 0 THEN (i * 7919 % 1000000) / 100.0 ELSE 0 END,
  CASE k WHEN 0 THEN 0 ELSE (i * 7919 % 1000000) / 200.0 END, 0, 0, NULL, k = 0, jsonb_build_object((i % 300)::text, 100.0), now(), now()
  FROM generate_series(:low::bigint, :high) AS i, generate_series(0, 2) AS k;
INSERT INTO mail_message SELECT i, 'account.move', i, (i % 500)::int, 'Invoice ' || i, '<p>Dear customer ' || (i * 31 % 50000) || ',</p><p>here is your invoice '
  || md5(i::text) || ' of ' || (i * 7919 % 1000000) / 100.0 || ' EUR. Please transfer the amount to the account named in it.</p><p>With kind regards</p>', md5('m' || i) || '@example.com', now()
  FROM generate_series(:low::bigint, :high) AS i;
INSERT INTO ir_attachment SELECT i, 'INV_' || i || '.pdf', 'account.move', i, substr(md5(i::text), 1, 2) || '/' || md5(i::text) || substr(md5('x' || i), 1, 8), md5(i::text) || substr(md5('x' || i), 1, 8),
  'application/pdf', NULL FROM generate_series(:low::bigint, :high) AS i;
