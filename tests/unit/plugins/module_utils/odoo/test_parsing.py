# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.odoo.errors import OdooError
from ansible_collections.tierline.erp.plugins.module_utils.odoo.models import Redis
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse

from .helpers import DIGEST, REDIS, item, other


def test_a_whole_item_is_read() -> None:
    env = parse([item(**REDIS, workers=0, cron_threads=2, memory_mb=512, cpus=0.5, uid=5000)])[0]
    assert (env.name, env.tenant, env.base_url) == ("acme_prod", "acme", "https://acme.example.com")
    assert (env.workers, env.cron_threads, env.memory_mb, env.cpus, env.uid) == (0, 2, 512, 0.5, 5000)
    assert env.redis == Redis("redis1", 6379, "acme_prod", "acme_prod:")
    assert "secret" not in repr(env)


def test_several_database_hosts_are_read() -> None:
    database = {**item()["database"], "host": "db1, db2"}
    assert parse([item(database=database)])[0].database.hosts == ("db1", "db2")


@pytest.mark.parametrize("image", [DIGEST, f"odoo@{DIGEST}", f"registry.example.com:5000/a/odoo:19@{DIGEST}"])
def test_an_image_by_digest_or_id_is_taken(image: str) -> None:
    assert parse([item(image=image)])[0].image == image


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"image": "odoo:19"}, "is only a tag"),
        ({"image": ""}, "image is missing"),
        ({"image": "odoo@sha256:12"}, "no valid digest"),
        ({"image": "sha256:12"}, "no valid digest"),
        ({"environment": "Acme"}, "is no name"),
        ({"environment": "a" * 41}, "is no name"),
        ({"domains": []}, "domains is empty"),
        ({"domains": ["a b"]}, "is no host name"),
        ({"modules": ["a,b"]}, "is no module name"),
        ({"database": {}}, "database.host is missing"),
        ({"ports": {}}, "ports.http is 0"),
        ({"ports": {"http": 80, "websocket": 70000}}, "ports.websocket is 70000"),
        ({"ports": {"http": 10008, "websocket": 10008}}, "port 10008 is already taken by acme_prod"),
        ({"workers": -1}, "can't be negative"),
        ({"memory_mb": 100}, "512 or more"),
        ({"cpus": -1}, "above 0"),
        ({"uid": 5}, "belong to the system"),
        ({"options": {"list_db": True}}, "options.list_db is managed"),
        ({"options": {"x": "a\nadmin_passwd = b"}}, "options.x contains a line break"),
        ({"secrets": {"database": "a", "admin": "b"}}, "secrets.master is missing"),
        ({"secrets": {"database": "a\nb", "admin": "b", "master": "c"}}, "secrets.database contains a line break"),
        ({"secrets": {"database": " a", "admin": "b", "master": "c"}}, "begins or ends with a space"),
    ],
)
def test_bad_input_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(OdooError, match=told.replace("(", "\\(")):
        parse([item(**changes)])


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(OdooError) as caught:
        parse([item(memory_mb=1, domains=[]), other(image="odoo:19", ports={"http": 10008, "websocket": 10014})])
    told = str(caught.value)
    assert told.count("\n") == 3
    assert "globex: port 10008 is already taken by acme_prod" in told


def test_an_environment_listed_twice_is_told_once() -> None:
    with pytest.raises(OdooError) as caught:
        parse([item(), item()])
    assert str(caught.value) == "acme_prod is listed twice"


def test_one_database_name_in_two_clusters_is_fine() -> None:
    database = {**item()["database"], "host": "192.0.2.11"}
    assert len(parse([item(), other(database=database)])) == 2


def test_removal_needs_only_a_name() -> None:
    env = parse([{"environment": "acme_prod", "state": "absent", "remove_filestore": True}])[0]
    assert (env.present, env.remove_filestore) == (False, True)


@pytest.mark.parametrize(
    ("redis", "told"),
    [
        ({"user": ""}, "redis.user is ''"),
        ({"key_prefix": "a b"}, "redis.key_prefix is 'a b'"),
        ({"host": "x\ny"}, "redis.host is"),
        ({"port": 0}, "redis.port is 0"),
        ({"host": ""}, "redis.host is ''"),
        ({"sentinels": ["s1"]}, "redis.host and redis.sentinels are both given"),
        ({"primary": "shared"}, "redis.primary is given without redis.sentinels"),
        ({"host": "", "sentinels": ["s1"]}, "redis.primary is ''"),
        ({"host": "", "sentinels": ["s1", "s1"], "primary": "shared"}, "names a host twice"),
        ({"host": "", "sentinels": ["s1:26379"], "primary": "shared"}, "redis.sentinels names 's1:26379': a host is needed"),
        ({"host": "", "sentinels": ["s1"], "primary": "shared", "sentinel_port": 0}, "redis.sentinel_port is 0"),
    ],
)
def test_redis_must_be_told_completely(redis: dict[str, Any], told: str) -> None:
    with pytest.raises(OdooError, match=told):
        parse([item(**{**REDIS, "redis": {**REDIS["redis"], **redis}})])


def test_sessions_in_redis_need_a_password() -> None:
    with pytest.raises(OdooError, match=r"secrets\.redis is missing"):
        parse([item(redis=REDIS["redis"])])


def test_two_environments_never_share_a_key_prefix() -> None:
    secrets = {**item()["secrets"], "redis": "another-secret"}
    with pytest.raises(OdooError, match="redis key prefix acme_prod: on redis1:6379 is already taken by acme_prod"):
        parse([item(**REDIS), other(redis=REDIS["redis"], secrets=secrets)])
