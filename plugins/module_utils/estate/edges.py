# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may come to an environment through its edges, and how often: from its words and its tier, for the role traefik."""

from __future__ import annotations

from collections.abc import Iterator

from ..traefik.guards import GuardError, forward_auth_from
from .errors import Problem, shown
from .models import Environment, Estate, Settings

# A password is tried 60 times a minute from one address, which an office's morning may need and guessing can't use: Odoo
# itself makes whoever has failed five times wait for a minute (res.users, _on_login_cooldown). Browsers open one websocket
# for all their tabs, and all of an office do at once after a release.
_LOGINS = {"requests": "login", "per": "address", "average": 60, "period_seconds": 60, "burst": 30}
_WEBSOCKETS = {"requests": "websocket", "per": "address", "average": 10, "burst": 300}
# Ten seconds' worth at once, and never less than three browsers that come for the first time: each fetches some sixty files.
_BURST_SECONDS, _LEAST_BURST = 10, 200


def check(estate: Estate) -> Iterator[Problem]:
    """What a field can't say: who is asked, and of what."""
    key = "forward_auth"
    for name, words in sorted(estate.words.items()):
        try:
            if words[key]:
                forward_auth_from(words[key])
        except GuardError as error:
            said = str(error).removeprefix(f"{key}: ")
            yield Problem("environment", name, key, said, shown(words[key]), cure="correct it, or leave it out")


def guards(environment: Environment) -> Settings:
    """Of a route. What isn't asked for isn't there."""
    words, rate = environment.words, environment.settings["quotas.requests_per_second"]
    together = {"per": "domain", "average": rate, "burst": max(_LEAST_BURST, rate * _BURST_SECONDS)}
    return {
        "limits": [{"requests": "pages", **together}, {"requests": "api", **together}, dict(_LOGINS), dict(_WEBSOCKETS)],
        **({"allow_from": list(words["allow_from"])} if words["allow_from"] else {}),
        **({"forward_auth": dict(words["forward_auth"])} if words["forward_auth"] else {}),
    }
