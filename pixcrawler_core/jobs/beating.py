"""Signs of life of a process that a worker began: it touches its standard output, a file that both have."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

EVERY = 1.0
"""Seconds between two signs."""
OUTPUT = 1


@contextmanager
def beating() -> Iterator[None]:
    """Give signs of life from a thread, however long something else takes: only who is frozen gives none."""
    ended = Event()

    def beat() -> None:
        while not ended.wait(EVERY):
            os.utime(OUTPUT)

    thread = Thread(target=beat, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
