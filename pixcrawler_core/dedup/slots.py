"""Vectors on disk: rows of numbers in one file, each in a slot, and a database of which key has which."""

from __future__ import annotations

import os
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pixcrawler_core.dedup.compacting import LEAST_EMPTY, path_of, tidy
from pixcrawler_core.dedup.rowfile import RowFile, Rows, Sync
from pixcrawler_core.dedup.slottable import Keys, SlotTable
from pixcrawler_core.dedup.usage import Usage


class Slots:
    """Rows of `width` numbers, in a folder; each written once, into the next slot, and never changed.

    So a reader needs no lock, and what the end of a process left half written is in slots that no key has:
    the next writer takes them. A slot whose key got another row, or none, stays empty, until somebody opens
    a folder that nobody else has open, and of whose slots more than half are empty, and more than `least`:
    then the others are copied into a new file, which takes two seconds for 100,000 rows, and all others
    wait who want to open it. `sync` is as in `RowFile`. Used by one thread at a time. All methods raise
    WorkspaceError when disk or files fail them.
    """

    def __init__(self, folder: Path, width: int, least: int = LEAST_EMPTY, sync: Sync = os.fdatasync) -> None:
        self._width = width
        with ExitStack() as stack:
            self._table = SlotTable(folder / "vectors.db")
            stack.callback(self._table.close)
            usage = Usage(folder / "vectors.use")
            stack.callback(usage.release)
            if usage.alone():
                tidy(self._table, width, least)
            usage.share()
            path = path_of(folder, width, self._table.generation())
            self._rows = RowFile(path, width, self._table.damaged, sync)
            stack.callback(self._rows.close)
            self._closing = stack.pop_all()

    def write(self, keys: list[int], rows: Rows) -> None:
        """Give each key (each once) its row instead of any other; one that has this row keeps its slot."""
        with self._table.writing():
            new = np.flatnonzero(self._are_new(keys, rows))
            if not len(new):
                return
            begin = self.used()
            self._rows.write(begin, rows[new])
            self._rows.sync()  # before the database tells of them
            self._table.give(zip((keys[number] for number in new), count(begin), strict=False))
            self._table.note(begin + len(new), self._table.generation())

    def erase(self, key: int) -> None:
        """Forget a key; harmless for one that is not there."""
        self._table.erase(key)

    def used(self) -> int:
        """How many slots were given so far."""
        return self._table.used()

    def read(self, begin: int, into: Rows) -> None:
        """Fill an array with the rows from a slot on. Those that were not read before are checked."""
        self._rows.read(begin, into)

    def keys_of(self, slots: Keys) -> Keys:
        """The key of each of these ascending slots; -1 for a slot that no key has."""
        return self._table.keys_of(slots)

    def slots_of(self, keys: Keys) -> dict[int, int]:
        """The slots of those of these keys that are there."""
        return self._table.slots_of(keys)

    def keys(self, after: int, most: int) -> list[int]:
        """Up to `most` keys greater than `after`, in order."""
        return self._table.keys(after, most)

    def close(self) -> None:
        """Let go of the files; harmless when closed already."""
        self._closing.close()

    def _are_new(self, keys: list[int], rows: Rows) -> npt.NDArray[np.bool_]:
        """Which of the keys have another row than this, or none."""
        held = self._table.slots_of(np.array(keys, np.int64))
        new = np.ones(len(keys), bool)
        row = np.empty((1, self._width), np.int16)
        for number, key in enumerate(keys):
            if key in held:
                self.read(held[key], row)
                new[number] = not np.array_equal(row[0], rows[number])
        return new
