# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our Odoo module without Odoo and without Redis; with both it is seen in molecule/odoo_container."""

from __future__ import annotations

import functools
import importlib
import itertools
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest

from .helpers import Clock, imported

redis = pytest.importorskip("redis")

NAME = "n" * 42
SID = NAME + "a" * 42


class Server:
    """So much of Redis as the module uses."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, str]] = {}
        self.expiry: dict[str, int] = {}

    def run(self, *commands: tuple[Any, ...]) -> list[Any]:
        return [getattr(self, command[0].lower())(*command[1:]) for command in commands]

    def hget(self, key: str, name: str) -> str | None:
        return self.keys.get(key, {}).get(name)

    def hset(self, key: str, *pairs: str) -> int:
        self.keys.setdefault(key, {}).update(zip(pairs[::2], pairs[1::2], strict=True))
        return len(pairs) // 2

    def hsetnx(self, key: str, name: str, value: str) -> int:
        fresh = name not in self.keys.setdefault(key, {})
        self.keys[key].setdefault(name, value)
        return int(fresh)

    def hkeys(self, key: str) -> list[str]:
        return list(self.keys.get(key, {}))

    def hdel(self, key: str, *names: str) -> int:
        return sum(self.keys[key].pop(name, None) is not None for name in names)

    def hexists(self, key: str, name: str) -> int:
        return int(name in self.keys.get(key, {}))

    def exists(self, key: str) -> int:
        return int(key in self.keys)

    def unlink(self, *keys: str) -> int:
        return sum(self.keys.pop(key, None) is not None for key in keys)

    def expire(self, key: str, seconds: int) -> int:
        self.expiry[key] = seconds
        return 1


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import from the role's files, next to as much of Odoo as the store touches."""
    http = types.ModuleType("odoo.http")
    numbers = itertools.count()

    class Session(dict):
        def __init__(self, data: dict[str, Any], sid: str, new: bool = False) -> None:
            super().__init__(data)
            self.sid, self.is_new, self.should_rotate = sid, new, True

        uid = property(lambda self: self.get("uid"))
        session_token = property(lambda self: self["token"], lambda self, value: self.__setitem__("token", value))

    class FilesystemSessionStore:
        def generate_key(self) -> str:
            return f"{next(numbers):084d}"

        def is_valid_key(self, key: str) -> bool:
            return len(key) == 84

        def get(self) -> None: ...
        def get_session_filename(self) -> None: ...

    class SessionStore:
        def __init__(self, session_class: Any = None) -> None:
            self.session_class = session_class

        def new(self) -> Any:
            return self.session_class({}, self.generate_key(), True)  # type: ignore[attr-defined]

    http.__dict__.update(
        FilesystemSessionStore=FilesystemSessionStore,
        Session=Session,
        SESSION_LIFETIME=604800,
        SESSION_DELETION_TIMER=120,
        request=None,
        root=types.SimpleNamespace(),
        get_default_session=lambda: dict.fromkeys(("context", "db", "uid", "create_time", "debug", "login")),
        get_session_max_inactivity=lambda env: env.seconds,
        _session_identifier_re=importlib.import_module("re").compile(r"^[A-Za-z0-9_-]{42}$"),
    )
    security = types.ModuleType("odoo.service.security")
    security.compute_session_token = lambda session, _env: f"token of {session.sid}"  # type: ignore[attr-defined]
    vendor = types.ModuleType("odoo.tools._vendor.sessions")
    vendor.SessionStore = SessionStore  # type: ignore[attr-defined]
    parts_of_it = ("settings", "sessions", "connection", "store", "install", "patience")
    return types.SimpleNamespace(http=http, **imported(monkeypatch, parts_of_it, http, security, vendor))


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def store(modules: Any, server: Server) -> Any:
    return modules.store.RedisSessionStore(modules.sessions.Sessions(server, "acme_prod:"))


def _session(modules: Any, **data: Any) -> Any:
    return modules.http.Session({"uid": 2, "create_time": time.time(), **data}, SID)


