# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast

from ansible_collections.tierline.erp.plugins.lookup.odoo_server_module import LookupModule
from ansible_collections.tierline.erp.plugins.module_utils.odoo import arguments, config


def test_the_whole_module_is_found_and_taken() -> None:
    [files] = LookupModule().run([])
    settings = arguments.settings({"server_module": files})
    assert set(settings.server_module) >= {"__init__.py", "__manifest__.py", "health.py", "store.py"}
    assert (
        settings.server_module_version
        == arguments.settings({"server_module": dict(reversed(files.items()))}).server_module_version
    )


def test_odoo_calls_a_function_that_exists() -> None:
    [files] = LookupModule().run([])
    manifest = ast.literal_eval(files["__manifest__.py"])
    assert f"def {manifest['post_load']}(" in files["__init__.py"]
    assert manifest["installable"] is False
    assert config.SERVER_MODULE == "tierline_server"
