# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""The controller's half of the module `files`: reads files and renders templates where roles keep them."""

import os
from collections.abc import Iterator
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

ATTRIBUTES = ("owner", "group", "mode", "secret")
SOURCES = ("content", "src", "template")


class ActionModule(ActionBase):
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        variables = task_vars or {}
        arguments["files"] = [one for entry in arguments.get("files") or [] for one in self._resolved(entry, variables)]
        return self._execute_module(module_name="tierline.erp.files", module_args=arguments, task_vars=task_vars)

    def _resolved(self, entry: dict[str, Any], variables: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Entries that have a path and a content each, of one that may name several sources."""
        unknown = sorted(set(entry) - {"path", "directory", *SOURCES, *ATTRIBUTES})
        if unknown:
            raise AnsibleActionFail(
                f"files: {', '.join(unknown)}: an entry has path, directory, {', '.join((*SOURCES, *ATTRIBUTES))}"
            )
        kinds = [kind for kind in SOURCES if kind in entry]
        places = [place for place in ("path", "directory") if place in entry]
        if len(kinds) != 1 or len(places) != 1:
            where = entry.get("path") or entry.get("directory") or entry
            raise AnsibleActionFail(f"files: {where}: path or directory, and one of {', '.join(SOURCES)}")
        kind, place = kinds[0], places[0]
        rest = {name: entry[name] for name in ATTRIBUTES if name in entry}
        sources = [entry[kind]] if kind == "content" or isinstance(entry[kind], str) else list(entry[kind])
        if (place == "path" and len(sources) != 1) or (place == "directory" and kind == "content"):
            raise AnsibleActionFail(f"files: {entry[place]}: a path has one source, and content has a path")
        for source in sources:
            path = (
                entry["path"]
                if place == "path"
                else os.path.join(entry["directory"], os.path.basename(source).removesuffix(".j2"))
            )
            yield {**rest, "path": path, "content": self._content(kind, source, variables)}

    def _content(self, kind: str, source: str, variables: dict[str, Any]) -> str:
        if kind == "content":
            return source
        try:
            if kind == "template":
                rendered = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar).run(
                    [source], variables=variables
                )
                return str(rendered[0])
            return str(self._loader.get_text_file_contents(self._find_needle("files", source)))
        except AnsibleError as error:
            raise AnsibleActionFail(f"files: {source}: {error}") from error
