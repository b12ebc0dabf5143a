"""The tie of a process to the worker that began it: it gives signs of life, and does not outlive the worker.

A sign of life is that it touches its standard output, a file that both have. That the worker is gone it sees
by the end of its standard input, a pipe.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

EVERY = 1.0
"""Seconds between two signs."""
PATIENCE = 2.0
"""Seconds that a process has to end in good order, before it is killed with all that it started."""
INPUT, OUTPUT = 0, 1


@contextmanager
def beating() -> Iterator[None]:
    """Give signs of life from a thread, however long something else takes: only who is frozen gives none.

    Once the worker is gone for `PATIENCE`, the thread kills the process, with all that it started
    where it leads a group.
    """
    ended = Event()

    def beat() -> None:
        while not ended.wait(EVERY):
            os.utime(OUTPUT)
            if _is_alone() and not ended.wait(PATIENCE):
                _end()

    thread = Thread(target=beat, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _end() -> None:
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)  # the group is that of whoever began it


def _is_alone() -> bool:
    poll = select.poll()
    poll.register(INPUT, 0)  # which tells of nothing but its end
    return bool(poll.poll(0))
