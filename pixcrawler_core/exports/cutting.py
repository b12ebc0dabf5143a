"""Cuts each split of an export into shards of a limited size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Part(Protocol):
    """A shard in the making; its methods raise OSError."""

    number: int
    """Of its split, from 0."""
    samples: int
    size: int
    """Bytes so far."""

    def close(self) -> None:
        """Finish it."""
        ...

    def abort(self) -> None:
        """Close it, as it is to go."""
        ...


P = TypeVar("P", bound=Part)


class Shards(Generic[P]):
    """The open shards of an export, one for each split.

    A shard holds one sample at least, `size` bytes and `count` samples at most; `start` opens one for a split
    and a number.
    """

    def __init__(self, start: Callable[[str, int], P], *, size: int, count: int) -> None:
        self._start = start
        self._size, self._count = size, count
        self.last: dict[str, P] = {}
        """The last shard of each split."""

    def shard(self, split: str, size: int) -> P:
        """The split's open shard, a new one if a sample of `size` bytes does not fit."""
        last = self.last.get(split)
        if last and last.samples < self._count and last.size + size <= self._size:
            return last
        if last:
            last.close()
        self.last[split] = self._start(split, last.number + 1 if last else 0)
        return self.last[split]

    def close(self) -> None:
        """Finish all shards."""
        for shard in self.last.values():
            shard.close()

    def abort(self) -> None:
        """Close all shards, as they are to go."""
        for shard in self.last.values():
            shard.abort()
