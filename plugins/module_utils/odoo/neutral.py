# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a copy of production must not be able to do, nor know: measures, and the search for what they missed. Pure.

Odoo's own `neutralize` comes first. It deactivates, but it keeps most credentials: passwords of mail servers, tokens with a
suffix, API keys, the secret that signs links. The measures here take them out. The search afterwards goes by states, by the names
of columns and parameters, and by what known credentials look like, so that it also finds what neither list knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Parts of names that stand for credentials, in columns and in parameters.
_WORDS = (
    "password|passwd|pass|passphrase|pwd|secret|token|rtoken|api_?key|apikey|private_?key|credentials?|auth_?key|access_?key"
    "|enterprise_code|license_key|server_key"
)
COLUMN = re.compile(rf"(^|_)({_WORDS})(_|$)")
PARAMETER = rf"(^|[._-])({_WORDS})([._-]|$)"
# What is no secret whatever its name says.
_TRIVIAL = r"^\s*(true|false|none|[0-9]{1,6})?\s*$"
_TEXTS = ("text", "character varying", "bytea", "jsonb")
# Written by us, or anew in each database, see MEASURES.
_OWN_PARAMETERS = ("database.secret", "database.uuid", "tierline.admin", "tierline.modules", "tierline.clone")
# Values that give themselves away.
FORMATS = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|(AKIA|ASIA)[0-9A-Z]{16}"
    r"|[rs]k_live_[0-9A-Za-z]{16}"
    r"|gh[pousr]_[0-9A-Za-z]{30}"
    r"|xox[abprs]-[0-9A-Za-z-]{10}"
    r"|AIza[0-9A-Za-z_-]{35}"
    r"|SG\.[0-9A-Za-z_-]{20,24}\.[0-9A-Za-z_-]{40}"
    r"|hooks\.slack\.com/services/[0-9A-Z]"
    r"|eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}"
    r"|[a-z]{3,8}://[^/[:space:]:@\"'<>]{1,64}:[^/[:space:]:@\"'<>]{3,64}@[0-9a-z]"
)
# Tables with more rows than this are not searched for formats: they hold documents, not settings.
SEARCHED_ROWS = 20_000

PASSWORDS = "passwords of users"
DUMMY_MAIL_SERVER = "neutralization - disable emails"
_ADMIN = "SELECT res_id FROM ir_model_data WHERE module = 'base' AND name = 'user_admin'"
_AUTOVACUUM = "SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND module = 'base' AND name = 'autovacuum_job'"


@dataclass(frozen=True)
class Column:
    table: str
    name: str
    kind: str = "character varying"
    required: bool = False


@dataclass(frozen=True)
class Measure:
    """Carried out where the table has all columns. `reason` is for the documentation and for whoever asks."""

    name: str
    table: str
    columns: tuple[str, ...]
    statement: str
    reason: str


def _set(name: str, table: str, columns: str, assignment: str, reason: str, where: str = "") -> Measure:
    tail = f" WHERE {where}" if where else ""
    return Measure(name, table, tuple(columns.split()), f"UPDATE {table} SET {assignment}{tail}", reason)


def _delete(name: str, table: str, reason: str, where: str = "", columns: str = "") -> Measure:
    tail = f" WHERE {where}" if where else ""
    return Measure(name, table, tuple(columns.split()), f"DELETE FROM {table}{tail}", reason)


_NOWHERE = "active = false, smtp_host = 'invalid', smtp_user = NULL"
_CREDENTIAL = "key ~* %(parameter)s AND value !~* %(trivial)s AND key <> ALL(%(own)s)"
_ONLINE = "bank_statements_source NOT IN ('undefined', 'file_import')"

