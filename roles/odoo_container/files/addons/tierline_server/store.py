# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odoo's session store, on Redis."""

import logging
import time

from odoo import http
from odoo.service import security
from odoo.tools._vendor import sessions as vendor
from werkzeug.exceptions import ServiceUnavailable

from .connection import RedisGoneError
from .sessions import NAME_LENGTH

_logger = logging.getLogger(__name__)

# A session without a user and without anything in it costs nobody anything when it is lost, since the ID in the browser's cookie
# stays good. Robots make such sessions by the thousand.
EMPTY_LIFETIME = 60 * 60 * 24
_EMPTY = frozenset({*http.get_default_session(), "geoip"})


class SessionsUnavailable(ServiceUnavailable):
    """A page that says so, with the status that proxies and clients take for "try again", rather than a logout."""

    def __init__(self):
        super().__init__("Sessions can't be reached at the moment. Nobody was logged out; please try again.", retry_after=5)


def _reported(work):
    def method(*arguments, **names):
        try:
            return work(*arguments, **names)
        except RedisGoneError as error:
            _logger.error("sessions can't be reached: %s", error)
            raise SessionsUnavailable() from error

    return method


class RedisSessionStore(vendor.SessionStore):
    """Serves what Odoo asks of its FilesystemSessionStore; see `unserved`."""

    generate_key = http.FilesystemSessionStore.generate_key
    is_valid_key = http.FilesystemSessionStore.is_valid_key

    def __init__(self, sessions):
        super().__init__(session_class=http.Session)
        self._sessions = sessions
        self._inactivity = http.SESSION_LIFETIME

    @_reported
    def get(self, sid):
        data = self._sessions.read(sid) if self.is_valid_key(sid) else None
        return self.new() if data is None else self.session_class(data, sid, False)

    @_reported
    def save(self, session):
        self._sessions.write(session.sid, dict(session), self._lifetime(session))

    @_reported
    def delete(self, session):
        """With all IDs: whoever logs out is logged out of the ID too that was replaced a minute ago."""
        self._sessions.end([session.sid[:NAME_LENGTH]])

    @_reported
    def rotate(self, session, env, soft=False):
        """A new ID: another one altogether, or (softly) only another secret half, while requests under way still have the old."""
        if soft:
            self._rotate_softly(session, env)
        else:
            self.delete(session)
            self._renew(session, env, self.generate_key())
            self.save(session)

    def _rotate_softly(self, session, env):
        old = session.sid
        proposed = old[:NAME_LENGTH] + self.generate_key()[NAME_LENGTH:]
        # Requests of one browser come at the same time, to several processes and machines: they must agree on one new ID.
        new, stored = self._sessions.successor(old, proposed)
        if stored:
            session.sid = new
            return
        replaced = {**session, "next_sid": new, "deletion_time": time.time() + http.SESSION_DELETION_TIMER}
        session["gc_previous_sessions"] = True
        self._renew(session, env, new)
        self._sessions.succeed(old, replaced, new, dict(session), self._lifetime(session))

    @staticmethod
    def _renew(session, env, sid):
        session.sid = sid
        if session.uid:
            session.session_token = security.compute_session_token(session, env)
        session.should_rotate = False
        session["create_time"] = time.time()

    @_reported
    def delete_old_sessions(self, session):
        if "gc_previous_sessions" in session and session["create_time"] + http.SESSION_DELETION_TIMER < time.time():
            del session["gc_previous_sessions"]
            self._sessions.keep_only(session.sid, dict(session), self._lifetime(session))

    @_reported
    def delete_from_identifiers(self, identifiers):
        names = list(identifiers)
        wrong = [name for name in names if not http._session_identifier_re.match(name)]
        if wrong:
            raise ValueError(f"{len(wrong)} of {len(names)} session identifiers are malformed: none was ended")
        self._sessions.end(names)

    @_reported
    def get_missing_session_identifiers(self, identifiers):
        return self._sessions.missing(identifiers)

    def vacuum(self, max_lifetime=http.SESSION_LIFETIME):
        """Redis forgets by itself what is not used; only how long that may take is to be known."""
        self._inactivity = int(max_lifetime)

    def probe(self):
        self._sessions.probe()

    def _lifetime(self, session):
        self._learn_inactivity()
        if session.get("uid") is None and not any(session[name] for name in session if name not in _EMPTY):
            return min(EMPTY_LIFETIME, self._inactivity)
        return self._inactivity

    def _learn_inactivity(self):
        """Odoo's own setting, which it keeps in memory; where the database can't be asked the last answer holds."""
        try:
            env = http.request.env if http.request else None
            if env is not None and not env.cr.closed:
                self._inactivity = max(http.get_session_max_inactivity(env), 60)
        except Exception:
            _logger.debug("sessions.max_inactivity_seconds can't be read now", exc_info=True)


def unserved():
    """What a newer Odoo asks of its store and this one doesn't know: better no start than a store that does half of it."""
    on_disk = {"get_session_filename", "list"}
    asked = {name for name in dir(http.FilesystemSessionStore) if not name.startswith("_")}
    return sorted(asked - set(dir(RedisSessionStore)) - on_disk)
