# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the reference pages of the estate: the words people write, and a page per built-in tier. Called by tools/docs.sh.

Usage: estate_docs.py DIRECTORY
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterable, Mapping

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".cache" / "collections"))

from ansible_collections.tierline.erp.plugins.module_utils.estate import schema
from ansible_collections.tierline.erp.plugins.module_utils.estate.catalogue import Layer, Tier, load
from ansible_collections.tierline.erp.plugins.module_utils.estate.errors import Problem
from ansible_collections.tierline.erp.plugins.module_utils.estate.fields import Field

SECTIONS = {
    "Environments (host_vars)": schema.ENVIRONMENT,
    "Cells (group_vars of cell_*)": schema.CELL,
    "Backup store of a cell (cell_backup_store)": schema.STORE,
    "Second store of a cell (cell_second_store)": schema.SECOND_STORE,
    "Machines (hosts.yml or host_vars)": schema.MACHINE,
    "Settings of a tier": schema.TIER,
}


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    def line(cells: Iterable[object]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    head = list(head)
    return "\n".join([line(head), line("---" for _cell in head), *(line(row) for row in rows), ""])


def words() -> str:
    parts = [
        "# The words of an estate\n",
        "Generated from the resolver's schema. What a value may be is checked while the inventory is read.\n",
    ]
    for title, fields in SECTIONS.items():
        head = ["Key", "Meaning", "Allowed", "Environment may override" if fields is schema.TIER else "Default"]
        parts += [f"## {title}\n", table(head, (row(key, field, fields is schema.TIER) for key, field in fields.items()))]
    return "\n".join(parts)


def row(key: str, field: Field, of_tier: bool) -> list[str]:
    default = "required" if field.required else "" if field.default is None else f"`{field.default!r}`"
    last = ("yes" if field.overridable else "") if of_tier else default
    return [f"`{key}`", field.doc, f"`{field.allowed()}`" if "matches" in field.allowed() else field.allowed(), last]


def tier_page(tier: Tier, parent: str | None) -> str:
    rows = [[f"`{key}`", f"`{shown(value)}`", schema.TIER[key].doc, tier.origin[key]] for key, value in tier.settings.items()]
    return "\n".join(
        [
            f"# Tier {tier.name}\n",
            f"Inherits from [{parent}]({parent}.md).\n" if parent else "Inherits from no other tier.\n",
            f"Select it with `service_tier: {tier.name}` in the `host_vars` of an environment.\n",
            table(["Setting", "Value", "Meaning", "Fixed by"], rows),
        ]
    )


def shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def main(directory: pathlib.Path) -> None:
    written: Mapping[str, Mapping[str, str]] = yaml.safe_load((ROOT / "catalogue" / "tiers.yml").read_text())["tiers"]
    problems: list[Problem] = []
    tiers = load([Layer("built-in catalogue", written)], problems)
    if problems:
        sys.exit(f"the built-in catalogue is refused: {problems}")
    (directory / "tiers").mkdir(parents=True, exist_ok=True)
    (directory / "words.md").write_text(words())
    for name, tier in tiers.items():
        (directory / "tiers" / f"{name}.md").write_text(tier_page(tier, written[name].get("inherits")))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
