# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Why a certificate must be issued, and what has to change on a machine. Pure: no file, no process, no clock of its own.

Invariant: a usable key is never replaced, and a certificate is only written where `reasons()` named a reason. A run that is cut
off anywhere leaves a state for which `reasons()` names what is missing, so the next run completes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import PkiError
from .models import Certificate, Found, Wanted

DIRECTORY_MODE = 0o755
CERTIFICATE_MODE = 0o644
KEY_MODE = 0o640
AUTHORITY = "ca.crt"
CERTIFICATE = "tls.crt"
KEY = "tls.key"


@dataclass(frozen=True)
class Access:
    """Who may read a path; the owner is always the user who runs the module (root)."""

    group: str
    mode: int


@dataclass(frozen=True)
class Change:
    """`action` is one of create_group, create_directory, set_access, write_authority, create_key."""

    action: str
    subject: str
    access: Access | None = None


def reasons(wanted: Wanted, found: Found, now: datetime, renew_before: timedelta) -> list[str]:
    """Why this certificate has to be issued (again); empty where it serves as it is."""
    certificate = found.certificate
    if certificate is None:
        return ["the certificate cannot be read"] if found.damaged else ["there is no certificate"]
    checks = (
        ("there is no usable key", found.key is None),
        ("it does not belong to the key", found.key is not None and certificate.key != found.key),
        (f"it was issued by another authority ({certificate.issuer})", not certificate.trusted),
        (f"it expires on {certificate.not_after:%Y-%m-%d}", certificate.not_after - now < renew_before),
        (_differs("common name", certificate.common_name, wanted.common_name), certificate.common_name != wanted.common_name),
        (_differs("host names", certificate.dns_names, wanted.dns_names), certificate.dns_names != wanted.dns_names),
        (_differs("addresses", certificate.ip_addresses, wanted.ip_addresses), certificate.ip_addresses != wanted.ip_addresses),
        (_differs("usages", certificate.usages, wanted.usages), certificate.usages != wanted.usages),
    )
    return [text for text, applies in checks if applies]


def _differs(what: str, seen: str | tuple[str, ...], needed: str | tuple[str, ...]) -> str:
    return f"its {what} are {_listed(seen)} instead of {_listed(needed)}"


def _listed(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value) or "none"


def access_of(wanted: Iterable[Wanted]) -> dict[str, Access]:
    """Every path below the certificate directory and who may read it, parents first."""
    paths = {"": Access("root", DIRECTORY_MODE), AUTHORITY: Access("root", CERTIFICATE_MODE)}
    for item in wanted:
        paths[item.name] = Access("root", DIRECTORY_MODE)
        paths[f"{item.name}/{KEY}"] = Access(item.group, KEY_MODE)
        paths[f"{item.name}/{CERTIFICATE}"] = Access("root", CERTIFICATE_MODE)
    return paths


def plan(
    wanted: list[Wanted],
    found: Mapping[str, Found],
    access: Mapping[str, Access],
    groups: Iterable[str],
    authority_differs: bool,
) -> list[Change]:
    """What a machine needs before certificates can be requested: groups, directories, the trust anchor, keys, right permissions.

    `access` holds only paths that exist.
    """
    known = set(groups)
    needed = access_of(wanted)
    changes = [Change("create_group", group) for group in sorted({item.group for item in wanted} - known)]
    for path, right in needed.items():
        is_directory = right.mode == DIRECTORY_MODE
        if path not in access:
            changes += [Change("create_directory", path, right)] if is_directory else []
        elif access[path] != right:
            changes.append(Change("set_access", path, right))
    if authority_differs:
        changes.append(Change("write_authority", AUTHORITY, needed[AUTHORITY]))
    for item in wanted:
        if found[item.name].key is None:
            changes.append(Change("create_key", item.name, needed[f"{item.name}/{KEY}"]))
    return changes


def check_lifetimes(valid: timedelta, authority: Certificate, now: datetime) -> None:
    """Refuses to issue from an authority that ends before the certificates would."""
    if authority.not_after - now < valid:
        raise PkiError(
            f"the authority {authority.common_name!r} ends on {authority.not_after:%Y-%m-%d}, "
            f"and a certificate of {valid.days} days would outlive it: ask for shorter ones, "
            "or create a new authority in another directory and run every machine against it"
        )


def check_issued(wanted: Wanted, found: Found, certificate: Certificate) -> None:
    """Refuses to install a certificate that could not serve: a key from another run, another authority's signature."""
    if certificate.key != found.key:
        raise PkiError(f"the certificate issued for {wanted.name!r} does not fit this machine's key: run again")
    if not certificate.trusted:
        raise PkiError(f"the certificate issued for {wanted.name!r} does not come from the given authority: pass its own")


def describe(certificate: Certificate | None) -> dict[str, object]:
    """A certificate for people and diffs: nothing that differs between a dry run and the run after it."""
    if certificate is None:
        return {}
    return {
        "common_name": certificate.common_name,
        "dns_names": list(certificate.dns_names),
        "ip_addresses": list(certificate.ip_addresses),
        "usages": list(certificate.usages),
        "issuer": certificate.issuer,
        "expires": f"{certificate.not_after:%Y-%m-%d}",
    }
