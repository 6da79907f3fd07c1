#!/usr/bin/env python3
# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What resolving a large estate costs, compared with ansible.builtin.constructed over the same files.

Three inventory directories share hosts.yml, host_vars and group_vars: the first has nothing else (static), the second adds
a constructed source with one keyed group and one compose, the third adds tierline.estate.yml. Each is read with
`ansible-inventory --list` (which reads the vars files and prints all variables) in a process of its own, in turn, several
times. The figure is the ratio of what the estate adds to the static time to what constructed adds. Beside wall-clock time it
is given for CPU time, which a busy machine disturbs less; reading an inventory waits for nothing, so on an idle one they agree.

Usage: tests/bench/resolve_estate.py [--environments 1000] [--cells 10] [--repeats 7] [--json FILE]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOAL = 1.5
CONSTRUCTED = """\
plugin: ansible.builtin.constructed
use_vars_plugins: true
compose:
  display_name: tenant ~ ' ' ~ stage
keyed_groups:
  - key: service_tier
    prefix: tier
"""
ESTATE = "plugin: tierline.erp.estate\n"
ENVIRONMENT = """\
service_tier: {tier}
tenant: tenant{number:04d}
cell: c{cell:02d}
stage: {stage}
domains:
  - {name}.localhost
owner: Owner {number}
cost_centre: "{number}"
data_classification: internal
{extra}"""
CELL = "cell_isolation: shared\ncell_backup_store: {kind: object_storage, object_lock: true, endpoint: https://objects.example}\n"


def load_ports():
    """The resolver's own port arithmetic, without Ansible: two of many names may hash to the same block."""
    sys.path.insert(0, str(ROOT / "plugins" / "module_utils"))
    return importlib.import_module("estate.ports")


def write_environments(base: Path, environments: int, cells: int) -> None:
    ports = load_ports()
    taken: dict[int, set[int]] = {cell: set() for cell in range(cells)}
    for number in range(environments):
        name, cell = f"env{number:04d}", number % cells
        block = ports.hashed_block(name)
        extra = ""
        if block in taken[cell]:
            block = ports.free_block(name, taken[cell])
            extra = f"port_block: {block}\n"
        taken[cell] |= set(range(block, block + 4))
        tier, stage = (("standard", "production"), ("sandbox", "staging"))[number % 2]
        text = ENVIRONMENT.format(tier=tier, number=number // 2, cell=cell, stage=stage, name=name, extra=extra)
        (base / "host_vars" / f"{name}.yml").write_text(text)


def write_inventory(base: Path, environments: int, cells: int) -> None:
    """Hosts, host_vars and group_vars as people write them."""
    (base / "host_vars").mkdir(parents=True)
    (base / "group_vars").mkdir()
    lines = ["all:", "  children:", "    environments:", "      hosts:"]
    lines += [f"        env{number:04d}:" for number in range(environments)]
    for cell in range(cells):
        lines += [f"    cell_c{cell:02d}:", "      hosts:"]
        lines += [f"        c{cell:02d}-db1: {{machine_roles: [postgres, redis]}}"]
        lines += [f"        c{cell:02d}-app1: {{machine_roles: [app]}}"]
        lines += [f"        c{cell:02d}-edge1: {{machine_roles: [edge]}}"]
        (base / "group_vars" / f"cell_c{cell:02d}.yml").write_text(CELL)
    (base / "hosts.yml").write_text("\n".join(lines) + "\n")
    write_environments(base, environments, cells)


def variants(base: Path) -> dict[str, Path]:
    """The three contenders: directories that share everything but one source."""
    sources = {"static": {}, "constructed": {"zz.constructed.yml": CONSTRUCTED}, "estate": {"tierline.estate.yml": ESTATE}}
    for name, files in sources.items():
        directory = base.parent / name
        directory.mkdir()
        for shared in ("hosts.yml", "host_vars", "group_vars"):
            (directory / shared).symlink_to(base / shared)
        for file, text in files.items():
            (directory / file).write_text(text)
    return {name: base.parent / name for name in sources}


def timed(inventory: Path, output: Path) -> tuple[float, float]:
    """(wall-clock, CPU) seconds of one reading."""
    executable = str(Path(sys.executable).with_name("ansible-inventory"))
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([executable, "-i", str(inventory), "--list", "--output", str(output)], check=True, env=environment, cwd=ROOT)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(inventories: dict[str, Path], repeats: int, output: Path) -> dict[str, list[tuple[float, float]]]:
    """Interleaved, so that a slow minute of the machine hits all contenders alike. One unmeasured round warms caches."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in inventories}
    for round_number in range(repeats + 1):
        for name, inventory in inventories.items():
            seconds = timed(inventory, output)
            if round_number:
                times[name].append(seconds)
    return times


def report(times: dict[str, list[tuple[float, float]]]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for column, clock in enumerate(("wall", "cpu")):
        medians = {name: statistics.median(value[column] for value in values) for name, values in times.items()}
        added = {name: medians[name] - medians["static"] for name in ("constructed", "estate")}
        ratio = added["estate"] / added["constructed"]
        print(f"{clock + ':':<5} " + ", ".join(f"{name} {value:.2f} s" for name, value in medians.items()))
        print(f"      constructed adds {added['constructed']:.2f} s, estate adds {added['estate']:.2f} s: ratio {ratio:.2f}")
        figures |= {f"{name}_{clock}_seconds": round(value, 3) for name, value in medians.items()} | {
            f"{clock}_ratio": round(ratio, 3)
        }
    print(f"goal: a ratio of at most {GOAL}")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environments", type=int, default=1000)
    parser.add_argument("--cells", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory) / "inventory"
        write_inventory(base, options.environments, options.cells)
        print(f"{options.environments} environments in {options.cells} cells, {options.repeats} interleaved runs each")
        figures = report(measure(variants(base), options.repeats, Path(directory) / "list.json"))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if figures["cpu_ratio"] <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
