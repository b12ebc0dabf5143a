"""Runs each of many jobs in a process of its own: one that breaks, or leaks, does that to itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

import click

from pixcrawler_core.commands.batch_summary import STATUSES, End, Entry
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.crawl.result import FAILED

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

PROGRAM = "from pixcrawler_core.cli import main; main()"
PATIENCE = 10.0
"""Seconds that runs have to end in good order, before they are killed."""


class Children:
    """The runs under way. `run` is called in threads, `stop` from elsewhere."""

    def __init__(self, context: Context) -> None:
        options = [name for name in ("quiet", "debug") if getattr(context, name)]
        self._command = [sys.executable, "-P", "-c", PROGRAM, "run", "--json", "--until-stdin-ends"]
        self._command += [f"--{name}" for name in options]
        self._environment = {**os.environ, "PIXCRAWLER_WORKSPACE": str(context.workspace)}
        if context.database:
            self._environment["PIXCRAWLER_DATABASE"] = context.database
        self._lock = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(self, entry: Entry) -> None:
        """Run a job to its end, which the entry then has; nothing where all was stopped before."""
        began = time.monotonic()
        try:
            with tempfile.TemporaryFile() as stdout:
                process = self._start(entry, stdout)
                if process is None:
                    return
                code, last = self._to_end(entry, process)
                stdout.seek(0)
                result = _result(stdout.read())
        except OSError as problem:  # no memory, or no room, for a process
            code, last, result = FAILED, f"its run could not be started or followed: {problem}", None
        error = "" if code in STATUSES else f"ended by signal {-code}" if code < 0 else last
        entry.end = End(code=code, seconds=time.monotonic() - began, result=result, error=error)

    def stop(self, number: signal.Signals) -> None:
        """Have all runs end, and begin no other. They are killed when they have not after `PATIENCE`."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            if number == signal.SIGKILL:
                _kill(process)
            else:
                process.send_signal(number)
        end = time.monotonic() + PATIENCE
        for process in running:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                _kill(process)

    def _to_end(self, entry: Entry, process: subprocess.Popen[bytes]) -> tuple[int, str]:
        """The exit code of a run, and the last line that it said. Nothing that it started outlives it."""
        with process:
            try:
                last = _passed_on(entry, process)
                return process.wait(), last
            finally:
                _kill(process)
                with self._lock:
                    self._running.discard(process)

    def _start(self, entry: Entry, stdout: IO[bytes]) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopped:
                return None
            process = subprocess.Popen(  # noqa: S603  # no shell; our own program, and a path
                [*self._command, "--", str(entry.file)],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._running.add(process)
        return process


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a run at once, with all that it started."""
    with suppress(ProcessLookupError):  # all have ended
        os.killpg(process.pid, signal.SIGKILL)


def _passed_on(entry: Entry, process: subprocess.Popen[bytes]) -> str:
    """Pass on what a run says, each line with the name of its file; returns the last one."""
    last = ""
    for line in process.stderr or ():
        last = line.decode(errors="replace").rstrip("\n") or last
        click.echo(f"{visible(entry.file)}: {visible(last)}", err=True)
    return last


def _result(told: bytes) -> dict[str, Any] | None:
    try:
        result = json.loads(told)
    except ValueError:
        return None
    return result if isinstance(result, dict) else None
