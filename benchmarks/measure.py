"""Runs a command on chosen cores and measures it from outside: wall time, CPU time, peak memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What a command took, with all the processes that it waited for."""

    started: float
    """Seconds since the epoch."""
    wall: float
    """Seconds from the start of the process to its end."""
    cpu: float
    """Seconds of CPU, user and system."""
    peak: int
    """Bytes: the most that its largest process held resident."""
    output: str
    """What it wrote on standard output."""
    curve: list[tuple[float, int]] = field(default_factory=list)
    """Seconds after the start, and bytes resident then."""


def split_cores() -> tuple[set[int], set[int]]:
    """Cores for the client that is measured and for everything beside it; the same one if there is one."""
    cores = sorted(os.sched_getaffinity(0))
    return {cores[0]}, {cores[-1]}


def measured(
    command: Sequence[str | Path],
    cores: set[int],
    log: Path,
    env: Mapping[str, str] | None = None,
    sample_every: float | None = None,
) -> Measured:
    """Run a command to its end. Raises SystemExit, with the end of its log, if it fails.

    This process stays small: Linux counts what a child held before it became another program.
    """
    output = log.with_suffix(".out")
    with output.open("wb") as out, log.open("wb") as errors:
        started, clock = time.time(), time.perf_counter()
        process = _start([str(part) for part in command], cores, out, errors, env or {})
        sampler = MemorySampler(process.pid, sample_every)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - clock
        process.returncode = os.waitstatus_to_exitcode(status)
    curve = sampler.stop()
    if process.returncode:
        tail = log.read_text(errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{tail}")
    return Measured(
        started=started,
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        peak=usage.ru_maxrss * 1024,
        output=output.read_text(errors="replace"),
        curve=curve,
    )


def _start(
    command: list[str], cores: set[int], out: IO[bytes], errors: IO[bytes], env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=errors,
        env={**os.environ, **env},
        preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509  # no thread runs here yet
    )


class MemorySampler:
    """Reads how much memory a process holds, now and then, in a thread; does nothing without an interval."""

    def __init__(self, pid: int, every: float | None) -> None:
        self._statm = Path(f"/proc/{pid}/statm")
        self._every = every
        self._stop = threading.Event()
        self._curve: list[tuple[float, int]] = []
        self._thread = threading.Thread(target=self._sample, daemon=True)
        if every is not None:
            self._thread.start()

    def stop(self) -> list[tuple[float, int]]:
        """End sampling; returns seconds and bytes."""
        self._stop.set()
        if self._every is not None:
            self._thread.join()
        return self._curve

    def _sample(self) -> None:
        started = time.perf_counter()
        while not self._stop.wait(self._every):
            try:
                pages = int(self._statm.read_text().split()[1])
            except (OSError, IndexError):
                return
            if pages:  # none are left once it has ended
                self._curve.append((time.perf_counter() - started, pages * PAGE))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column of words, the others of figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def goal(what: str, met: bool) -> str:
    """A line that says whether a goal is met."""
    return f"- {'met' if met else 'NOT MET'}: {what}"


def megabytes(size: float) -> str:
    """Bytes as MB (a million bytes)."""
    return f"{size / 1e6:.0f} MB"
