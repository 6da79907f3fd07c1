# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How sessions lie in Redis. Imports nothing of Odoo.

A session ID is 84 characters, of which the first 42 name the session for good (Odoo keeps them in its device log, and CSRF
tokens hang on them) and the rest changes every three hours. So one name is one key, a hash whose fields are the rests that are
valid at a time. That makes ending a session one UNLINK and asking for it one EXISTS: neither a scan, which the ACL forbids, nor
a second index that could disagree. A field that begins with "~" says which rest succeeds the one after it.
"""

import json

NAME_LENGTH = 42
_SUCCESSOR = "~"


class SessionTooLargeError(Exception):
    """Nobody should keep that much in a session: it travels with every request."""


class Sessions:
    """`redis` has one method, run(*commands), which carries out commands in their order and returns their results.

    They are no transaction, and each leaves something sound behind: Redis 8.0 forgets transactions when it reads its append-only
    file after a restart, unless its default user has all rights, which it should not have.
    """

    def __init__(self, redis, key_prefix, limit=256 * 1024):
        self._redis = redis
        self._prefix = key_prefix
        self._limit = limit

    def _key(self, name):
        return f"{self._prefix}session:{name}"

    def _split(self, sid):
        return self._key(sid[:NAME_LENGTH]), sid[NAME_LENGTH:]

    def read(self, sid):
        """The data of a session; None where there is none."""
        key, rest = self._split(sid)
        (text,) = self._redis.run(("HGET", key, rest))
        if text is None:
            return None
        data = json.loads(text)
        return data if isinstance(data, dict) else None

    def write(self, sid, data, lifetime):
        key, rest = self._split(sid)
        self._redis.run(("HSET", key, rest, self._text(data)), ("EXPIRE", key, lifetime))

    def succeed(self, sid, data, successor, successor_data, lifetime):
        """Old and new at once: nobody finds one without the other."""
        key, rest = self._split(sid)
        new = successor[NAME_LENGTH:]
        self._redis.run(
            ("HSET", key, rest, self._text(data), new, self._text(successor_data)),
            ("EXPIRE", key, lifetime),
        )

    def successor(self, sid, proposed):
        """The one ID that succeeds `sid`, and whether it is stored already. Whoever asks first has its proposal taken."""
        key, rest = self._split(sid)
        mark = _SUCCESSOR + rest
        _taken, new = self._redis.run(("HSETNX", key, mark, proposed[NAME_LENGTH:]), ("HGET", key, mark))
        (stored,) = self._redis.run(("HEXISTS", key, new))
        return sid[:NAME_LENGTH] + new, bool(stored)

    def keep_only(self, sid, data, lifetime):
        """End all other IDs of this session, without a moment in which this one is missing too."""
        key, rest = self._split(sid)
        _written, _expiry, fields = self._redis.run(
            ("HSET", key, rest, self._text(data)), ("EXPIRE", key, lifetime), ("HKEYS", key)
        )
        others = [name for name in fields if name != rest]
        if others:
            self._redis.run(("HDEL", key, *others))

    def end(self, names):
        """End sessions with all their IDs."""
        keys = [self._key(name) for name in names]
        if keys:
            self._redis.run(("UNLINK", *keys))

    def missing(self, names):
        names = sorted(set(names))
        if not names:
            return set()
        found = self._redis.run(*(("EXISTS", self._key(name)) for name in names))
        return {name for name, exists in zip(names, found, strict=True) if not exists}

    def probe(self):
        """Fails where sessions could not be written and read."""
        key = f"{self._prefix}health"
        self._redis.run(("SET", key, "1", "EX", 60), ("GET", key))

    def _text(self, data):
        text = json.dumps(data, separators=(",", ":"))
        if len(text) > self._limit:
            largest = max(data, key=lambda name: len(json.dumps(data[name])))
            raise SessionTooLargeError(
                f"a session of {len(text)} bytes is not kept, {self._limit} are allowed; most of it is in {largest!r}"
            )
        return text
