"""Which vectors are near to some others: told exactly, a block of them at a time."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pixcrawler_core.dedup.rowfile import SCALE, Rows
from pixcrawler_core.dedup.slottable import Keys

Floats = npt.NDArray[np.float32]
MARGIN = 0.002
"""More than a cosine can be wrong by when whole numbers are taken for vectors of length 1, in float32."""

APART = float(np.finfo(np.float64).eps)
"""The least distance of two vectors that are not equal, where rounding leaves none: two of the same direction
may be (16383, 16383, 16383, 16383) and (16384, 16384, 16384, 16384)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """From which cosines on two vectors are near. Raises ValueError unless 0.01 <= maybe <= sure <= 1."""

    sure: float
    maybe: float
    most: int
    """How many that are not sure a vector has near it at most; of equally near ones those with lower keys."""

    def __post_init__(self) -> None:
        if not 0.01 <= self.maybe <= self.sure <= 1:
            raise ValueError(
                f"vectors are surely near from the cosine {self.sure} on, and may be from {self.maybe} on; "
                "let the second be from 0.01 up to the first, and that 1 at most"
            )


class Nearest:
    """What is near to some vectors, among all that they are compared with."""

    def __init__(self, asked: Rows, limits: Limits) -> None:
        self.unsure: list[list[tuple[float, int]]] = [[] for _ in asked]
        """Of each vector the nearest that are not sure: 1 less the cosine, and the key, in order."""
        self._asked = asked
        self._floats = asked.astype(np.float32) / np.float32(SCALE**2)
        self._limits = limits
        self._floors = np.full((len(asked), 1), limits.maybe - MARGIN, np.float32)

    def compare(
        self, rows: Rows, floats: Floats, keys_at: Callable[[Keys], Keys]
    ) -> Iterator[tuple[int, int, float]]:
        """Compare with each row; gives those that are sure: number of the vector, key, 1 less the cosine.

        `floats` are the same rows; `keys_at` gives the keys of rows by their ascending numbers, -1 for one
        that does not count.
        """
        near = self._floats @ floats.T >= self._floors
        columns = np.flatnonzero(near.any(axis=0))
        if not len(columns):
            return
        keys = keys_at(columns)
        columns, keys = columns[keys >= 0], keys[keys >= 0]
        near = near[:, columns]
        for number in np.flatnonzero(near.any(axis=1)).tolist():
            own = near[number]
            distances = _distances(self._asked[number], rows[columns[own]])
            for distance, key in sorted(zip(distances, keys[own].tolist(), strict=True)):
                if distance <= 1 - self._limits.sure:
                    yield number, key, distance
                elif not self._offer(number, distance, key):
                    break

    def _offer(self, number: int, distance: float, key: int) -> bool:
        """Keep one that is not sure if it is among the nearest so far; says whether it was."""
        if distance > 1 - self._limits.maybe:
            return False
        held = self.unsure[number]
        insort(held, (distance, key))
        if len(held) <= self._limits.most:
            return True
        gone = held.pop()
        self._floors[number] = (1 - held[-1][0] if held else self._limits.sure) - MARGIN
        return gone != (distance, key)


def _distances(row: Rows, rows: Rows) -> list[float]:
    """1 less the cosine of a vector and each of some others.

    Products of whole numbers in float64 are exact in whatever order they add up, so that the same two vectors
    always have the same distance, which is 0 if they are equal and only then.
    """
    one, others = row.astype(np.float64), rows.astype(np.float64)
    squares = np.einsum("ij,ij->i", others, others) * (one @ one)
    least = np.where((rows == row).all(axis=1), 0.0, APART)
    told: list[float] = np.maximum(1 - others @ one / np.sqrt(squares), least).tolist()
    return told
