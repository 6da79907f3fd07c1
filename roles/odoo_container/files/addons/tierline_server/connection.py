# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection to Redis. Imports nothing of Odoo."""

import time

try:
    import redis
except ImportError as error:
    raise ImportError(
        "the image has no Python library redis, which sessions in Redis need: "
        "add the Debian or Ubuntu package python3-redis, or redis from PyPI, to the image"
    ) from error

# A restart or a failover of Redis takes about a second or three; a request can wait that long, its user would notice a logout.
PATIENCE = 8
# A worker asks one thing at a time; the evented server has many clients in one process.
_CONNECTIONS = 16
_ANSWER = 4
_CONNECT = 2

# Redis is on its way down or up, or this server was a primary a moment ago. (NOREPLICAS and the like are not our settings.)
_PASSING = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.BusyLoadingError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.MasterDownError,
)
_LASTING = (redis.exceptions.AuthenticationError, redis.exceptions.AuthorizationError)


class RedisGoneError(Exception):
    """Redis did not do what was asked: not within the time that a request can wait, or not at all."""


class Redis:
    """Carries out commands in one round trip; all of ours may be repeated, so a broken connection is no reason to give up."""

    def __init__(self, client, where, patience=PATIENCE, clock=time.monotonic, sleep=time.sleep):
        self._client = client
        self._where = where
        self._patience = patience
        self._clock = clock
        self._sleep = sleep

    def run(self, *commands):
        give_up = self._clock() + self._patience
        pause = 0.02
        while True:
            try:
                return self._once(commands)
            except _LASTING as error:  # pylint: disable=catching-non-exception
                raise RedisGoneError(f"Redis at {self._where} refuses this environment's user: {error}") from error
            except _PASSING as error:  # pylint: disable=catching-non-exception
                if self._clock() + pause >= give_up:
                    raise RedisGoneError(f"Redis at {self._where} did not answer for {self._patience} s: {error}") from error
            except redis.exceptions.RedisError as error:
                raise RedisGoneError(f"Redis at {self._where} refuses: {error}") from error
            self._sleep(pause)
            pause = min(pause * 2, 0.5)

    def _once(self, commands):
        if len(commands) == 1:
            return [self._client.execute_command(*commands[0])]
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return pipeline.execute()


def connect(settings):
    """Nothing is sent yet: connections are made when they are needed, in the process that needs them."""
    pool = redis.BlockingConnectionPool(
        connection_class=redis.SSLConnection,
        host=settings.host,
        port=settings.port,
        username=settings.username,
        password=settings.password,
        ssl_ca_certs=settings.ca_file,
        ssl_check_hostname=True,
        ssl_cert_reqs="required",
        decode_responses=True,
        client_name="odoo",
        max_connections=_CONNECTIONS,
        timeout=PATIENCE,
        socket_timeout=_ANSWER,
        socket_connect_timeout=_CONNECT,
        socket_keepalive=True,
        # Trying again is our own matter: the client's would multiply the waiting.
        retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0),
        # A connection that idled is tried before it is relied on.
        health_check_interval=30,
    )
    return Redis(redis.Redis(connection_pool=pool), f"{settings.host}:{settings.port}")
