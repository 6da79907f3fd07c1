# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches the primary from a replica, and releases its leader key when a command proves that its host is off.

The thinking is in rules.py (module_utils/postgres/fencing.py of the collection). Here are the sockets, the process, the clock.
Usage: watcher.py CONFIG
"""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import rules  # module_utils/postgres/fencing.py under its name on hosts

# A primary that is slower than this once only costs a second look, and one that is slower twice costs a run of the command.
PROBE_TIMEOUT = 0.3
ETCD_TIMEOUT = 1.0
# How long the release is tried after a proof, while etcd elects a leader of its own. A member of etcd passes a transaction on to
# the leader that it knows: if that one died with the primary, the transaction is lost, and only another try finds the next.
RELEASE_WINDOW = 15.0
RELEASE_TIMEOUT = 0.5
RELEASE_RETRY = 0.1
# How often the primary's watcher looks whether etcd's leader is on the same host.
HANDOVER_INTERVAL = 10.0

log = logging.getLogger("fencing")


class EtcdError(Exception):
    """No member of etcd answered as it should."""


class Etcd:
    """etcd's JSON gateway, own member first. One connection, kept open: not to be shared by threads."""

    def __init__(self, endpoints, tls, timeout=ETCD_TIMEOUT):
        self._endpoints, self._tls, self._timeout = endpoints, tls, timeout
        self._connection = None

    def call(self, path, body, attempts=None):
        """The answer of the first member that gives one; `attempts` is how many are asked (default: all)."""
        problem = "no endpoint"
        for _attempt in self._endpoints[:attempts]:
            try:
                return self._post(path, body)
            except (OSError, http.client.HTTPException, ValueError) as error:
                problem = f"{self._endpoints[0][0]}: {error}"
                self.close()
                self._endpoints = self._endpoints[1:] + self._endpoints[:1]
        raise EtcdError(problem)

    def close(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def _post(self, path, body):
        if self._connection is None:
            host, port = self._endpoints[0]
            self._connection = http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._tls)
        self._connection.request("POST", f"/v3/{path}", json.dumps(body), {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise ValueError(f"{answer.status} {content[:200]!r}")
        return json.loads(content)


class Watcher:
    def __init__(self, config):
        self.config = config
        self.tls = ssl.create_default_context(cafile=config["ca"])
        self.tls.load_cert_chain(config["certificate"], config["key"])
        self.members = {member["name"]: member["address"] for member in config["members"]}
        endpoints = [(address, config["etcd_port"]) for address in config["etcd"]]
        self.etcd = Etcd(endpoints, self.tls)
        self.lease_etcd = Etcd(endpoints, self.tls, PROBE_TIMEOUT)
        self.endpoints = endpoints
        self.next_handover = 0.0
        self.watch = rules.Watch(config["member"], config["checks"])
        self.pool = ThreadPoolExecutor(2)
        self.addresses = {}
        self.counters = dict.fromkeys(("failed_checks", "commands", "proofs", "releases", "refusals", "handovers"), 0)
        self.reason = ""

    def run(self):
        while True:
            started = time.monotonic()
            step = self.step()
            # While the primary is silent there is no pause between checks: their own timeout is one.
            if step is None or not self.watch.failures or step.action == rules.ASK:
                time.sleep(max(0.05, self.config["interval"] - (time.monotonic() - started)))

    def step(self):
        try:
            seen = self.look()
        except EtcdError as error:
            self.say(f"etcd doesn't answer ({error})")
            return None
        step = self.watch.step(seen, time.monotonic())
        self.say(step.reason)
        if self.watch.failures:
            self.count("failed_checks")
        if step.action == rules.ASK:
            self.ask_and_release(seen.leadership)
        elif seen.leadership and seen.leadership.member == self.config["member"]:
            self.hand_over()
        return step

    # looking
    def look(self):
        answers = self.etcd.call("kv/txn", rules.read_request(self.config["prefix"]))["responses"]
        leader, config = (answer["response_range"].get("kvs", []) for answer in answers)
        leadership = rules.parse_leadership(leader)
        if leadership is None or leadership.member == self.config["member"]:
            return rules.Seen(leadership)
        remaining = self.pool.submit(self.remaining, leadership)
        answers = self.pool.submit(self.probe, leadership.member)
        return rules.Seen(leadership, answers.result(), rules.is_paused(config), remaining.result())

    def remaining(self, leadership):
        """What is left of the lease. Only etcd's leader knows; so one member is asked per look, not one by one."""
        asked = time.monotonic()
        try:
            answer = self.lease_etcd.call("lease/timetolive", {"ID": str(leadership.lease)}, attempts=1)
        except EtcdError:
            return None
        return rules.Remaining(int(answer["header"]["raft_term"]), int(answer.get("TTL", 0)), asked, time.monotonic())

    def probe(self, member):
        """Whether anything on the member's host answers. A refusal is an answer: its kernel is alive."""
        address, port = self.members.get(member), self.config["api_port"]
        if address is None:
            return None
        try:
            # Name servers are slow exactly when a host has died, and have no timeout of ours.
            if member not in self.addresses:
                self.addresses[member] = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][4]
            with (
                socket.create_connection(self.addresses[member][:2], PROBE_TIMEOUT) as plain,
                self.tls.wrap_socket(plain, server_hostname=address) as secure,
            ):
                secure.sendall(b"GET /liveness HTTP/1.0\r\n\r\n")
                return bool(secure.recv(1))
        except (ConnectionRefusedError, ssl.SSLCertVerificationError):
            return True
        except OSError:
            return False

    # acting
    def ask_and_release(self, leadership):
        started = time.monotonic()
        status, said = self.ask(leadership.member)
        took = time.monotonic() - started
        if not rules.is_proof(status):
            pause = self.watch.proved_nothing(time.monotonic())
            self.addresses.pop(leadership.member, None)
            shown = "none: it didn't start or took too long" if status is None else status
            log.warning(
                "no proof that %s is off: status %s after %.2f s, %r. The lease applies; asking again in %g s at the earliest",
                leadership.member, shown, took, said, pause,
            )  # fmt: skip
            return
        self.count("proofs")
        log.warning("%s is proven off after %.2f s: %r", leadership.member, took, said)
        if rules.renewed(self.watch.first, self.remaining(leadership)):
            self.count("refusals")
            self.watch.proved_nothing(time.monotonic())
            log.error("the command says that %s is off, but its lease was renewed: nothing is released", leadership.member)
            return
        self.release(leadership, self.entry(leadership.member))

    def entry(self, member):
        """What the dead member told of itself, so that it isn't asked; the release doesn't depend on it."""
        try:
            answer = self.etcd.call("kv/range", rules.entry_request(self.config["prefix"], member))
        except EtcdError:
            return None
        return rules.parse_entry(answer.get("kvs", []))

    def ask(self, member):
        self.count("commands")
        command = rules.fill(self.config["command"], member, self.members[member])
        # A file rather than a pipe: what the command leaves running must not keep us waiting for the end of its output.
        with tempfile.TemporaryFile() as output:
            try:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/"
                )
            except OSError as error:
                return None, str(error)
            try:
                status = process.wait(self.config["timeout"])
            except subprocess.TimeoutExpired:
                status = None
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            output.seek(0)
            return status, output.read(200).decode(errors="replace").strip()

    def release(self, leadership, dead):
        started = time.monotonic()
        # The dead host's own etcd is not asked.
        address = self.members[leadership.member]
        etcd = Etcd([endpoint for endpoint in self.endpoints if endpoint[0] != address], self.tls, RELEASE_TIMEOUT)
        answer = self.transact(etcd, leadership, dead)
        if answer is not None and not answer.get("succeeded"):
            holder, entry = rules.parse_refusal(answer)
            # What the holder last told of itself can have been under way when its host died, and be kept after it was read.
            # That happens once: whoever goes on telling isn't dead.
            if holder == leadership and entry != dead:
                answer = self.transact(etcd, leadership, entry)
        etcd.close()
        if answer is None:
            log.error("etcd had no leader for %.0f s after the proof: nothing is released", RELEASE_WINDOW)
        elif answer.get("succeeded"):
            self.count("releases")
            took = time.monotonic() - started
            log.warning("released the leader key of %s, revision %d, %.2f s after the proof", *self.of(leadership), took)
        else:
            log.warning("the leader key of %s, revision %d, is gone or taken up again: nothing to release", *self.of(leadership))

    def transact(self, etcd, leadership, dead):
        """etcd's answer to the release, or None if it had no leader for the whole window."""
        request = rules.release_request(self.config["prefix"], leadership, dead)
        until = time.monotonic() + RELEASE_WINDOW
        while time.monotonic() < until:
            try:
                return etcd.call("kv/txn", request)
            except EtcdError:
                time.sleep(RELEASE_RETRY)
        return None

    @staticmethod
    def of(leadership):
        return leadership.member, leadership.mod_revision

    # keeping etcd's leader away from the primary
    def hand_over(self):
        """Where etcd runs on the members, have another one lead it. The members' own etcd only: a given one leads as it likes."""
        address = self.members[self.config["member"]]
        own = [endpoint for endpoint in self.endpoints if endpoint[0] == address]
        now = time.monotonic()
        if not own or now < self.next_handover:
            return
        self.next_handover = now + HANDOVER_INTERVAL
        mine = self.status(own[0])
        if not mine or not rules.leads(mine):
            return
        others = [self.status(endpoint) for endpoint in self.endpoints if endpoint not in own]
        heir = rules.heir(mine, [status for status in others if status])
        if not heir:
            return
        etcd = Etcd(own, self.tls)
        try:
            etcd.call("maintenance/transfer-leadership", {"targetID": str(heir)})
        except EtcdError as error:
            log.warning("etcd's leader stays with the primary: %s", error)
        else:
            self.count("handovers")
            log.info("etcd is led by member %x from now on, so that its leader doesn't die with the primary", heir)
        finally:
            etcd.close()

    def status(self, endpoint):
        etcd = Etcd([endpoint], self.tls, PROBE_TIMEOUT)
        try:
            return etcd.call("maintenance/status", {})
        except EtcdError:
            return None
        finally:
            etcd.close()

    # telling
    def say(self, reason):
        """Log what has changed, not every look; and not the first check that fails, which a busy machine is enough for."""
        if reason == self.reason or self.watch.failures == 1 < self.config["checks"]:
            return
        log.info(reason)
        self.reason = reason

    def count(self, name):
        self.counters[name] += 1
        lines = [
            f"# TYPE tierline_fencing_{key}_total counter\ntierline_fencing_{key}_total {value}\n"
            for key, value in sorted(self.counters.items())
        ]
        path = pathlib.Path(self.config["metrics"])
        fresh = path.with_suffix(".new")
        fresh.write_text("".join(lines))
        fresh.replace(path)


def main():
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    config = json.loads(pathlib.Path(sys.argv[1]).read_text())
    log.info("watching %s* as %s", config["prefix"], config["member"])
    Watcher(config).run()


if __name__ == "__main__":
    main()
