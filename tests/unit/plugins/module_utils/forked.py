# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""A second process, for what is only true between processes: locks, files that are replaced, runs that are killed."""

import contextlib
import os
import signal
import traceback
from collections.abc import Callable, Iterator


class Child:
    def __init__(self, work: Callable[[], None]) -> None:
        self.pid = os.fork()
        if self.pid:
            return
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # whatever it was, the child must not go on as a second test run
            traceback.print_exc()
        finally:
            os._exit(code)

    def wait(self) -> int:
        """Its exit status; a negative one names the signal that ended it."""
        if self.pid:
            _pid, status = os.waitpid(self.pid, 0)
            self._status, self.pid = os.waitstatus_to_exitcode(status), 0
        return self._status

    def kill(self) -> int:
        """Without any chance to clean up."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
        return self.wait()


@contextlib.contextmanager
def forked(work: Callable[[], None]) -> Iterator[Child]:
    child = Child(work)
    try:
        yield child
    finally:
        child.kill()


@contextlib.contextmanager
def inside(enter: Callable[[], contextlib.AbstractContextManager[object]]) -> Iterator[Child]:
    """A second process that is within a context from here on, until it is killed."""
    reading, writing = os.pipe()

    def work() -> None:
        os.close(reading)
        with enter():
            os.write(writing, b"in")
            signal.pause()

    with forked(work) as child:
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            assert stream.read(2) == b"in", "the second process didn't get in"
        yield child
