# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection to Redis. Imports nothing of Odoo."""

import contextlib
import threading

from .patience import SECONDS, Patience

try:
    import redis
    import redis.sentinel
except ImportError as error:
    raise ImportError(
        "the image has no Python library redis, which sessions in Redis need: "
        "add the Debian or Ubuntu package python3-redis, or redis from PyPI, to the image"
    ) from error

# A worker asks one thing at a time; the evented server has many clients in one process.
_CONNECTIONS = 16
_ANSWER = 4
_CONNECT = 2
# Three Sentinels say the same; one that is dead should not cost much.
_ASK = 0.5

# Redis is on its way down or up, or this server was a primary a moment ago.
_PASSING = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.BusyLoadingError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.MasterDownError,
)
_LASTING = (redis.exceptions.AuthenticationError, redis.exceptions.AuthorizationError)


# A primary that no replica hears may have a successor, and doesn't take what would be lost then. The library has no name for it.
_NO_REPLICAS = "NOREPLICAS"


class RedisGoneError(Exception):
    """Redis did not do what was asked: not within the time that a request can wait, or not at all."""


class Redis:
    """Carries out commands in one round trip; all of ours may be repeated, so a broken connection is no reason to give up."""

    def __init__(self, client, where, gate=None, patience=Patience):
        self._client = client
        self._where = where
        self._gate = gate or contextlib.nullcontext()
        self._patience = patience

    def run(self, *commands):
        patience = self._patience()
        while True:
            try:
                with self._gate:
                    return self._once(commands)
            except _LASTING as error:  # pylint: disable=catching-non-exception
                raise RedisGoneError(f"Redis at {self._where} refuses this environment's user: {error}") from error
            except _PASSING as error:  # pylint: disable=catching-non-exception
                if not patience.wait():
                    raise RedisGoneError(f"Redis at {self._where} did not answer for {patience.seconds} s: {error}") from error
            except redis.exceptions.RedisError as error:
                if _NO_REPLICAS in str(error):
                    # Sentinels are asked for every new connection; those that exist would go on with this server.
                    self._client.connection_pool.disconnect()
                if _NO_REPLICAS not in str(error) or not patience.wait():
                    raise RedisGoneError(f"Redis at {self._where} refuses: {error}") from error

    def _once(self, commands):
        if len(commands) == 1:
            return [self._client.execute_command(*commands[0])]
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return pipeline.execute()


def connect(settings):
    """Nothing is sent yet: connections are made when they are needed, in the process that needs them."""
    options = {
        "username": settings.username,
        "password": settings.password,
        "ssl_ca_certs": settings.ca_file,
        "ssl_check_hostname": True,
        "ssl_cert_reqs": "required",
        "decode_responses": True,
        "client_name": "odoo",
        "socket_timeout": _ANSWER,
        "socket_connect_timeout": _CONNECT,
        "socket_keepalive": True,
        # Trying again is our own matter: the client's would multiply the waiting.
        "retry": redis.retry.Retry(redis.backoff.NoBackoff(), 0),
        # A connection that idled is tried before it is relied on.
        "health_check_interval": 30,
    }
    if settings.sentinels:
        # The library's own limit counts every attempt that failed for good, so it would be reached for good after some failovers.
        return Redis(_through_sentinels(settings, options), settings.where, threading.BoundedSemaphore(_CONNECTIONS))
    pool = redis.BlockingConnectionPool(
        connection_class=redis.SSLConnection,
        host=settings.host,
        port=settings.port,
        max_connections=_CONNECTIONS,
        timeout=SECONDS,
        **options,
    )
    return Redis(redis.Redis(connection_pool=pool), settings.where)


def _through_sentinels(settings, options):
    """Every new connection goes to whom the first Sentinel that answers takes for the primary.

    It is closed when that one is no primary any more.
    """
    asking = {name: value for name, value in options.items() if name not in ("client_name", "health_check_interval")}
    asking |= {"socket_timeout": _ASK, "socket_connect_timeout": _ASK}
    manager = redis.sentinel.Sentinel(settings.sentinels, sentinel_kwargs={**asking, "ssl": True})
    return manager.master_for(settings.primary, ssl=True, **options)
