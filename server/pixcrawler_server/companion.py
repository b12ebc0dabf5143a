"""The worker that `pixcrawler serve` runs besides: begun when the server is ready, and again when it dies."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Lock, Thread

logger = logging.getLogger(__name__)

PATIENCE = 8.0
"""Seconds that the worker has to stop its jobs in good order."""
AGAIN = 2.0
"""Seconds after which a worker that died is begun again."""


def worker_command(workspace: Path, config: Path | None, level: str) -> Sequence[str]:
    """How a worker is begun that ends with this process."""
    program = "from pixcrawler_core.cli import main; main()"
    command = [sys.executable, "-P", "-c", program, "worker", "--until-stdin-ends"]
    command += ["--workspace", str(workspace)]
    command += ["--config", str(config)] if config else []
    return command + {"warning": ["--quiet"], "debug": ["--debug"]}.get(level, [])


class Companion:
    """Keeps a process running."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command, self._environment = command, environment
        self._ending = Event()
        self._starting = Lock()
        """Held while the process is begun: a fork meanwhile would keep open what tells that it has begun."""
        self._thread: Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, _server: object) -> None:
        """Begin it; called by gunicorn, which forks its own processes from other threads."""
        leave = self._starting.release
        os.register_at_fork(before=self._starting.acquire, after_in_parent=leave, after_in_child=leave)
        self._thread = Thread(target=self._keep, name="worker", daemon=True)
        self._thread.start()

    def end_before(self, more: Callable[[object], None]) -> Callable[[object], None]:
        """What gunicorn is to call at its end: ends the process, then does more."""

        def end(server: object) -> None:
            self._end()
            more(server)

        return end

    def _keep(self) -> None:
        while not self._ending.is_set():
            with self._starting:
                self._process = subprocess.Popen(  # noqa: S603  # no shell; our own program
                    self._command, env=self._environment, stdin=subprocess.PIPE, start_new_session=True
                )
            code = self._process.wait()
            if not self._ending.wait(AGAIN):
                logger.warning("the worker ended with %s; it is begun again", code)

    def _end(self) -> None:
        self._ending.set()
        if self._process is None or self._thread is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._thread.join(PATIENCE)
