# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PostgreSQL server that consists of nothing but its catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ansible_collections.tierline.erp.plugins.module_utils.postgres.models import (
    Change,
    Cluster,
    Contents,
    Database,
    Role,
    Stage,
)
from ansible_collections.tierline.erp.plugins.module_utils.postgres.scram import make_verifier

EXTENSIONS = frozenset({"plpgsql", "pg_trgm", "unaccent", "pg_stat_statements"})
# The real number is slow on purpose.
_ITERATIONS = 2


class FakeServer:
    def __init__(self) -> None:
        self.roles = {
            "postgres": Role("postgres", superuser=True, createdb=True, createrole=True, replication=True, builtin=True)
        }
        self.databases = {name: Database(name, "postgres") for name in ("postgres", "template1")}
        self.contents = {"postgres": Contents()}
        self.removals: list[tuple] = []
        # By role: what services.GRANTABLE names.
        self.functions: dict[str, frozenset[str]] = {}
        self.locked = False

    def lock(self) -> None:
        self.locked = True

    def read(self, roles: Sequence[str], databases: Sequence[str], readers: Mapping | None = None) -> Cluster:
        wanted = {*databases, "postgres", "template1"}
        return Cluster(
            roles={name: role for name, role in self.roles.items() if name in roles},
            databases={name: database for name, database in self.databases.items() if name in wanted},
            contents={
                name: replace(contents, readers=contents.readers & {*(readers or {}).get(name, ("", []))[1]})
                for name, contents in self.contents.items()
                if name in databases
            },
            available_extensions=EXTENSIONS,
        )

    def apply(self, changes: Iterable[Change]) -> None:
        assert self.locked, "two runs at a time would trip over each other"
        done = Stage.CLUSTER
        for change in changes:
            assert change.stage >= done, f"{change} comes too late"
            done = change.stage
            self.apply_one(change)

    def apply_one(self, change: Change) -> None:
        getattr(self, f"_{change.action.name.lower()}")(change, change.name, dict(change.after or {}))

    def _create_role(self, change, name, after):
        assert name not in self.roles
        after.pop("password", None)
        self.roles[name] = Role(name, verifier=change.secret and make_verifier(change.secret, iterations=_ITERATIONS), **after)

    def _alter_role(self, _change, name, after):
        self.roles[name] = replace(self.roles[name], **after)

    def _set_password(self, change, name, _after):
        self.roles[name] = replace(self.roles[name], verifier=make_verifier(change.secret, iterations=_ITERATIONS))

    def _clear_password(self, _change, name, _after):
        self.roles[name] = replace(self.roles[name], verifier=None)

    def _end_sessions(self, _change, name, _after):
        assert self.roles[name].connection_limit == 0, "they would come in again"
        self.roles[name] = replace(self.roles[name], sessions=0)

    def _set_settings(self, _change, name, after):
        merged = {**self.roles[name].settings, **after["settings"]}
        self.roles[name] = replace(self.roles[name], settings={k: v for k, v in merged.items() if v is not None})

    def _grant_connect(self, _change, name, after):
        assert set(after["connect"]) <= set(self.roles), "a grant to a role that isn't there"
        self.databases[name] = replace(self.databases[name], connectors=self.databases[name].connectors | set(after["connect"]))

    def _revoke_connect(self, change, name, _after):
        left = self.databases[name].connectors - set(change.before["connect"])
        self.databases[name] = replace(self.databases[name], connectors=left)

    def _grant_membership(self, _change, name, after):
        assert name in self.roles
        groups = set(after["member_of"])
        assert all(group in self.roles or group.startswith("pg_") for group in groups)
        self.roles[name] = replace(self.roles[name], member_of=self.roles[name].member_of | groups)

    def _revoke_membership(self, change, name, _after):
        left = self.roles[name].member_of - set(change.before["member_of"])
        self.roles[name] = replace(self.roles[name], member_of=left)

    def _grant_functions(self, _change, name, after):
        assert name in self.roles
        self.functions[name] = self.functions.get(name, frozenset()) | set(after["functions"])

    def _revoke_functions(self, change, name, _after):
        self.functions[name] -= set(change.before["functions"])

    def _grant_reading(self, change, name, after):
        readers = set(after["readers"])
        assert {*readers, change.owner} <= set(self.roles)
        self.contents[name] = replace(self.contents[name], readers=self.contents[name].readers | readers)

    def _empty_roles(self, change, name, _after):
        gone = set(change.before["roles"])
        assert {*gone, change.owner} <= set(self.roles)
        self.databases[name] = replace(self.databases[name], connectors=self.databases[name].connectors - gone)
        self.contents[name] = replace(self.contents[name], readers=self.contents[name].readers - gone)

    def _record_removal(self, change, name, after):
        assert name in self.databases
        self.removals.append((name, change.owner, after["final_backup"]))

    def _revoke_public(self, _change, name, _after):
        self.databases[name] = replace(self.databases[name], public=frozenset())

    def _set_owner(self, _change, name, after):
        assert after["owner"] in self.roles
        self.databases[name] = replace(self.databases[name], owner=after["owner"])

    def _create_database(self, _change, name, after):
        assert name not in self.databases
        assert after["owner"] in self.roles
        self.databases[name] = Database(name, **after)
        self.contents[name] = Contents()

    def _create_extensions(self, _change, name, after):
        self.contents[name] = replace(self.contents[name], extensions=self.contents[name].extensions | set(after["extensions"]))

    def _own_schema(self, _change, name, _after):
        self.contents[name] = replace(self.contents[name], schema_owner="pg_database_owner", schema_public_create=False)

    def _drop_database(self, _change, name, _after):
        del self.databases[name]
        del self.contents[name]

    def _drop_role(self, _change, name, _after):
        assert name not in {database.owner for database in self.databases.values()}
        for database, contents in self.contents.items():
            assert name not in contents.readers
            assert database == "postgres" or name not in self.databases[database].connectors
        self.roles = {n: replace(role, member_of=role.member_of - {name}) for n, role in self.roles.items()}
        self.databases["postgres"] = replace(
            self.databases["postgres"], connectors=self.databases["postgres"].connectors - {name}
        )
        del self.roles[name]
