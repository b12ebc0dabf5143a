"""Begins `pixcrawler` commands as forks of a process that has imported what they use.

Each is a process like any other, with its own session, environment and output, but begins at once: imports
take more than a second of processor time. `multiprocessing` calls the process that is forked a fork server;
it ends with the process that had it begun.
"""

from __future__ import annotations

import atexit
import errno
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from setproctitle import setproctitle

if TYPE_CHECKING:
    from pathlib import Path

LOST = 255
"""What `multiprocessing` says for a process whose fork server was killed, so that nobody knows how it ended.
No command ends with it."""
_FORKS = multiprocessing.get_context("forkserver")


def prepare() -> None:
    """Begin the fork server and wait until it has imported all, never from the current folder: a second or
    two. To be called once, before the first `Fork`, by whoever has no lease to renew yet."""
    os.environ["PYTHONSAFEPATH"] = "1"
    _FORKS.set_forkserver_preload(["pixcrawler_server.jobs.preloaded"])
    first = _FORKS.Process(target=os.getpid)
    first.start()
    first.join()


class Fork:
    """A command that runs. Its standard input is a pipe that ends when this process does, its output goes to
    the file descriptor `output`, and its errors are added to the file `log`. Raises OSError where no process
    can be begun."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], log: Path, output: int
    ) -> None:
        stdin, self._stdin = _FORKS.Pipe(duplex=False)
        stdout = Connection(os.dup(output), readable=False)  # which is how a descriptor is handed on
        with stdin, stdout:
            # as a daemon it is told to end, instead of waited for, if this process ends before it
            self._process = _FORKS.Process(
                target=_command, args=(stdin, stdout, list(arguments), dict(environment), log), daemon=True
            )
            try:
                self._process.start()
            except EOFError:
                raise OSError(
                    errno.ECHILD, "the fork server has ended; is there too little memory?"
                ) from None

    @property
    def code(self) -> int | None:
        """How it ended: the exit code, or less than 0 for a signal; None while it runs."""
        code = self._process.exitcode
        return -signal.SIGKILL if code == LOST else code

    def wait(self) -> int:
        """Wait for its end; returns the code."""
        self._process.join()
        return self.code or 0

    def tell(self, line: bytes) -> None:
        """Write to its standard input; to nobody where it has ended."""
        with suppress(BrokenPipeError):
            os.write(self._stdin.fileno(), line)

    def signal(self, number: int) -> None:
        """Send a signal to it and to all that it started; to nobody where they have ended."""
        pid = self._process.ident or 0
        try:
            os.killpg(pid, number)
        except ProcessLookupError:  # it has ended, or is only about to have a session
            with suppress(ProcessLookupError):
                if self.code is None:
                    os.kill(pid, number)

    def close(self) -> None:
        """Let go of it, after its end."""
        self._stdin.close()
        self._process.close()


def _command(
    stdin: Connection, stdout: Connection, arguments: list[str], environment: dict[str, str], log: Path
) -> None:
    os.setsid()
    setproctitle(" ".join(("pixcrawler", *arguments)))  # which looks for it beside the environment
    multiprocessing.current_process().daemon = False  # it may have processes of its own
    os.environ.clear()
    os.environ.update(environment)
    _connect(stdin, stdout, log)
    sys.argv = ["pixcrawler", *arguments]
    from pixcrawler_core.cli import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()  # noqa: SLF001  # as the interpreter would; multiprocessing does not


def _connect(stdin: Connection, stdout: Connection, log: Path) -> None:
    errors = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o666)
    for number, file in enumerate((stdin.fileno(), stdout.fileno(), errors)):
        os.dup2(file, number)
    os.close(errors)
    stdin.close()
    stdout.close()
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  # these three are for the rest of the process
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