def test_what_is_saved_is_found_and_expires(modules: Any, store: Any, server: Server) -> None:
    store.save(_session(modules, cart=[1, {"a": "ü"}]))
    assert store.get(SID)["cart"] == [1, {"a": "ü"}]
    assert server.expiry == {f"acme_prod:session:{NAME}": 604800}
    assert SID not in str(list(server.keys)), "the secret half is no key, which monitoring would show"


def test_what_is_missing_is_new_and_has_another_id(store: Any) -> None:
    found = store.get(SID)
    assert (found.is_new, dict(found)) == (True, {})
    assert found.sid != SID
    assert store.get("no key").is_new


def test_damaged_data_is_no_session(store: Any, server: Server) -> None:
    server.hset(f"acme_prod:session:{NAME}", "a" * 42, "[1]")
    assert store.get(SID).is_new


@pytest.mark.parametrize(
    ("data", "lifetime"),
    [({"uid": None, "debug": ""}, 86400), ({"uid": None, "sale_order_id": 7}, 604800), ({"uid": 2}, 604800)],
)
def test_robots_sessions_expire_soon(modules: Any, store: Any, server: Server, data: dict[str, Any], lifetime: int) -> None:
    store.save(_session(modules, **data))
    assert list(server.expiry.values()) == [lifetime]


def test_odoos_own_setting_of_inactivity_holds(modules: Any, store: Any, server: Server) -> None:
    cursor = types.SimpleNamespace(closed=False)
    modules.http.request = types.SimpleNamespace(env=types.SimpleNamespace(seconds=7200, cr=cursor))
    store.save(_session(modules))
    cursor.closed, modules.http.request.env.seconds = True, 5
    store.save(_session(modules))
    assert list(server.expiry.values()) == [7200]


def test_daily_cleaning_leaves_it_to_redis(modules: Any, store: Any, server: Server) -> None:
    store.save(_session(modules))
    store.vacuum(max_lifetime=3600)
    assert server.keys
    store.save(_session(modules))
    assert list(server.expiry.values()) == [3600]


def test_logging_out_ends_every_id_of_the_session(modules: Any, store: Any, server: Server) -> None:
    session = _session(modules)
    store.save(session)
    store.rotate(session, object(), soft=True)
    store.rotate(session, object())
    assert store.get(SID).is_new
    assert len(server.keys) == 1
    assert session.session_token == f"token of {session.sid}"


def test_requests_at_the_same_time_agree_on_one_new_id(modules: Any, store: Any) -> None:
    store.save(_session(modules))
    first, second = store.get(SID), store.get(SID)
    store.rotate(first, object(), soft=True)
    store.rotate(second, object(), soft=True)
    assert first.sid == second.sid != SID
    assert first.sid.startswith(NAME)
    assert store.get(first.sid)["token"] == f"token of {first.sid}"
    assert store.get(SID)["next_sid"] == first.sid


def test_a_rotation_that_was_cut_off_is_finished_by_the_next_request(modules: Any, store: Any) -> None:
    store.save(_session(modules))
    promised, stored = store._sessions.successor(SID, NAME + "b" * 42)
    assert not stored
    late = store.get(SID)
    store.rotate(late, object(), soft=True)
    assert late.sid == promised
    assert store.get(promised)["uid"] == 2


def test_old_ids_end_after_their_time_and_the_new_one_stays(modules: Any, store: Any) -> None:
    session = _session(modules)
    store.save(session)
    store.rotate(session, object(), soft=True)
    store.delete_old_sessions(session)
    assert not store.get(SID).is_new
    session["create_time"] -= 121
    store.delete_old_sessions(session)
    assert store.get(SID).is_new
    assert "gc_previous_sessions" not in store.get(session.sid)


def test_devices_are_logged_out_by_name(modules: Any, store: Any) -> None:
    store.save(_session(modules))
    assert store.get_missing_session_identifiers([NAME, "m" * 42]) == {"m" * 42}
    assert store.get_missing_session_identifiers([]) == set()
    with pytest.raises(ValueError, match="1 of 2"):
        store.delete_from_identifiers([NAME, "*"])
    assert not store.get(SID).is_new
    store.delete_from_identifiers([NAME])
    assert store.get(SID).is_new


