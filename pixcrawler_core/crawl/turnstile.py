"""Lets candidates through in one fixed order, in whatever order they get ready.

Images arrive in the order of the network, but which of them become the dataset must not depend on it: the
same answers of the sources give the same dataset, also when a run was killed half-way. So candidates are
chosen in the order of their keys, and a candidate waits until nothing with a lower key can still come.
"""

from __future__ import annotations

import heapq
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Key(NamedTuple):
    """A candidate's place: round by round, in each stream by stream, within a stream by rank."""

    page: int
    """The number of its page, unless its stream rests, see `plan.Stream.turn`."""
    stream: int
    rank: int


class Turnstile(Generic[T]):
    """The order of one run. All methods are plain calls on the event loop's thread.

    A stream's *frontier* is the lowest key that it may still bring. `enter` announces a candidate, `ready`
    hands in what is to be chosen from, `skip` takes a candidate out; `advance` yields what may pass.
    """

    def __init__(self) -> None:
        self._frontiers: dict[int, Key] = {}
        self._frontier_heap: list[Key] = []
        self._waiting: list[Key] = []
        self._state: dict[Key, T | None] = {}

    def __len__(self) -> int:
        """Candidates that entered and did not pass yet."""
        return len(self._state)

    def expect(self, stream: int, page: int, rank: int = 0) -> None:
        """From now on this stream brings keys from (page, rank) onwards."""
        frontier = Key(page, stream, rank)
        self._frontiers[stream] = frontier
        heapq.heappush(self._frontier_heap, frontier)

    def end(self, stream: int) -> None:
        """This stream brings nothing more."""
        self._frontiers.pop(stream, None)

    def enter(self, key: Key) -> None:
        """Announce a candidate; its key is at or beyond the stream's frontier."""
        self._state[key] = None
        heapq.heappush(self._waiting, key)

    def ready(self, key: Key, value: T) -> None:
        """What is to be chosen from at this key; ignored for a candidate that was skipped."""
        if key in self._state:
            self._state[key] = value

    def skip(self, key: Key) -> bool:
        """Take a candidate out (it failed, or is not needed); whether it was still there."""
        if key not in self._state:
            return False
        del self._state[key]
        return True

    def head(self) -> Key | None:
        """The lowest key that everything else waits for: a candidate's, or a frontier's."""
        candidate = self._candidate()
        frontier = self._frontier()
        if candidate is None or frontier is None:
            return candidate or frontier
        return min(candidate, frontier)

    def advance(self) -> T | None:
        """The next one in order, if it is ready and nothing lower can come; None otherwise."""
        key = self._candidate()
        if key is None or self._state[key] is None:
            return None
        frontier = self._frontier()
        if frontier is not None and frontier <= key:
            return None
        heapq.heappop(self._waiting)
        return self._state.pop(key)

    def clear(self) -> list[T]:
        """Forget everything; returns what was ready and waited for its turn."""
        values = [value for value in self._state.values() if value is not None]
        self._state.clear()
        self._frontiers.clear()
        return values

    def _candidate(self) -> Key | None:
        while self._waiting and self._waiting[0] not in self._state:
            heapq.heappop(self._waiting)
        return self._waiting[0] if self._waiting else None

    def _frontier(self) -> Key | None:
        heap = self._frontier_heap
        while heap and self._frontiers.get(heap[0].stream) != heap[0]:
            heapq.heappop(heap)
        return heap[0] if heap else None
