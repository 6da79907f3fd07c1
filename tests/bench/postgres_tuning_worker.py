# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of tests/bench/postgres_tuning.py that runs on the database host, as root, with nothing but Python and PostgreSQL."""

import glob
import json
import os
import pwd
import re
import shutil
import subprocess
import sys

HOME = "/var/lib/postgresql/tierline-bench"
PORT = "54329"
BIN = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
USER = pwd.getpwnam("postgres")

SCHEMA = """
CREATE TABLE partner (id int PRIMARY KEY, name text NOT NULL, country int, data jsonb);
CREATE TABLE sale_order (id int PRIMARY KEY, partner_id int NOT NULL, state text, date timestamp, amount numeric, note text,
                         data jsonb, write_date timestamp);
CREATE TABLE order_line (id int PRIMARY KEY, order_id int NOT NULL, product_id int, qty numeric, price numeric, name text);
CREATE TABLE move_line (id int PRIMARY KEY, partner_id int, account_id int, order_id int, date date, debit numeric,
                        credit numeric, reconciled bool, name text);
CREATE TABLE stock_quant (id int PRIMARY KEY, product_id int, location_id int, qty numeric, write_date timestamp);
CREATE TABLE message (id bigserial PRIMARY KEY, model text, res_id int, author_id int, date timestamp, body text);
INSERT INTO partner SELECT n, 'Partner ' || md5(n::text), n % 60,
       jsonb_build_object('en_US', 'Partner ' || n, 'de_DE', 'Kunde ' || n) FROM generate_series(1, {rows} / 5) n;
INSERT INTO sale_order SELECT n, 1 + (n::bigint * 7919) % ({rows} / 5), (ARRAY['draft','sent','sale','done'])[1 + n % 4],
       timestamp '2024-01-01' + n * interval '7 minutes', n % 5000, repeat(md5(n::text), 6),
       jsonb_build_object('carrier', n % 9, 'tags', jsonb_build_array(n % 3, n % 7)), now() FROM generate_series(1, {rows}) n;
INSERT INTO order_line SELECT n, 1 + n / 4, (n * 31) % 2000, 1 + n % 9, n % 700, 'Product ' || md5((n % 2000)::text)
  FROM generate_series(0, 4 * {rows} - 4) n;
INSERT INTO move_line SELECT n, 1 + (n::bigint * 7919) % ({rows} / 5), (n * 13) % 300, 1 + (n * 17) % {rows},
       date '2024-01-01' + (n % 700), CASE n % 2 WHEN 0 THEN n % 900 ELSE 0 END,
       CASE n % 2 WHEN 1 THEN n % 900 ELSE 0 END, n % 5 > 0, 'INV/' || n
  FROM generate_series(1, 4 * {rows}) n;
INSERT INTO stock_quant SELECT n, n % 2000, n % 40, n % 100, now() FROM generate_series(1, 20000) n;
INSERT INTO message (model, res_id, author_id, date, body) SELECT 'sale.order', n, n % 100, now(), repeat(md5(n::text), 20)
  FROM generate_series(1, {rows}) n;
CREATE INDEX ON sale_order (partner_id); CREATE INDEX ON sale_order (date); CREATE INDEX ON sale_order (write_date);
CREATE INDEX ON order_line (order_id); CREATE INDEX ON order_line (product_id);
CREATE INDEX ON move_line (partner_id); CREATE INDEX ON move_line (account_id, date); CREATE INDEX ON move_line (order_id);
CREATE INDEX ON stock_quant (product_id, location_id); CREATE INDEX ON message (model, res_id);
VACUUM ANALYZE; CHECKPOINT;
"""
PICK = "\\set order random(1, {rows})\n\\set partner random(1, {rows} / 5)\n\\set product random(0, 1999)\n"
# What one click of a user makes Odoo do, and how often each is seen.
MIX = {
    "form": (
        45,
        "SELECT * FROM sale_order WHERE id = :order; SELECT * FROM order_line WHERE order_id = :order ORDER BY id;\n"
        "SELECT id, name, data->>'de_DE' FROM partner WHERE id = :partner;\n"
        "SELECT id, body FROM message WHERE model = 'sale.order' AND res_id = :order ORDER BY id DESC LIMIT 30;\n",
    ),
    "list": (
        12,
        "SELECT o.id, o.amount, p.name FROM sale_order o JOIN partner p ON p.id = o.partner_id\n"
        " WHERE o.partner_id BETWEEN :partner AND :partner + 20 AND o.state IN ('sale', 'done') ORDER BY o.date DESC LIMIT 80;\n",
    ),
    "write": (
        22,
        "BEGIN;\nUPDATE sale_order SET amount = amount + 1, data = data || '{{\"carrier\": 4}}', write_date = now()\n"
        " WHERE id = :order;\n"
        "UPDATE order_line SET qty = qty + 1 WHERE order_id = :order;\n"
        "INSERT INTO message (model, res_id, author_id, date, body) VALUES ('sale.order', :order, 1, now(), repeat('x', 400));\n"
        "UPDATE stock_quant SET qty = qty - 1, write_date = now() WHERE product_id = :product AND location_id = :product % 40;\n"
        "COMMIT;\n",
    ),
    "reconcile": (
        15,
        "BEGIN;\nSELECT sum(debit - credit) FROM move_line WHERE partner_id = :partner AND NOT reconciled;\n"
        "UPDATE move_line SET reconciled = NOT reconciled WHERE order_id = :order;\nCOMMIT;\n",
    ),
    "ledger": (
        4,
        "SELECT account_id, date_trunc('month', date), sum(debit), sum(credit) FROM move_line\n"
        " WHERE account_id BETWEEN :product % 280 AND :product % 280 + 20 AND date >= '2025-01-01'\n"
        " GROUP BY 1, 2 ORDER BY 1, 2;\n",
    ),
    "report": (
        2,
        "SELECT p.country, date_trunc('month', o.date), l.product_id % 100, count(DISTINCT o.id), sum(l.qty * l.price)\n"
        "  FROM order_line l JOIN sale_order o ON o.id = l.order_id JOIN partner p ON p.id = o.partner_id\n"
        " WHERE o.state IN ('sale', 'done') GROUP BY 1, 2, 3 ORDER BY 5 DESC LIMIT 500;\n",
    ),
}


