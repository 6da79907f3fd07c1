# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted (Tenant), what is there (Cluster and its parts), and what lies between (Change)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum

MAINTENANCE_DATABASE = "postgres"
# Both are open to everybody in a fresh cluster, and both would let a tenant look at the others.
SHARED_DATABASES = (MAINTENANCE_DATABASE, "template1")
UNLIMITED = -1
# Exists only while new databases are copied from it.
TEMPLATE_DATABASE = "tierline_template"


# What another role of a tenant may do. Whoever works as the owner makes what belongs to the owner.
APPLICATION = "application"
REPORTING = "reporting"


@dataclass(frozen=True)
class TenantRole:
    """A role that works as a tenant's owner, or that reads what the owner makes."""

    name: str
    access: str
    password: str | None = field(default=None, repr=False)
    connection_limit: int = UNLIMITED
    settings: Mapping[str, str] = field(default_factory=dict)
    present: bool = True
    login: bool = True

    @property
    def effective_limit(self) -> int:
        return self.connection_limit if self.login else 0

    def all_settings(self, owner: str) -> dict[str, str]:
        own = {"role": owner} if self.access == APPLICATION else {"default_transaction_read_only": "on"}
        return {**self.settings, **own}


@dataclass(frozen=True)
class Tenant:
    """A role that owns a database, and nothing else in the cluster."""

    database: str
    owner: str
    # None leaves the password of an existing role alone.
    password: str | None = field(default=None, repr=False)
    connection_limit: int = UNLIMITED
    extensions: tuple[str, ...] = ()
    # None leaves the settings of an existing role alone.
    settings: Mapping[str, str] | None = None
    lc_collate: str = "C"
    lc_ctype: str = "C.UTF-8"
    roles: tuple[TenantRole, ...] = ()
    present: bool = True
    # Whether the owner itself comes in. One that doesn't has no password, no connection, and its sessions end.
    login: bool = True
    # Of a tenant that is removed: where its data can still be found.
    final_backup: str | None = None

    @property
    def effective_limit(self) -> int:
        return self.connection_limit if self.login else 0

    @property
    def role_names(self) -> list[str]:
        return [self.owner, *(role.name for role in self.roles)]

    def present_roles(self, access: str) -> list[str]:
        return [role.name for role in self.roles if role.present and role.access == access]


@dataclass(frozen=True)
class Role:
    name: str
    login: bool = True
    superuser: bool = False
    createdb: bool = False
    createrole: bool = False
    replication: bool = False
    bypassrls: bool = False
    connection_limit: int = UNLIMITED
    verifier: str | None = field(default=None, repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    member_of: frozenset[str] = frozenset()
    # Made by initdb.
    builtin: bool = False
    sessions: int = 0


@dataclass(frozen=True)
class Database:
    name: str
    owner: str
    encoding: str = "UTF8"
    lc_collate: str = "C"
    lc_ctype: str = "C.UTF-8"
    # Privileges of PUBLIC: of CONNECT, TEMPORARY, CREATE.
    public: frozenset[str] = frozenset({"CONNECT", "TEMPORARY"})
    # Roles to which CONNECT is granted by name.
    connectors: frozenset[str] = frozenset()
    accepts_connections: bool = True


@dataclass(frozen=True)
class Contents:
    """State that can be seen only from inside a database. The defaults are those of template0."""

    extensions: frozenset[str] = frozenset({"plpgsql"})
    schema_owner: str | None = "pg_database_owner"
    schema_public_create: bool = False
    # Of the roles that were asked about: who can read all that is in schema public, and what the owner will put there.
    readers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Cluster:
    roles: Mapping[str, Role]
    databases: Mapping[str, Database]
    contents: Mapping[str, Contents]
    available_extensions: frozenset[str] = frozenset()


class Stage(IntEnum):
    """Changes are applied in this order. Any prefix of it is a state from which the next run goes on."""

    CLUSTER = 1  # one transaction
    CREATE_DATABASE = 2  # one statement each, outside any transaction
    LOCK_DATABASE = 3  # one transaction
    CONTENTS = 4  # one transaction for each database
    RECORD = 5  # one transaction
    DROP_DATABASE = 6  # one statement each, outside any transaction
    DROP_ROLE = 7  # one transaction
    END_SESSIONS = 8  # when all else is committed, so that nobody whose session ends comes in again


class Action(Enum):
    CREATE_ROLE = "create role"
    ALTER_ROLE = "alter role"
    SET_PASSWORD = "set the password of role"
    CLEAR_PASSWORD = "take the password from role"
    END_SESSIONS = "end the sessions of role"
    SET_SETTINGS = "change settings of role"
    GRANT_MEMBERSHIP = "grant membership to role"
    REVOKE_MEMBERSHIP = "revoke membership from role"
    GRANT_CONNECT = "let roles connect to database"
    REVOKE_CONNECT = "keep other roles out of database"
    REVOKE_PUBLIC = "close to the public database"
    SET_OWNER = "change the owner of database"
    CREATE_DATABASE = "create database"
    CREATE_EXTENSIONS = "create extensions in database"
    OWN_SCHEMA = "give schema public to the owner of database"
    GRANT_READING = "let roles read database"
    EMPTY_ROLES = "take everything from roles in database"
    RECORD_REMOVAL = "record the removal of database"
    DROP_DATABASE = "drop database"
    DROP_ROLE = "drop role"
    GRANT_FUNCTIONS = "let role call functions"
    REVOKE_FUNCTIONS = "keep role from calling functions"
    CREATE_LOOKUP = "make the password lookup for role"


@dataclass(frozen=True)
class Change:
    stage: Stage
    action: Action
    # Role or database.
    name: str
    # What differs, for the diff: never a secret.
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    # The owner of the database, where the statement needs it.
    owner: str | None = None
    secret: str | None = field(default=None, repr=False)

    @property
    def kind(self) -> str:
        return "databases" if "database" in self.action.value else "roles"

    def __str__(self) -> str:
        return f"{self.action.value} {self.name}"


def as_diff(changes: list[Change]) -> dict[str, dict]:
    """Before and after, by kind and name, with only what differs."""
    sides: dict[str, dict] = {"before": {}, "after": {}}
    for change in changes:
        for side, values in (("before", change.before), ("after", change.after)):
            sides[side].setdefault(change.kind, {}).setdefault(change.name, {}).update(values or {})
    return sides
