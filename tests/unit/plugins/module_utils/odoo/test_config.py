# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import configparser
import hashlib

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo import config
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse
from hypothesis import given
from hypothesis import strategies as st

from .helpers import REDIS, item

KEY = b"k" * 32


def test_the_hash_is_the_one_that_odoo_checks() -> None:
    text = config.admin_passwd("secret-master", "acme_prod", KEY)
    _, scheme, rounds, salt, checksum = text.split("$")
    assert (scheme, rounds) == ("pbkdf2-sha512", "600000")
    raw = base64.b64decode(salt.replace(".", "+") + "==")
    want = hashlib.pbkdf2_hmac("sha512", b"secret-master", raw, 600000)
    assert base64.b64decode(checksum.replace(".", "+") + "==") == want


def test_an_unchanged_secret_keeps_its_hash_and_a_changed_one_does_not() -> None:
    text = config.admin_passwd("one", "acme_prod", KEY)
    assert config.admin_passwd("one", "acme_prod", KEY, text) == text
    assert config.admin_passwd("two", "acme_prod", KEY, text) != text
    assert config.admin_passwd("one", "globex", KEY, text) != text


@pytest.mark.parametrize(("memory", "hard"), [(512, 640), (1024, 819), (8192, 2560)])
def test_limits_follow_the_container(memory: int, hard: int) -> None:
    soft_bytes, hard_bytes = config.memory_limits(memory)
    assert hard_bytes == hard * 1024 * 1024
    assert soft_bytes < hard_bytes


@given(st.integers(512, 1_000_000))
def test_an_idle_worker_always_fits(memory: int) -> None:
    soft, hard = config.memory_limits(memory)
    assert 300 * 1024 * 1024 < soft < hard <= 2560 * 1024 * 1024


def _parsed(text: str) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return dict(parser.items("options"))


def test_odoo_reads_what_was_meant() -> None:
    secrets = {"database": "a%b#c;d = e", "admin": "x", "master": "y"}
    env = parse([item(secrets=secrets, options={"limit_time_real": 99, "server_wide_modules": "base,web"})])[0]
    values = _parsed(config.render(config.settings(env, "hash")))
    assert values["db_password"] == "a%b#c;d = e"
    assert (values["dbfilter"], values["db_name"], values["list_db"]) == ("^acme_prod$", "acme_prod", "False")
    assert (values["db_sslmode"], values["proxy_mode"], values["workers"]) == ("verify-full", "True", "2")
    assert (values["limit_time_real"], values["server_wide_modules"]) == ("99", "base,web,tierline_server")


def test_a_one_off_run_schedules_nothing_and_has_no_limits() -> None:
    values = config.setup_settings(parse([item()])[0])
    assert (values["workers"], values["max_cron_threads"], values["limit_memory_hard"]) == (0, 0, 0)


def test_a_diff_tells_that_a_secret_changed_and_not_what_it_is() -> None:
    old = "[options]\ndb_password = one\nworkers = 1\n"
    before, after = config.shown(old, old.replace("one", "two"))
    assert before != after
    assert "one" not in before + after
    assert "two" not in before + after
    assert config.shown(old, old)[0] == config.shown(old, old)[1]
    assert config.shown("", old)[0] == ""


def test_options_are_read_by_name() -> None:
    assert config.read_option("[options]\na = b = c\n", "a") == "b = c"
    assert config.read_option("[options]\n", "a") is None


def test_fingerprints_need_the_key() -> None:
    assert config.fingerprint(KEY, "a", "b") == config.fingerprint(KEY, "a", "b")
    assert len({config.fingerprint(KEY, "a", "b"), config.fingerprint(b"x", "a", "b"), config.fingerprint(KEY, "ab")}) == 3


def test_a_one_off_run_does_not_load_our_module() -> None:
    options = {"addons_path": "/mnt/extra"}
    [env] = parse([item(options=options)])
    assert config.settings(env, "*")["addons_path"] == "/usr/share/tierline/odoo/addons,/mnt/extra"
    assert config.setup_settings(env)["addons_path"] == "/mnt/extra"
    assert config.settings(env, "*")["server_wide_modules"] == "base,rpc,web,tierline_server"
    assert config.setup_settings(env)["server_wide_modules"] == "base,rpc,web"


def test_where_sessions_are_kept_is_said_in_any_case() -> None:
    assert _parsed(config.render(config.sessions(parse([item()])[0]))) == {"store": "disk"}
    text = config.render(config.sessions(parse([item(**REDIS)])[0]))
    told = _parsed(text)
    assert (told["store"], told["username"], told["password"]) == ("redis", "acme_prod", "secret-redis")
    assert "secret-redis" not in "".join(config.shown("", text))
    watched = {
        **REDIS,
        "redis": {"user": "acme", "key_prefix": "acme:", "port": 6379, "sentinels": ["s1", "s2"], "primary": "shared"},
    }
    told = _parsed(config.render(config.sessions(parse([item(**watched)])[0])))
    assert (told["primary"], told["sentinels"]) == ("shared", "s1:26379 s2:26379")
    assert not {"host", "port"} & set(told)
