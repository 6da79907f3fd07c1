# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An environment as it is written, and all that is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import refuse
from .models import MINIMUM_MEMORY_MB, Database, Environment, Ports, Redis, derived_uid

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MODULE = re.compile(r"[a-z][a-z0-9_]*")
_IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")
_IMAGE_DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_SECRETS = ("database", "admin", "master")
# What a line of a configuration file can hold, and an ACL of Redis.
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[^\s#;%=]+")
# They become "host:port" words in a list of them.
_SENTINEL = re.compile(r"[A-Za-z0-9._-]+")

# Settings that the environment's shape or its isolation depends on: `options` may not move them.
MANAGED_OPTIONS = frozenset(
    {
        "admin_passwd", "data_dir", "db_host", "db_name", "db_password", "db_port", "db_sslmode", "db_user", "dbfilter",
        "gevent_port", "http_interface", "http_port", "list_db", "logfile", "max_cron_threads", "proxy_mode", "syslog", "workers",
        "x_sendfile",
    }
)  # fmt: skip


def _text(item: Mapping[str, Any], key: str) -> str:
    return str(item.get(key) or "")


def _image_problem(image: str, key: str = "image") -> str | None:
    if not image:
        return f"{key} is missing: name one by its digest (name@sha256:...)"
    if _IMAGE_DIGEST.fullmatch(image) or _IMAGE_ID.fullmatch(image):
        return None
    if "@" in image or image.startswith("sha256:"):
        return f"{key} {image!r} has no valid digest: sha256: and 64 hexadecimal digits are needed"
    return f"{key} {image!r} is only a tag, and a tag can move: name it by its digest (name@sha256:...)"


def _present_problems(env: Environment) -> Iterable[str]:
    problems = [_image_problem(env.image), _image_problem(env.front_image, "front_image") if env.front_image else None]
    yield from filter(None, problems)
    if not env.domains:
        yield "domains is empty: the first one becomes the base URL"
    yield from (f"domains has {name!r}, which is no host name" for name in env.domains if not _DOMAIN.fullmatch(name))
    yield from (f"modules has {name!r}, which is no module name" for name in env.modules if not _MODULE.fullmatch(name))
    yield from (f"database.{key} is missing" for key in ("name", "user", "host", "port") if not getattr(env.database, key))
    yield from (f"secrets.{key} is missing or empty" for key in _SECRETS if not env.secrets.get(key))
    yield from (
        f"addons has sha256 {text!r}: 64 hexadecimal digits are needed" for text in env.addons if not _SHA256.fullmatch(text)
    )
    yield from _redis_problems(env)
    for key in (*_SECRETS, "redis"):
        value = env.secrets.get(key, "")
        if "\n" in value or value != value.strip():
            yield f"secrets.{key} contains a line break or begins or ends with a space: odoo.conf can't hold that"
    for key, port in env.ports.named().items():
        if not 1024 <= port <= 65535:
            yield f"ports.{key} is {port}: a number from 1024 to 65535 is needed"
    if env.workers < 0 or env.cron_threads < 0:
        yield "workers and cron_threads can't be negative"
    if env.memory_mb < MINIMUM_MEMORY_MB:
        yield f"memory_mb is {env.memory_mb}: Odoo needs {MINIMUM_MEMORY_MB} or more"
    if env.cpus <= 0:
        yield f"cpus is {env.cpus}: a number above 0 is needed"
    if env.uid < 1000:
        yield f"uid is {env.uid}: numbers below 1000 belong to the system"
    yield from (f"options.{key} is managed: it can't be set here" for key in sorted(MANAGED_OPTIONS & set(env.options)))
    yield from (f"options.{key} contains a line break" for key, value in sorted(env.options.items()) if "\n" in str(value))


def _redis_problems(env: Environment) -> Iterable[str]:
    if env.redis is None:
        return
    if env.redis.sentinels and env.redis.host:
        yield "redis.host and redis.sentinels are both given: one of them is needed"
    elif env.redis.primary and not env.redis.sentinels:
        yield "redis.primary is given without redis.sentinels: they know who that is"
    for key in ("user", "key_prefix", *(("primary",) if env.redis.sentinels else ("host",))):
        value = getattr(env.redis, key)
        if not _WORD.fullmatch(value):
            yield f"redis.{key} is {value!r}: sessions in Redis need one word"
    yield from (
        f"redis.sentinels names {host!r}: a host is needed" for host in env.redis.sentinels if not _SENTINEL.fullmatch(host)
    )
    if len(set(env.redis.sentinels)) != len(env.redis.sentinels):
        yield "redis.sentinels names a host twice"
    for key in ("port", "sentinel_port"):
        if not 1 <= getattr(env.redis, key) <= 65535:
            yield f"redis.{key} is {getattr(env.redis, key)}: a number from 1 to 65535 is needed"
    if not env.secrets.get("redis"):
        yield "secrets.redis is missing or empty: sessions in Redis need it"


def _claims(env: Environment) -> list[tuple[str, Any]]:
    """What only one environment can have."""
    if not env.present:
        return []
    claims: list[tuple[str, Any]] = [("uid", env.uid), *(("port", port) for port in env.ports.named().values())]
    claims.append(("database", f"{env.database.name} on {env.database.host}:{env.database.port}"))
    if env.redis:
        place = f"{' '.join(sorted(env.redis.hosts))}:{env.redis.port}"
        claims.append(("redis key prefix", f"{env.redis.key_prefix} on {place}"))
    return claims + [("domain", name) for name in env.domains]


def _duplicates(environments: list[Environment]) -> Iterable[str]:
    seen: dict[tuple[str, Any], str] = {}
    names: set[str] = set()
    for env in environments:
        if env.name in names:
            yield f"{env.name} is listed twice"
            continue
        names.add(env.name)
        for claim in _claims(env):
            if claim in seen:
                yield f"{env.name}: {claim[0]} {claim[1]} is already taken by {seen[claim]}"
            seen.setdefault(claim, env.name)


def _redis(item: Mapping[str, Any] | None) -> Redis | None:
    if not item:
        return None
    return Redis(
        host=_text(item, "host"),
        port=int(item.get("port") or 0),
        user=_text(item, "user"),
        key_prefix=_text(item, "key_prefix"),
        sentinels=tuple(map(str, item.get("sentinels") or ())),
        sentinel_port=26379 if item.get("sentinel_port") is None else int(item["sentinel_port"]),
        primary=_text(item, "primary"),
    )


def _one(item: Mapping[str, Any]) -> Environment:
    database = item.get("database") or {}
    ports = item.get("ports") or {}
    name = _text(item, "environment")
    return Environment(
        name=name,
        present=item.get("state", "present") != "absent",
        tenant=_text(item, "tenant"),
        image=_text(item, "image").strip(),
        domains=tuple(item.get("domains") or ()),
        modules=tuple(item.get("modules") or ()),
        database=Database(
            name=_text(database, "name"),
            user=_text(database, "user"),
            host=_text(database, "host"),
            port=int(database.get("port") or 0),
        ),
        redis=_redis(item.get("redis")),
        ports=Ports(*(int(ports.get(key) or 0) for key in ("http", "websocket", "green_http", "green_websocket"))),
        workers=int(item["workers"]) if item.get("workers") is not None else 2,
        cron_threads=int(item["cron_threads"]) if item.get("cron_threads") is not None else 1,
        memory_mb=int(item.get("memory_mb") or 1024),
        cpus=float(item.get("cpus") or 1.0),
        options=dict(item.get("options") or {}),
        secrets={key: value for key, value in (item.get("secrets") or {}).items() if value},
        uid=int(item.get("uid") or derived_uid(name)),
        addons=tuple(_text(archive, "sha256") for archive in item.get("addons") or ()),
        remove_filestore=bool(item.get("remove_filestore")),
        egress=bool(item.get("egress", True)),
        front_image=_text(item, "front_image").strip(),
    )


def parse(items: Iterable[Mapping[str, Any]]) -> list[Environment]:
    """Read the given items; refuse all that is wrong with them in one message."""
    environments = [_one(item) for item in items]
    problems: list[str] = []
    for number, env in enumerate(environments, start=1):
        if not _NAME.fullmatch(env.name):
            problems.append(f"item {number}: environment {env.name!r} is no name: at most 40 of a-z, 0-9 and _, a letter first")
        if env.present:
            problems.extend(f"{env.name}: {text}" for text in _present_problems(env))
    problems.extend(_duplicates(environments))
    refuse(problems)
    return environments
