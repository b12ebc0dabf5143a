"""Work on many things in threads, in order, with few of them waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 4
"""Things that wait for each thread, so that none idles and memory stays flat."""


@dataclass(frozen=True, slots=True)
class Known(Generic[R]):
    """In the place of a thing: what the function would return, so that no thread has to be asked."""

    value: R

    def result(self) -> R:
        """As of a future."""
        return self.value


def in_threads(
    function: Callable[[T], R], things: Iterable[T | Known[R]], threads: int
) -> Generator[R, None, None]:
    """What `function` returns for each thing, in their order; the things are taken in the caller's thread."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="work")
    waiting: deque[Future[R] | Known[R]] = deque()
    try:
        for thing in things:
            waiting.append(thing if isinstance(thing, Known) else pool.submit(function, thing))
            if len(waiting) > threads * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
