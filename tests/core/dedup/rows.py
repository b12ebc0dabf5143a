"""Rows on disk that can be told from numbers."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np

from pixcrawler_core.dedup.rowfile import SCALE, Rows
from pixcrawler_core.dedup.slots import Slots
from tests.core.dedup.killing import LEAST, WIDTH

Known = dict[int, int]
"""The place of the number that is not 0 in the row of each key, and its sign."""
KNOWN: Known = {7: 1, 3: 3, 5: 2, 8: 0}
"""What `filled` leaves."""


def row(number: int) -> Rows:
    """The row of a number."""
    made = np.zeros(WIDTH, np.int16)
    made[abs(number)] = SCALE if number >= 0 else -SCALE
    return made


def write(slots: Slots, known: Known) -> None:
    """Give keys the rows of numbers."""
    slots.write(list(known), np.stack([row(number) for number in known.values()]))


def told(slots: Slots) -> Known:
    """What is there: each slot that a key has is read."""
    numbers = np.arange(slots.used())
    rows = np.empty((len(numbers), WIDTH), np.int16)
    if len(rows):
        slots.read(0, rows)
    pairs = zip(slots.keys_of(numbers).tolist(), rows, strict=True)
    return {key: int(each.argmax() if each.max() > 0 else -each.argmin()) for key, each in pairs if key >= 0}


def opened(folder: Path) -> Slots:
    """The rows in a folder."""
    return Slots(folder, WIDTH, LEAST)


def files(folder: Path) -> list[str]:
    """The names of the files of rows."""
    return sorted(path.name for path in folder.glob("*.i16"))


def rows_in(folder: Path) -> int:
    """How many rows the files have room for."""
    return sum(path.stat().st_size for path in folder.glob("*.i16")) // (2 * WIDTH)


def filled(folder: Path) -> Path:
    """The folder, with the keys of `KNOWN` and 12 slots, of which 8 are empty."""
    with closing(opened(folder)) as slots:
        write(slots, dict.fromkeys(range(8), -1))
        for key in (0, 1, 2, 4, 6):
            slots.erase(key)
        write(slots, KNOWN)
    assert rows_in(folder) == 12
    return folder
