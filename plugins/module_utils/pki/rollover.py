# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""How an authority follows another while certificates of both are in use. Pure.

Everybody trusts all authorities of `ca.crt`; the first of them issues, with `ca.key`. `next.key` is that of one who doesn't yet.

`previous.crt` holds who was trusted when it began, from then until the last machine has heard of its end.

Invariant: an authority is trusted in the files of every step in which a certificate of it may be in use, and what lies there says
by itself what comes next: a run may be killed after any step, and the next goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import PkiError

BEGIN, PROMOTE, FORGET, FINISH = "begin", "promote", "forget", "finish"
CREATE_KEY, TRUST_NEXT, LEAD_NEXT, USE_NEXT, DISTRUST = "create_key", "trust_next", "lead_next", "use_next", "distrust_others"
NOTE, END = "note_previous", "end"


@dataclass(frozen=True)
class Held:
    """Digests of keys: those of the certificates in their order, of the key in use, and of the one that waits."""

    authorities: tuple[str, ...]
    key: str
    waiting: str | None = None
    unfinished: bool = False


def plan(action: str, held: Held) -> list[str]:
    _refuse_strange(held)
    return {BEGIN: _begin, PROMOTE: _promote, FORGET: _forget, FINISH: _finish}[action](held)


def _refuse_strange(held: Held) -> None:
    if not held.authorities:
        raise PkiError("there is no authority yet that another could follow: the role pki creates it")
    if held.key != held.authorities[0] and held.waiting != held.authorities[0]:
        raise PkiError("ca.key does not belong to the first certificate of ca.crt; restore both from the same backup")


def _begin(held: Held) -> list[str]:
    if held.unfinished:
        return []
    if held.waiting is not None:
        return [NOTE] if held.waiting in held.authorities else [TRUST_NEXT, NOTE]
    # Promoted, and not forgotten: that comes first.
    return [NOTE] if len(held.authorities) > 1 else [CREATE_KEY, TRUST_NEXT, NOTE]


def _promote(held: Held) -> list[str]:
    if held.waiting is None:
        if len(held.authorities) == 1 and not held.unfinished:
            raise PkiError("no rollover has begun, so that there is nobody to promote: take the step 'begin' first")
        return []
    if held.waiting not in held.authorities:
        raise PkiError("nobody trusts the next authority yet: take the step 'begin' again, and bring it to every machine")
    return [USE_NEXT] if held.authorities[0] == held.waiting else [LEAD_NEXT, USE_NEXT]


def _forget(held: Held) -> list[str]:
    if held.waiting is not None:
        raise PkiError(
            "the next authority doesn't issue yet: take the step 'promote' first, and renew every machine's certificates"
        )
    return [DISTRUST] if len(held.authorities) > 1 else []


def _finish(held: Held) -> list[str]:
    if held.waiting is not None or len(held.authorities) > 1:
        raise PkiError("more than one authority is trusted yet: take the step 'forget' first, and bring it to every machine")
    return [END] if held.unfinished else []


def arranged(steps: Sequence[str], authorities: Sequence[str], waiting: str | None) -> list[str]:
    """Whose certificates `ca.crt` holds after the steps, in their order."""
    order = list(authorities)
    if TRUST_NEXT in steps and waiting is not None:
        order.append(waiting)
    if LEAD_NEXT in steps and waiting is not None:
        order = [waiting, *(one for one in order if one != waiting)]
    return order[:1] if DISTRUST in steps else order