def as_postgres(*words, **more):
    return subprocess.run(
        words, user=USER.pw_uid, group=USER.pw_gid, extra_groups=[], cwd=HOME, check=True, text=True, capture_output=True, **more
    )


def folder(side):
    return f"{HOME}/{side}"


def control(side, verb):
    words = ["-o", f"-p {PORT} -k {HOME} -c listen_addresses="] if verb == "start" else ["-m", "fast"]
    as_postgres(f"{BIN}/pg_ctl", "-D", folder(side), "-w", "-t", "300", "-l", f"{HOME}/{side}.log", *words, verb)


def sql(text):
    as_postgres(f"{BIN}/psql", "-X", "-q", "-h", HOME, "-p", PORT, "-d", "postgres", "-v", "ON_ERROR_STOP=1", input=text)


def build(task):
    as_postgres(f"{BIN}/initdb", "-D", folder("debian"), "--data-checksums", "--locale=C.UTF-8", "--auth=peer")
    control("debian", "start")
    sql(SCHEMA.format(rows=task["rows"]))
    control("debian", "stop")
    as_postgres("cp", "-a", folder("debian"), folder("tuned"))
    for side, settings in task["settings"].items():
        with open(f"{folder(side)}/postgresql.conf", "a", encoding="utf-8") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    for name, (_weight, text) in MIX.items():
        with open(f"{HOME}/{name}.sql", "w", encoding="utf-8") as script:
            script.write((PICK + text).format(rows=task["rows"]))
        os.chmod(script.name, 0o644)


def run(task, side):
    scripts = [word for name, (weight, _text) in MIX.items() for word in ("-f", f"{HOME}/{name}.sql@{weight}")]
    words = [f"{BIN}/pgbench", "-n", "-h", HOME, "-p", PORT, "-c", str(task["clients"]), "-j", "2", *scripts]
    control(side, "start")
    try:
        as_postgres(*words, "-T", str(max(5, task["seconds"] // 3)), "postgres")
        said = as_postgres(*words, "-T", str(task["seconds"]), "postgres").stdout
    finally:
        control(side, "stop")
    report = re.search(r"report\.sql.*?latency average = ([\d.]+) ms", said, re.S)
    failed = re.search(r"number of failed transactions: (\d+)", said)
    if failed and int(failed[1]):
        raise SystemExit(f"{failed[1]} transactions failed")
    return {"tps": float(re.search(r"^tps = ([\d.]+)", said, re.M)[1]), "report_ms": float(report[1]) if report else 0.0}


def main():
    task = json.loads(sys.argv[1])
    shutil.rmtree(HOME, ignore_errors=True)
    os.mkdir(HOME, 0o700)
    os.chown(HOME, USER.pw_uid, USER.pw_gid)
    sides = list(task["settings"])
    measured = {side: [] for side in sides}
    try:
        build(task)
        for turn in range(task["rounds"]):
            for side in sides if turn % 2 == 0 else reversed(sides):
                measured[side].append(run(task, side))
        print(f"RESULT<<{json.dumps(measured)}>>RESULT")
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{error.cmd[0]}: {error.stdout[-500:]} {error.stderr[-1500:]}") from error
    finally:
        shutil.rmtree(HOME, ignore_errors=True)


if __name__ == "__main__":
    main()
