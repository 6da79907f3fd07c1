# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: estate
short_description: Resolve service tiers and topology into variables of machines and environments
version_added: 0.1.0
author:
  - The tierline.erp contributors (@tierline)
description:
  - Reads the environments, cells and machines that earlier sources declare, with their C(host_vars) and C(group_vars).
  - Sets resolved variables on machines and environments, and builds the groups C(tier_*), C(tenant_*), C(stage_*) and C(role_*).
  - Values written in C(host_vars) and C(group_vars) win over what is derived.
  - Refuses an invalid or contradictory estate while the inventory is read, naming all problems at once. Nothing is touched then.
  - Widens C(--limit) so that an environment brings the machines of its cell.
  - The file must be read after those that declare hosts. In an inventory directory, files are read in alphabetical order.
notes:
  - Needs no network and no Python library beyond those of ansible-core.
options:
  plugin:
    description: The name of this plugin, V(tierline.erp.estate).
    type: str
    required: true
    choices: [tierline.erp.estate]
  tiers:
    description:
      - Service tiers, by name, with the settings described in C(docs/estate.md).
      - With O(catalogue_mode=extend), a tier of a name that exists already changes only the settings that are written.
    type: dict
    default: {}
  catalogue:
    description:
      - YAML files with a top-level key C(tiers), relative to this file.
      - A later one extends an earlier one; O(tiers) comes last.
    type: list
    elements: str
    default: []
  catalogue_mode:
    description: Whether O(tiers) and O(catalogue) extend the built-in service catalogue or replace it.
    type: str
    choices: [extend, replace]
    default: extend
"""

EXAMPLES = r"""
---
# tierline.estate.yml beside hosts.yml: the built-in catalogue is enough
plugin: tierline.erp.estate
---
# A tier of one's own, which inherits from a built-in one
plugin: tierline.erp.estate
tiers:
  dedicated_single:
    inherits: standard
    isolation: dedicated
    price:
      monthly: "420.00"
---
# A catalogue of one's own, kept in a file
plugin: tierline.erp.estate
catalogue_mode: replace
catalogue:
  - catalogue/house_tiers.yml
"""

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.template import trust_as_template
from ansible_collections.tierline.erp.plugins.module_utils.estate.catalogue import Layer
from ansible_collections.tierline.erp.plugins.module_utils.estate.errors import EstateError, Problem, shown, unknown_option
from ansible_collections.tierline.erp.plugins.module_utils.estate.models import Intent, Resolution
from ansible_collections.tierline.erp.plugins.module_utils.estate.resolve import resolve
from ansible_collections.tierline.erp.plugins.plugin_utils.estate_limit import widen_limit
from ansible_collections.tierline.erp.plugins.plugin_utils.estate_locate import Locator
from ansible_collections.tierline.erp.plugins.plugin_utils.estate_sources import Sources

BUILT_IN = os.path.join(os.path.dirname(__file__), "..", "..", "catalogue", "tiers.yml")
_OPTIONS = ("plugin", "tiers", "catalogue", "catalogue_mode")
_SUFFIXES = ("tierline.estate.yml", "tierline.estate.yaml")
# What people write for all hosts must not turn an environment into a machine to be reached over SSH.
_ENVIRONMENT_ONLY = frozenset({"ansible_connection", "ansible_python_interpreter"})


class InventoryModule(BaseInventoryPlugin):
    """Glue: read the sources, resolve, set what was resolved."""

    NAME = "tierline.erp.estate"

    def verify_file(self, path: str) -> bool:
        """Accept files called tierline.estate.yml (or something.tierline.estate.yml)."""
        return super().verify_file(path) and path.endswith(_SUFFIXES)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Resolve the estate or refuse it."""
        super().parse(inventory, loader, path, cache=cache)
        sources = Sources(inventory, loader, path)
        try:
            intent = sources.intent(self._layers(path), trust_as_template)
            resolution = resolve(intent)
        except EstateError as error:
            self._refuse(error.located(Locator(loader, sources.paths, inventory, path)))
        self._publish(intent, resolution, sources)
        widen_limit(inventory, loader, resolution.machines_of)

    def _layers(self, path: str) -> list[Layer]:
        """The catalogue: built in, then files, then inline."""
        config = self._read_config_data(path)
        if strange := [key for key in config if key not in _OPTIONS]:
            raise EstateError(unknown_option(key, _OPTIONS, path) for key in strange)
        base = os.path.dirname(path)
        files = [os.path.join(base, name) for name in self.get_option("catalogue")]
        if self.get_option("catalogue_mode") == "extend":
            files.insert(0, os.path.normpath(BUILT_IN))
        layers = [self._file_layer(file) for file in files]
        return [*layers, Layer(os.path.basename(path), self.get_option("tiers"))]

    def _file_layer(self, path: str) -> Layer:
        content = self.loader.load_from_file(path, cache="none", trusted_as_template=True) if os.path.isfile(path) else None
        tiers = content.get("tiers") if isinstance(content, Mapping) else None
        if not isinstance(tiers, Mapping):
            seen = shown(content) if os.path.isfile(path) else "no such file"
            raise EstateError(
                [
                    Problem(
                        "source",
                        os.path.basename(path),
                        "tiers",
                        "not a catalogue",
                        seen,
                        "a YAML file with the top-level key tiers",
                        cure="mend the path in catalogue:",
                        file=path,
                    )
                ]
            )
        return Layer("built-in catalogue" if path == os.path.normpath(BUILT_IN) else os.path.basename(path), tiers)

    def _refuse(self, error: EstateError) -> None:
        # A refused estate stops the run even where ansible.cfg lets sources fail: environments would look like machines.
        C.INVENTORY_ANY_UNPARSED_IS_FAILED = True
        self.display.error(str(error))
        raise AnsibleParserError(f"The estate is refused ({len(error.problems)} problems, listed above).") from None

    def _publish(self, intent: Intent, resolution: Resolution, sources: Sources) -> None:
        """Set what nobody wrote. Hosts are set directly: InventoryData.set_variable copies and tags each value again,

        which for a thousand environments takes longer than resolving them.
        """
        for host, variables in resolution.variables.items():
            written, own = sources.host(host), intent.own.get(host, {})
            for key, value in variables.items():
                if key not in (own if key in _ENVIRONMENT_ONLY else written):
                    self.inventory.hosts[host].set_variable(key, _trusted(value))
        for group, hosts in resolution.groups.items():
            self.inventory.add_group(group)
            for host in hosts:
                self.inventory.add_child(group, host)


def _trusted(value: Any) -> Any:
    """Trust the strings that the resolver made. Those that people wrote are tagged, and keep the trust of their source.

    A tagged string has a type of its own, so that looking the type up leaves it as it is.
    """
    convert = _CONVERT.get(type(value))
    return convert(value) if convert else value


_CONVERT: dict[type, Callable[[Any], Any]] = {
    # Most strings come again for each environment.
    str: lru_cache(maxsize=65536)(trust_as_template),
    dict: lambda value: {key: _trusted(item) for key, item in value.items()},
    list: lambda value: [_trusted(item) for item in value],
}
