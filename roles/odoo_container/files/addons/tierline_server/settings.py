# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sessions.conf says. Imports nothing of Odoo."""

import configparser
import os
from dataclasses import dataclass, field

PATH = "/etc/tierline/odoo/sessions.conf"
_NEEDED = ("username", "password", "key_prefix", "ca_file")
# One server, or the name of a primary and the Sentinels that know where it is.
_SERVER, _WATCHED = ("host", "port"), ("sentinels", "primary")


class SettingsError(Exception):
    """The file is missing, or says something impossible."""


@dataclass(frozen=True)
class Settings:
    store: str
    host: str = ""
    port: int = 6379
    username: str = ""
    password: str = field(default="", repr=False)
    key_prefix: str = ""
    ca_file: str = ""
    primary: str = ""
    sentinels: tuple[tuple[str, int], ...] = ()

    @property
    def where(self):
        """For people."""
        watchers = ", ".join(f"{host}:{port}" for host, port in self.sentinels)
        return f"{self.primary} (says one of {watchers})" if watchers else f"{self.host}:{self.port}"


def read(path=None):
    """Where sessions are kept is always said: a file that is missing or says nothing is an error, never a default."""
    path = path or os.environ.get("TIERLINE_SESSIONS") or PATH
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with open(path, encoding="utf-8") as stream:
            parser.read_file(stream)
    except (OSError, configparser.Error) as error:
        raise SettingsError(f"{path} can't be read: {error}") from error
    found = dict(parser["options"]) if parser.has_section("options") else {}
    store = found.get("store")
    if store == "disk":
        return Settings("disk")
    if store != "redis":
        raise SettingsError(f"{path}: store is {store!r}; redis or disk is needed")
    given = {name for name in (*_SERVER, *_WATCHED) if found.get(name)}
    place = _WATCHED if given & set(_WATCHED) else _SERVER
    if given - set(place):
        raise SettingsError(f"{path}: host and port, or sentinels and primary are needed, and both are given")
    missing = [name for name in (*place, *_NEEDED) if not found.get(name)]
    if missing:
        raise SettingsError(f"{path}: {', '.join(missing)} missing, which sessions in Redis need")
    known = {name: found[name] for name in _NEEDED}
    if place == _WATCHED:
        sentinels = tuple(_address(path, word) for word in found["sentinels"].split())
        return Settings("redis", primary=found["primary"], sentinels=sentinels, **known)
    return Settings("redis", host=found["host"], port=_port(path, found["port"]), **known)


def _address(path, word):
    host, _colon, port = word.rpartition(":")
    if not host:
        raise SettingsError(f"{path}: {word!r} among sentinels is no host and port")
    return host, _port(path, port)


def _port(path, text):
    if not text.isdecimal():
        raise SettingsError(f"{path}: port is {text!r}; a number is needed")
    return int(text)