def test_a_session_is_no_place_for_files(modules: Any, store: Any) -> None:
    with pytest.raises(modules.sessions.SessionTooLargeError, match="'picture'"):
        store.save(_session(modules, picture="x" * 300_000))


def test_an_unreachable_redis_is_told_and_logs_nobody_out(modules: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Gone:
        def run(self, *_commands: Any) -> None:
            raise modules.connection.RedisGoneError("no route")

    store = modules.store.RedisSessionStore(modules.sessions.Sessions(Gone(), "acme_prod:"))
    with pytest.raises(modules.store.SessionsUnavailable):
        store.get(SID)
    assert "no route" in caplog.text


def test_an_interface_that_grew_is_noticed(modules: Any) -> None:
    assert modules.store.unserved() == []
    modules.http.FilesystemSessionStore.archive = lambda _self: None
    assert modules.store.unserved() == ["archive"]


# --- the connection ---

_WATCHED = "[options]\nstore = redis\nusername = a\npassword = secret\nkey_prefix = a:\nca_file = /ca\n"


class Flaky:
    """Answers after some errors."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def execute_command(self, *command: Any) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return f"did {command[0]}"

    def pipeline(self, transaction: bool) -> Any:
        assert not transaction, "Redis 8.0 forgets transactions when it restarts"
        return types.SimpleNamespace(execute_command=lambda *_: None, execute=lambda: [self.execute_command("X")] * 2)


def _connection(modules: Any, *errors: Exception) -> tuple[Any, Clock]:
    clock = Clock()
    patience = functools.partial(modules.patience.Patience, clock=clock, sleep=clock.sleep)
    return modules.connection.Redis(Flaky(*errors), "redis1:6379", patience=patience), clock


@pytest.mark.parametrize(
    "error",
    [
        redis.exceptions.ConnectionError("gone"),
        redis.exceptions.TimeoutError("slow"),
        redis.exceptions.BusyLoadingError("loading"),
        redis.exceptions.ReadOnlyError("a replica now"),
    ],
)
def test_what_passes_is_waited_for(modules: Any, error: Exception) -> None:
    connection, clock = _connection(modules, *[error] * 4)
    assert connection.run(("GET", "a")) == ["did GET"]
    assert 0 < clock.now < 2
    assert connection.run(("A",), ("B",)) == ["did X", "did X"]


def test_patience_ends(modules: Any) -> None:
    connection, clock = _connection(modules, *[redis.exceptions.ConnectionError("gone")] * 1000)
    with pytest.raises(modules.connection.RedisGoneError, match="redis1:6379 did not answer for 8 s"):
        connection.run(("GET", "a"))
    assert 7 <= clock.now <= 8


@pytest.mark.parametrize(
    "error",
    [
        redis.exceptions.AuthenticationError("WRONGPASS"),
        redis.exceptions.NoPermissionError("no key"),
        redis.exceptions.OutOfMemoryError("full"),
    ],
)
def test_a_refusal_is_not_waited_for(modules: Any, error: Exception) -> None:
    connection, clock = _connection(modules, error)
    with pytest.raises(modules.connection.RedisGoneError, match="refuses"):
        connection.run(("GET", "a"))
    assert clock.now == 0


def test_nothing_is_sent_before_it_is_needed(modules: Any) -> None:
    found = modules.settings.Settings("redis", "192.0.2.1", 6379, "acme", "secret", "acme:", "/nonexistent")
    assert modules.connection.connect(found)
    assert "secret" not in repr(found)


def test_a_primary_without_replicas_is_left(modules: Any) -> None:
    connection, clock = _connection(
        modules, *[redis.exceptions.ResponseError("NOREPLICAS Not enough good replicas to write.")] * 3
    )
    connection._client.connection_pool = types.SimpleNamespace(disconnect=lambda: left.append(clock.now))
    left: list[float] = []
    assert connection.run(("SET", "a")) == ["did SET"]
    assert len(left) == 3
    connection._client.errors = [redis.exceptions.ResponseError("NOREPLICAS Not enough good replicas to write.")] * 1000
    with pytest.raises(modules.connection.RedisGoneError, match="refuses: NOREPLICAS"):
        connection.run(("SET", "a"))
    assert clock.now < 10


def test_sentinels_are_asked_with_tls(modules: Any, tmp_path: Path) -> None:
    path = tmp_path / "sessions.conf"
    path.write_text(f"{_WATCHED}sentinels = s1:26379 s2:26380\nprimary = shared\n")
    found = modules.settings.read(str(path))
    assert (found.sentinels, found.primary) == ((("s1", 26379), ("s2", 26380)), "shared")
    pool = modules.connection.connect(found)._client.connection_pool
    assert pool.service_name == "shared"
    for one in (pool, *(asked.connection_pool for asked in pool.sentinel_manager.sentinels)):
        assert issubclass(one.connection_class, redis.SSLConnection)
        assert one.connection_kwargs["ssl_cert_reqs"] == "required"
        assert one.connection_kwargs["ssl_ca_certs"] == "/ca"
        assert one.connection_kwargs["password"] == "secret"


def test_however_many_attempts_fail_the_next_one_is_made(modules: Any, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").touch()
    place = {"sentinels": (("127.0.0.1", 1),), "primary": "shared", "ca_file": str(tmp_path / "ca.crt")}
    connection = modules.connection.connect(modules.settings.Settings("redis", username="a", password="secret", **place))
    connection._patience = functools.partial(modules.patience.Patience, 0)
    for _attempt in range(40):
        with pytest.raises(modules.connection.RedisGoneError, match="No master found"):
            connection.run(("GET", "a"))


# --- its settings, and the start ---


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "store is None"),
        ("[options]\nstore = memory\n", "store is 'memory'"),
        ("[options]\nstore = redis\nhost = redis1\n", "port, username, password, key_prefix, ca_file missing"),
        ("not a configuration", "can't be read"),
        (f"{_WATCHED}sentinels = s1:26379\n", "primary missing"),
        (f"{_WATCHED}primary = shared\n", "sentinels missing"),
        (f"{_WATCHED}primary = shared\nsentinels = s1\n", "'s1' among sentinels is no host and port"),
        (f"{_WATCHED}primary = shared\nsentinels = s1:x\n", "port is 'x'"),
        (f"{_WATCHED}primary = shared\nsentinels = s1:1\nhost = redis1\n", "both are given"),
    ],
)
def test_what_says_no_place_is_an_error(modules: Any, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "sessions.conf").write_text(text)
    with pytest.raises(modules.settings.SettingsError, match=told):
        modules.settings.read(str(tmp_path / "sessions.conf"))


def test_a_missing_file_is_an_error(modules: Any, tmp_path: Path) -> None:
    with pytest.raises(modules.settings.SettingsError, match="can't be read"):
        modules.settings.read(str(tmp_path / "nothing"))


def test_the_store_is_put_in_place_once(modules: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sessions.conf"
    monkeypatch.setenv("TIERLINE_SESSIONS", str(path))
    path.write_text("[options]\nstore = disk\n")
    modules.install.install()
    assert not vars(modules.http.root)
    path.write_text(
        "[options]\nstore = redis\nhost = r1\nport = 6379\nusername = a\npassword = %x#;= y\nkey_prefix = a:\nca_file = /ca\n"
    )
    assert modules.settings.read().password == "%x#;= y"
    modules.install.install()
    assert isinstance(modules.http.root.session_store, modules.store.RedisSessionStore)
    with pytest.raises(RuntimeError, match="in use already"):
        modules.install.install()


@pytest.mark.usefixtures("modules")
def test_a_failed_start_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TIERLINE_SESSIONS", str(tmp_path / "nothing"))
    for name in ("database", "health"):
        monkeypatch.setitem(sys.modules, f"tierline_server.{name}", types.ModuleType(name))
    with pytest.raises(SystemExit):
        sys.modules["tierline_server"].post_load()
    assert f"{tmp_path / 'nothing'} can't be read" in caplog.text
