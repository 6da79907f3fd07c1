# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.tierline.erp.plugins.module_utils.odoo import report, setup
from ansible_collections.tierline.erp.plugins.module_utils.odoo.parsing import parse

from .helpers import Engine, item


def test_containers_are_reported_by_environment() -> None:
    made = Engine()
    ports = {"8069/tcp": [{"HostIp": "0.0.0.0", "HostPort": "1"}]}
    config = {
        "Image": "i",
        "Labels": {"tierline.environment": "acme_prod", "tierline.slot": "blue"},
        "HostConfig": {"Memory": 2**30, "NanoCpus": 5 * 10**8, "PortBindings": ports},
    }
    made.create("acme_prod-blue", config)
    made.start("acme_prod-blue")
    made.create("someone", {"HostConfig": {}})
    (row,) = report.containers(made.containers())
    assert (row["environment"], row["slot"], row["health"]) == ("acme_prod", "blue", "healthy")
    assert (row["memory_mb"], row["cpus"]) == (1024, 0.5)
    assert row["ports"] == {"8069/tcp": ["0.0.0.0:1"]}
    assert report.containers(made.containers(), ["globex"]) == []


def test_databases_are_reported() -> None:
    env = parse([item()])[0]
    row = report.database(env, setup.DatabaseState(2, {"base": "installed"}, {setup.MARKER: "1"}, "19"))
    assert (row["initialised"], row["missing"], row["modules"], row["base_url"]) == (True, ["account"], ["base"], None)
