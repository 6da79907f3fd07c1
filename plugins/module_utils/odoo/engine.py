# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker: the only place that talks to the engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

try:
    import docker
    from docker import errors as docker_errors
except ImportError:  # reported when an engine is opened
    docker = None  # type: ignore[assignment]
    docker_errors = None  # type: ignore[assignment]

from . import sockets
from .errors import OdooError

_LOG_LINES = 15


def _inspected(read: Callable[[str], Any], name: str) -> Any | None:
    try:
        return read(name)
    except docker_errors.NotFound:
        return None


class Engine:
    def __init__(self, timeout: int = 300) -> None:
        if docker is None:
            raise OdooError("the Python library docker is missing on this machine: install python3-docker")
        try:
            self._api = docker.APIClient(base_url="unix:///var/run/docker.sock", version="auto", timeout=timeout)
        except docker_errors.DockerException as error:
            raise OdooError(f"the Docker engine of this machine does not answer: {error}. Is docker.service running?") from error

    # --- read ---

    def containers(self) -> dict[str, dict[str, Any]]:
        rows = self._api.containers(all=True)
        found = (_inspected(self._api.inspect_container, row["Id"]) for row in rows)
        return {item["Name"].lstrip("/"): item for item in found if item}

    def networks(self) -> dict[str, dict[str, Any]]:
        return {item["Name"]: item for item in self._api.networks()}

    def has_image(self, reference: str) -> bool:
        return _inspected(self._api.inspect_image, reference) is not None

    def image_problem(self, reference: str) -> str | None:
        """Why the image can't be had; None where it is here or its registry has it."""
        if self.has_image(reference):
            return None
        if reference.startswith("sha256:"):
            return f"image {reference} is not on this machine: load it, or name it by the digest of a registry (name@sha256:...)"
        try:
            self._api.inspect_distribution(reference)
        except docker_errors.APIError as error:
            return f"image {reference} is neither on this machine nor to be had from its registry: {error.explanation or error}"
        return None

    # --- change ---

    def pull(self, reference: str) -> None:
        if self.has_image(reference):
            return
        try:
            self._api.pull(reference)
        except docker_errors.APIError as error:
            raise OdooError(f"image {reference} was not pulled: {error.explanation or error}") from error

    def create_network(self, network: Mapping[str, Any]) -> None:
        self._api.create_network(network["name"], driver=network["driver"], options=network["options"], labels=network["labels"])

    def remove_network(self, name: str) -> None:
        self._api.remove_network(name)

    def create(self, name: str, config: Mapping[str, Any]) -> None:
        self.pull(config["Image"])
        self._api.create_container_from_config(dict(config), name)

    def start(self, name: str) -> None:
        self._api.start(name)

    def stop(self, name: str) -> None:
        self._api.stop(name)

    def open_requests(self, name: str, port: int) -> int:
        """How many connections the container's HTTP port has; edges keep none open that waits for no answer."""
        pid = ((self.inspect(name) or {}).get("State") or {}).get("Pid")
        return sockets.established(pid, port) if pid else 0

    def restart(self, name: str, timeout: int) -> None:
        self._api.restart(name, timeout=timeout)

    def unpause(self, name: str) -> None:
        self._api.unpause(name)

    def remove(self, name: str) -> None:
        """Stop gracefully, then remove; what is gone already is fine."""
        try:
            self._api.stop(name)
            self._api.remove_container(name, force=True, v=True)
        except docker_errors.NotFound:
            return

    def log(self, name: str, lines: int = _LOG_LINES) -> str:
        text = self._api.logs(name, tail=lines).decode(errors="replace")
        return text.strip()

    def inspect(self, name: str) -> dict[str, Any] | None:
        return _inspected(self._api.inspect_container, name)

    def wait_healthy(self, name: str, timeout: int) -> None:
        """Return when the container calls itself healthy; otherwise say what its log ends with."""
        deadline = time.monotonic() + timeout
        while True:
            state = (self.inspect(name) or {}).get("State") or {}
            health = (state.get("Health") or {}).get("Status", "none")
            if state.get("Running") and health == "healthy":
                return
            stopped = not state.get("Running") or state.get("Restarting")
            if stopped or health == "unhealthy" or time.monotonic() >= deadline:
                seen = f"it exited with code {state.get('ExitCode')}" if stopped else f"its health is {health!r}"
                raise OdooError(f"{name} did not become healthy: {seen}. Its log ends with:\n{self.log(name)}")
            time.sleep(0.25)

    def wait_running(self, name: str) -> None:
        """For what has no health to tell of: it runs, and does so a moment later."""
        for _look in range(4):
            time.sleep(0.25)
            state = (self.inspect(name) or {}).get("State") or {}
            if not state.get("Running") or state.get("Restarting"):
                raise OdooError(f"{name} ended with code {state.get('ExitCode')}. Its log ends with:\n{self.log(name)}")

    def run_once(self, name: str, config: Mapping[str, Any], timeout: int) -> str:
        """Run a command to its end in a container of its own and return its output; a failure shows where the log ends."""
        self.remove(name)
        self.create(name, config)
        try:
            self._api.start(name)
            return self._finish(name, timeout)
        finally:
            self._api.remove_container(name, force=True, v=True)

    def finish_leftover(self, name: str, timeout: int) -> bool:
        """Wait for a one-off container that an interrupted run left behind. True: there was one."""
        state = (self.inspect(name) or {}).get("State")
        if state is None:
            return False
        if state.get("Running"):
            self._api.wait(name, timeout=timeout)
        self._api.remove_container(name, force=True, v=True)
        return True

    def _finish(self, name: str, timeout: int) -> str:
        try:
            code = self._api.wait(name, timeout=timeout)["StatusCode"]
        except Exception as error:  # the HTTP library's own timeout error, by whatever name
            raise OdooError(f"{name} did not end within {timeout} seconds. Its log ends with:\n{self.log(name)}") from error
        if code != 0:
            raise OdooError(f"{name} failed with exit code {code}. Its log ends with:\n{self.log(name)}")
        return self._api.logs(name, stdout=True, stderr=False).decode(errors="replace")


class NoEngine:
    """In check mode on a machine that has no engine yet: nothing runs there."""

    def containers(self) -> dict[str, dict[str, Any]]:
        return {}

    def networks(self) -> dict[str, dict[str, Any]]:
        return {}

    def has_image(self, _reference: str) -> bool:
        return False

    def image_problem(self, _reference: str) -> str | None:
        return None


def wrapped(error: Exception) -> OdooError | None:
    """An engine's error as ours, so that it is reported and not thrown at the user."""
    if docker_errors is not None and isinstance(error, docker_errors.DockerException):
        return OdooError(f"the Docker engine refused: {getattr(error, 'explanation', None) or error}")
    return None


@contextmanager
def reported() -> Iterator[None]:
    """Lets only our own errors, and defects, through."""
    try:
        yield
    except Exception as error:
        known = wrapped(error)
        if known is None:
            raise
        raise known from error


def open_engine(connect: Callable[[], Any], check_mode: bool, warn: Callable[[str], None]) -> Any:
    """The engine; in check mode a machine without one is told of and treated as empty."""
    try:
        return connect()
    except OdooError as error:
        if not check_mode:
            raise
        warn(f"{error} Assuming that nothing runs here yet.")
        return NoEngine()
