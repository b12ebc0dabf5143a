"""Runs commands as children of a process that has imported everything already, which spares each a second.

What a command does is the same as in a process of its own, and it is one: with its own folder, environment,
session and output. `FRESH=1` in the environment has every command start from nothing, as `make drill` does.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.preloaded"])


class Done(NamedTuple):
    """How a command ended."""

    code: int | None
    """None if it had to be killed."""
    stdout: str
    stderr: str


def run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], patience: float) -> Done:
    """Have `pixcrawler` run to its end, for at most so many seconds."""
    with TemporaryDirectory() as place:
        outputs = [Path(place) / name for name in ("stdout", "stderr")]
        process = _CONTEXT.Process(target=_command, args=(arguments, folder, environment, outputs))
        process.start()
        try:
            process.join(patience)
            code = process.exitcode
        finally:
            if process.is_alive():
                os.killpg(process.ident or 0, signal.SIGKILL)
                process.join()
        return Done(code, *(path.read_text() for path in outputs))


def _command(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], outputs: Sequence[Path]
) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(outputs, 1):
        file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115  # for the rest of the process
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["pixcrawler", *arguments]
    from pixcrawler_core.cli import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()  # noqa: SLF001  # as the interpreter would; multiprocessing does not
        sys.stdout.flush()
