# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Updates an environment's database with one-off containers: first a copy that nobody sees, then the real one."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from . import config, fence, files, modules, reconcile, release, spec
from .errors import OdooError, refuse
from .models import Environment, Settings
from .modules import Update
from .plan import configuration

# An invoice is posted, and taken back before anybody has seen it: not a number is used up.
BUSINESS_SCRIPT = """\
if "account.move" in env:
    journal = env["account.journal"].search([("type", "=", "sale"), ("company_id", "=", env.company.id)], limit=1)
    account = env["account.account"].search([("account_type", "=", "income")], limit=1)
    if journal and account:
        partner = env["res.partner"].create({"name": "Tierline verification"})
        line = {"name": "Verification", "account_id": account.id, "quantity": 2, "price_unit": 61.70, "tax_ids": [(6, 0, [])]}
        move = env["account.move"].create({
            "move_type": "out_invoice", "partner_id": partner.id, "journal_id": journal.id, "invoice_line_ids": [(0, 0, line)],
        })
        move.action_post()
        if move.state != "posted" or abs(sum(line.debit - line.credit for line in move.line_ids)) > 0.001:
            raise SystemExit(f"the invoice is in state {move.state!r} after posting, or its lines do not balance")
env.cr.rollback()
"""


@dataclass(frozen=True)
class Updater:
    engine: Any
    settings: Settings
    copies: Any
    timeout: int = 1800
    clock: Callable[[], float] = time.time
    open_door: Callable[..., Any] = fence.opened

    # --- what is to be done ---

    def assess(self, env: Environment, runs: Mapping[str, Any] | None) -> Update | None:
        """What the declared code asks of the database; None where what runs is the same code."""
        running = (runs or {}).get("Config") or {}
        labels = running.get("Labels") or {}
        wanted = (env.image, ",".join(env.addons), ",".join(sorted(env.modules)))
        if runs is None or wanted == (running.get("Image"), labels.get(spec.LABEL_ADDONS, ""), labels.get(spec.LABEL_MODULES)):
            return None
        have = self.copies.contents(env)
        scan = self._scan(env, env.image, env.addons, have)
        refuse(modules.problems(env, have, scan))
        recorded = dict(have.recorded or {})
        if set(have.installed) - set(recorded):
            # Nobody has written these down: they came with the running code, as dependencies or by a person's hand.
            addons = [sha256 for sha256 in labels.get(spec.LABEL_ADDONS, "").split(",") if sha256]
            recorded = {**self._scan(env, running["Image"], addons, have).hashes, **recorded}
        return modules.plan(env, have, recorded, scan) or None

    def _scan(self, env: Environment, image: str, addons: Iterable[str], have: modules.Contents) -> modules.Scan:
        addons = list(addons)
        question = json.dumps(
            [[config.custom_path(sha256) for sha256 in addons], sorted({*have.installed, "base", *env.modules})]
        )
        wanted = spec.scan(image, addons, env, self.settings, ["-c", modules.SCRIPT, question])
        return modules.parse_scan(env.name, self.engine.run_once(f"{env.name}-scan", wanted, 120))

    # --- the copy ---

    def rehearse(self, env: Environment, update: Update) -> dict[str, Any]:
        """Everything that the update will do, on a copy, in a container that reaches nothing but that copy."""
        name = release.rehearsal_name(env.database.name)
        if name not in self.copies.names(env):
            raise OdooError(f"there is no copy {name} of the database to rehearse on: it is made on the database's machine first")
        home, data, door = self._rehearsal_places(env, name)
        begun = self.clock()
        try:
            before = self.copies.books(env, name)
            with self.open_door(fence.Door(env.database, self.settings.ca_file, (name, "postgres")), door, env.uid):
                self._run_fenced(env, home, data, door, modules.command(update), "odoo")
                self._check(env, update, before, name)
                script = 'exec odoo shell --config=/etc/tierline/odoo/odoo.conf --no-http < "$0"'
                self._run_fenced(env, home, data, door, ["-c", script, f"{config.CONFIG_DIR}/business.py"], "sh")
        except OdooError as error:
            raise OdooError(
                f"the update ({update.told}) failed on a copy of the database, so nothing was touched: {error}"
            ) from error
        finally:
            for place in (home, data, door):
                files.remove_tree(place)
            self.copies.drop(env, [name])
        return {"at": int(begun), "modules": update.told, "rehearsal_seconds": round(self.clock() - begun)}

    def _rehearsal_places(self, env: Environment, name: str) -> tuple[str, str, str]:
        """Configuration, files and socket. Attachments are links: Odoo never changes one, it writes another."""
        root = f"{self.settings.runtime_dir}/.rehearsal"
        data, door = f"{self.settings.data_dir}/.{env.name}.rehearsal", f"{self.settings.runtime_dir}/.door-{env.name}"
        for directory in (os.path.dirname(root), root):
            files.make_parent(directory)
        for directory in (data, door):
            files.remove_tree(directory)
            files.apply(files.File(directory, 0o700, env.uid, env.uid))
        files.link_tree(f"{self.settings.data_dir}/{env.name}/filestore/{env.database.name}", f"{data}/filestore/{name}", env.uid)
        texts = {
            "odoo.conf": config.render(config.fenced_settings(env, name, fence.SOCKET_DIR)),
            "ca.crt": "none is needed: there is no network\n",
            "business.py": BUSINESS_SCRIPT,
        }
        for file in configuration(root, env, texts):
            files.apply(file)
        return f"{root}/{env.name}", data, door

    def _run_fenced(self, env: Environment, home: str, data: str, door: str, command: list[str], entry: str) -> None:
        wanted = spec.fenced(env, self.settings, home, data, door, command)
        wanted["Entrypoint"] = [entry]
        self.engine.run_once(f"{env.name}-rehearsal", wanted, self.timeout)

    # --- the real one ---

    def update(self, env: Environment, update: Update) -> None:
        """On the database itself. Whoever calls this has stopped all writers and has a copy."""
        before = self.copies.books(env)
        texts = {
            "odoo.conf": config.render(config.setup_settings(env)),
            "ca.crt": files.text(self.settings.ca_file, "the certificate authority of the database"),
        }
        for directory in (os.path.dirname(self.settings.runtime_dir), self.settings.runtime_dir):
            files.make_parent(directory)
        for file in configuration(self.settings.runtime_dir, env, texts):
            files.apply(file)
        try:
            wanted = spec.setup(env, self.settings, reconcile.resolve(env), modules.command(update))
            self.engine.run_once(f"{env.name}-setup", wanted, self.timeout)
        finally:
            files.remove_tree(f"{self.settings.runtime_dir}/{env.name}")
        self._check(env, update, before, None)
        self.copies.remember(env, update.hashes)

    def _check(self, env: Environment, update: Update, before: Mapping[str, Decimal], name: str | None) -> None:
        left = modules.unfinished(update, self.copies.contents(env, name))
        if left:
            raise OdooError(f"Odoo did not update {', '.join(left)}, and says so only in its log")
        changed = modules.compare_books(before, self.copies.books(env, name))
        if changed:
            raise OdooError(f"the update changes the trial balance: {'; '.join(changed[:5])}")
