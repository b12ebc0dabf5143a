"""Calls in threads, with what they give in the order of the calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from typing import TypeVar

ResultT = TypeVar("ResultT")


def in_order(pool: Executor, calls: Iterable[Callable[[], ResultT]], ahead: int) -> Iterator[ResultT]:
    """What the calls return, in their order; at most `ahead` are under way or wait to be taken.

    The first that raises ends it. None is under way any more when it has ended or was closed.
    """
    under_way: deque[Future[ResultT]] = deque()
    try:
        for call in calls:
            under_way.append(pool.submit(call))
            if len(under_way) >= ahead:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()
        wait(under_way)
