# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

{  # noqa: B018
    "name": "Tierline server",
    "summary": "Keeps HTTP sessions in Redis, waits for a database that is away, and says whether this server can do its work",
    "version": "19.0.1.0.0",
    "author": "The tierline.erp contributors",
    "license": "GPL-3",
    "category": "Hidden",
    "depends": ["base", "web"],
    # It is loaded with every server process (server_wide_modules) and never installed in a database.
    "installable": False,
    "post_load": "post_load",
}
