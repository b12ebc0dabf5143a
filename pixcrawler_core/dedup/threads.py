"""Work on many things in threads, in order, with few of them waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 4
"""Things that wait for each thread, so that none idles and memory stays flat."""


def in_threads(function: Callable[[T], R], things: Iterable[T], threads: int) -> Generator[R, None, None]:
    """What `function` returns for each thing, in their order; the things are taken in the caller's thread."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="dedup")
    waiting: deque[Future[R]] = deque()
    try:
        for thing in things:
            waiting.append(pool.submit(function, thing))
            if len(waiting) > threads * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
