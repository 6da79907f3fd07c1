# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sessions.conf says. Imports nothing of Odoo."""

import configparser
import os
from dataclasses import dataclass, field

PATH = "/etc/tierline/odoo/sessions.conf"
_NEEDED = ("host", "port", "username", "password", "key_prefix", "ca_file")


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
    missing = [name for name in _NEEDED if not found.get(name)]
    if missing:
        raise SettingsError(f"{path}: {', '.join(missing)} missing, which sessions in Redis need")
    if not found["port"].isdecimal():
        raise SettingsError(f"{path}: port is {found['port']!r}; a number is needed")
    return Settings("redis", port=int(found["port"]), **{name: found[name] for name in _NEEDED if name != "port"})
