"""Calls a function in a process of its own, and measures from outside what it took and how it ended."""

from __future__ import annotations

import json
import os
import select
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

A = TypeVar("A")
CHUNK = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a call gave and what it took."""

    value: Any
    """The JSON value that the function returned; None if it did not come to its end."""
    ended: str
    """How it failed: `signal 11`, `over 20 s`, or the last line of a traceback; empty if it did not."""
    seconds: float
    """CPU time of the process, user and system."""
    wall: float
    """Seconds from fork to end."""
    peak: int
    """Bytes: the most that the process held resident, Python and its libraries included."""


def isolated(function: Callable[[A], Any], argument: A, patience: float) -> Outcome:
    """Fork, call, wait for `patience` seconds at most. The function returns a JSON value.

    What this process has imported is there at once in the child, so that little else is measured. It must
    not run threads.
    """
    reading, writing = os.pipe()
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _child(function, argument, writing)
    os.close(writing)
    told, late = _told(reading, started + patience)
    os.close(reading)
    if late:
        os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    answer = json.loads(told) if code == 0 and told else {}
    return Outcome(
        value=answer.get("value"),
        ended=f"over {patience:g} s" if late else answer.get("error", f"signal {-code}" if code else ""),
        seconds=usage.ru_utime + usage.ru_stime,
        wall=wall,
        peak=usage.ru_maxrss * 1024,
    )


def _child(function: Callable[[A], Any], argument: A, writing: int) -> None:
    """Call, write the answer, and leave without the parent's clean-up. What decoders print is dropped."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        answer = {"value": function(argument)}
    except BaseException as error:  # noqa: BLE001  # told to the parent, which judges it
        answer = {"error": traceback.format_exception_only(error)[-1].strip()[:300]}
    with os.fdopen(writing, "w") as out:
        json.dump(answer, out)
    os._exit(0)


def _told(reading: int, deadline: float) -> tuple[bytes, bool]:
    """What the child wrote, and whether the deadline passed first."""
    told = b""
    while True:
        left = deadline - time.perf_counter()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            return told, True
        part = os.read(reading, CHUNK)
        if not part:
            return told, False
        told += part