# In this order.
MEASURES: tuple[Measure, ...] = (
    _set("mail out", "ir_mail_server", "active smtp_host smtp_user", _NOWHERE,
         "switched on again by hand it would still lead nowhere", f"name <> '{DUMMY_MAIL_SERVER}'"),
    _set("mail in", "fetchmail_server", "active server user", 'active = false, server = \'invalid\', "user" = NULL',
         "a mailbox that the clone empties is empty for production"),
    _set("mail queue", "mail_mail", "state", "state = 'cancel'", "production sends them, once",
         "state IN ('outgoing', 'exception')"),
    _set("SMS queue", "sms_sms", "state", "state = 'canceled'", "production sends them, once", "state IN ('outgoing', 'error')"),
    _set("crons", "ir_cron", "active", "active = false", "whatever Odoo's own statement left",
         f"active AND id NOT IN ({_AUTOVACUUM})"),
    _delete("cron triggers", "ir_cron_trigger", "they would wake what is switched on later, for production's reasons"),
    _set("webhooks out", "ir_act_server", "webhook_url", "webhook_url = 'neutralised'",
         "their addresses are credentials, and Odoo leaves those of actions in another state", "webhook_url IS NOT NULL"),
    _set("webhooks in", "base_automation", "webhook_uuid", "webhook_uuid = gen_random_uuid()::text",
         "the address is the credential, and it opens production's webhook too", "webhook_uuid IS NOT NULL"),
    _set("payment providers", "payment_provider", "state", "state = 'disabled'",
         "Odoo leaves those in test mode, whose credentials are taken out here", "state <> 'disabled'"),
    _set("payment tokens", "payment_token", "active provider_ref", "active = false, provider_ref = 'neutralised'",
         "saved cards can be charged by whoever has the reference"),
    _set("e-invoicing", "account_edi_proxy_client_user", "active", "active = false",
         "with these identities invoices are handed to authorities"),
    _set("bank synchronisation", "account_journal", "bank_statements_source", "bank_statements_source = 'undefined'",
         "production fetches statements", _ONLINE),
    _set("bank links", "account_online_link", "auto_sync", "auto_sync = false", "production fetches statements"),
    _set("OAuth providers", "auth_oauth_provider", "enabled", "enabled = false", "they send users back to production"),
    _delete("LDAP", "res_company_ldap", "people would type their real passwords into the clone"),
    _delete("API keys", "res_users_apikeys", "the same keys open production"),
    _delete("trusted devices", "auth_totp_device", "the same cookies pass production's second factor"),
    _delete("passkeys", "auth_passkey_key", "they are bound to production's domain"),
    _delete("devices", "res_device_log", "they hold the beginnings of production's session IDs"),
    _set("keys", "certificate_key", "content", "content = 'neutralised'::bytea", "private keys of signatures"),
    _set("certificates", "certificate_certificate", "content", "content = 'neutralised'::bytea", "they may hold the private key"),
    _delete("key files", "ir_attachment", "files that hold private keys", r"name ~* '\.(p12|pfx|jks|key)$'", "name"),
    _delete("assets", "ir_attachment", "bundles are made anew", "url LIKE '/web/assets/%%'", "url"),
    _delete("log", "ir_logging", "whatever was logged in production"),
    _delete("notifications", "bus_bus", "they wait for production's users"),
    _set("websites' domains", "website", "domain", "domain = NULL", "visitors would be sent to production", "domain IS NOT NULL"),
    _set("analytics", "website", "google_analytics_key", "google_analytics_key = NULL",
         "visits of the clone would count as production's", "google_analytics_key IS NOT NULL"),
    _set("signing secret", "ir_config_parameter", "key value", "value = gen_random_uuid()::text",
         "links and sessions that the clone signs would be good in production", "key = 'database.secret'"),
    _set("identity", "ir_config_parameter", "key value", "value = gen_random_uuid()::text",
         "paid services and Odoo's own take it for production", "key = 'database.uuid'"),
    _delete("parameters", "ir_config_parameter", "modules keep tokens, client secrets and subscriptions there, by such names",
            _CREDENTIAL, "key value"),
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """A state that must not be there: the statement counts what is."""

    name: str
    table: str
    columns: tuple[str, ...]
    statement: str


RULES: tuple[Rule, ...] = (
    Rule("Odoo doesn't call it neutralised", "ir_config_parameter", ("key", "value"),
         "SELECT 1 - count(*) FROM ir_config_parameter WHERE key = 'database.is_neutralized' AND value = 'true'"),
    Rule("mail servers that are active", "ir_mail_server", ("active", "smtp_host"),
         "SELECT count(*) FROM ir_mail_server WHERE active AND smtp_host <> 'invalid'"),
    Rule("mailboxes that are active", "fetchmail_server", ("active",), "SELECT count(*) FROM fetchmail_server WHERE active"),
    Rule("crons that are active", "ir_cron", ("active",),
         f"SELECT count(*) FROM ir_cron WHERE active AND id NOT IN ({_AUTOVACUUM})"),
    Rule("webhooks with an address", "ir_act_server", ("webhook_url",),
         "SELECT count(*) FROM ir_act_server WHERE webhook_url LIKE 'http%%'"),
    Rule("payment providers that are enabled", "payment_provider", ("state",),
         "SELECT count(*) FROM payment_provider WHERE state <> 'disabled'"),
    Rule("saved cards", "payment_token", ("active",), "SELECT count(*) FROM payment_token WHERE active"),
    Rule("e-invoicing identities that are active", "account_edi_proxy_client_user", ("active",),
         "SELECT count(*) FROM account_edi_proxy_client_user WHERE active"),
    Rule("OAuth providers that are enabled", "auth_oauth_provider", ("enabled",),
         "SELECT count(*) FROM auth_oauth_provider WHERE enabled"),
    Rule("LDAP servers", "res_company_ldap", (), "SELECT count(*) FROM res_company_ldap"),
    Rule(PASSWORDS, "res_users", ("password",),
         f"SELECT count(*) FROM res_users WHERE password <> '' AND id NOT IN ({_ADMIN})"),
    Rule("API keys", "res_users_apikeys", (), "SELECT count(*) FROM res_users_apikeys"),
    Rule("trusted devices", "auth_totp_device", (), "SELECT count(*) FROM auth_totp_device"),
    Rule("parameters that are credentials by their names", "ir_config_parameter", ("key", "value"),
         f"SELECT count(*) FROM ir_config_parameter WHERE {_CREDENTIAL}"),
)  # fmt: skip

WORDS: Mapping[str, object] = {"parameter": PARAMETER, "trivial": _TRIVIAL, "own": list(_OWN_PARAMETERS)}


@dataclass(frozen=True)
class Schema:
    """The tables of a database: their columns, and about how many rows they have."""

    columns: tuple[Column, ...]
    rows: Mapping[str, int]

    def has(self, table: str, names: Iterable[str]) -> bool:
        known = {column.name for column in self.columns if column.table == table}
        return bool(known) and set(names) <= known


def measures(schema: Schema) -> list[Measure]:
    return [measure for measure in MEASURES if schema.has(measure.table, measure.columns)]


def rules(schema: Schema, keep_passwords: bool) -> list[Rule]:
    return [rule for rule in RULES if schema.has(rule.table, rule.columns) and not (keep_passwords and rule.name == PASSWORDS)]


def credentials(schema: Schema, passwords: bool) -> list[Column]:
    """Columns that hold credentials by their names, custom modules' included; with those of `passwords`, users' own."""
    return [
        column
        for column in schema.columns
        if column.kind in _TEXTS
        and COLUMN.search(column.name)
        and (passwords or (column.table, column.name) != ("res_users", "password"))
    ]


def searched(schema: Schema) -> dict[str, list[str]]:
    """Columns that are searched for what known credentials look like, by table."""
    found: dict[str, list[str]] = {}
    for column in schema.columns:
        if column.kind in _TEXTS and column.kind != "bytea" and schema.rows.get(column.table, 0) <= SEARCHED_ROWS:
            found.setdefault(column.table, []).append(column.name)
    return found


@dataclass(frozen=True)
class Finding:
    """Where something is left, and how much of it; never what."""

    where: str
    what: str
    count: int

    def __str__(self) -> str:
        return f"{self.where}: {self.what} ({self.count})"


def left(findings: Iterable[Finding], allowed: Iterable[str]) -> list[Finding]:
    """What nobody has allowed by the name of its place."""
    known = set(allowed)
    return [finding for finding in findings if finding.count and finding.where not in known]
