# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""module_utils/postgres/resignation.py: the key goes only after PostgreSQL has ended, and only if it was this member's."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest
from ansible_collections.tierline.erp.plugins.module_utils.etcd.errors import EtcdError, EtcdUnavailableError
from ansible_collections.tierline.erp.plugins.module_utils.postgres import fencing, resignation
from ansible_collections.tierline.erp.plugins.module_utils.postgres.errors import PostgresError
from ansible_collections.tierline.erp.plugins.module_utils.postgres.resignation import Resignation

PREFIX = "/tierline/cell/"
# Ends as PostgreSQL does when it is asked to, and takes its file along; "crash" leaves the file; "stay" doesn't end.
POSTMASTER = """
import os, pathlib, signal, sys
def end(*_):
    if sys.argv[1] == "stay":
        return
    if sys.argv[1] == "end":
        pathlib.Path("postmaster.pid").unlink()
    os._exit(0)
signal.signal(signal.SIGINT, end)
pathlib.Path("postmaster.pid").write_text(f"{os.getpid()}\\n{os.getcwd()}\\n")
print("ready", flush=True)
while True:
    signal.pause()
"""


class Etcd:
    def __init__(self, holder="db1", failures=()):
        self.holder, self.failures, self.released = holder, list(failures), None

    def transact(self, request):
        if "compare" not in request:
            held = {"value": base64.b64encode(self.holder.encode()).decode(), "mod_revision": "7", "lease": "42"}
            return {"responses": [{"response_range": {"kvs": [held] if self.holder else []}}, {"response_range": {}}]}
        if self.failures:
            raise self.failures.pop(0)
        self.released = request
        return {"succeeded": True}


@pytest.fixture
def postgres(tmp_path):
    started = []

    def start(behaviour):
        process = subprocess.Popen([sys.executable, "-c", POSTMASTER, behaviour], cwd=tmp_path, stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def resign(etcd, folder, timeout=5.0):
    ended = []
    Resignation(etcd, PREFIX, str(folder), lambda: ended.append(1)).resign("db1", timeout)
    return ended


def test_postgres_ends_and_the_key_is_released(postgres, tmp_path):
    process, etcd = postgres("end"), Etcd()
    assert resign(etcd, tmp_path) == [1]
    assert process.wait(1) == 0
    assert etcd.released == fencing.release_request(PREFIX, fencing.Leadership("db1", 7, 42))


@pytest.mark.parametrize(("holder", "said"), [("db2", "but db2; nothing"), ("", "but nobody; nothing")])
def test_who_is_not_the_primary_any_more_stops_nothing(postgres, tmp_path, holder, said):
    process, etcd = postgres("end"), Etcd(holder)
    with pytest.raises(PostgresError, match=said):
        resign(etcd, tmp_path)
    assert process.poll() is None
    assert etcd.released is None


@pytest.mark.parametrize(("behaviour", "said"), [("stay", "didn't stop within 0.3 s"), ("crash", "didn't end cleanly")])
def test_without_a_clean_end_there_is_no_release(postgres, tmp_path, behaviour, said):
    postgres(behaviour)
    etcd = Etcd()
    with pytest.raises(PostgresError, match=said):
        resign(etcd, tmp_path, timeout=0.3)
    assert etcd.released is None


def test_nothing_runs_here(tmp_path):
    """Patroni isn't ended for it either."""
    ended = []
    with pytest.raises(PostgresError, match="no PostgreSQL runs in"):
        Resignation(Etcd(), PREFIX, str(tmp_path), lambda: ended.append(1)).resign("db1", 1)
    assert ended == []


def test_a_stale_file_names_another_process(postgres, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    process, etcd = postgres("end"), Etcd()
    (other / "postmaster.pid").write_text(f"{process.pid}\n")
    with pytest.raises(PostgresError, match="isn't a PostgreSQL of that directory"):
        resign(etcd, other)
    assert process.poll() is None


def test_an_election_of_etcd_is_waited_for(postgres, tmp_path):
    postgres("end")
    etcd = Etcd(failures=[EtcdUnavailableError("no leader")] * 3)
    resign(etcd, tmp_path)
    assert etcd.released


def test_an_etcd_that_stays_away_is_told(postgres, tmp_path, monkeypatch):
    postgres("end")
    monkeypatch.setattr(resignation, "_RELEASE_SECONDS", 0)
    with pytest.raises(PostgresError, match="Patroni elects a primary as soon as it does"):
        resign(Etcd(failures=[EtcdUnavailableError("no leader")] * 9), tmp_path)


def test_an_etcd_that_refuses_is_told(postgres, tmp_path):
    postgres("end")
    with pytest.raises(PostgresError, match="was stopped, but etcd refused the release: no permission"):
        resign(Etcd(failures=[EtcdError("no permission")]), tmp_path)


def test_an_etcd_that_does_not_tell_stops_nothing(postgres, tmp_path):
    process = postgres("end")

    class Silent:
        def transact(self, _request):
            raise EtcdUnavailableError("no answer")

    with pytest.raises(PostgresError, match="nothing was changed, etcd doesn't tell"):
        resign(Silent(), tmp_path)
    assert process.poll() is None
