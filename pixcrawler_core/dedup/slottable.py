"""A database of which key has which slot in a file of rows, and which file that is."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.indexfile import IndexFile

Keys = npt.NDArray[np.int64]
VERSION = 2
SCHEMA = (
    "CREATE TABLE item (key INTEGER PRIMARY KEY, slot INTEGER NOT NULL UNIQUE)",
    "CREATE TABLE used (slots INTEGER NOT NULL, generation INTEGER NOT NULL)",
    "INSERT INTO used VALUES (0, 0)",
)
"""`generation` is the number of the file that has the rows."""
KEYS_OF = "SELECT slot, key FROM item WHERE slot IN"
SLOTS_OF = "SELECT key, slot FROM item WHERE key IN"
PAGE_OF_KEYS = "SELECT key FROM item WHERE key > ? ORDER BY key LIMIT ?"


class SlotTable:
    """The database at `path`, used by one thread at a time. All methods raise WorkspaceError."""

    def __init__(self, path: Path) -> None:
        self._file = IndexFile(path, SCHEMA, version=VERSION)
        self.path = path

    def writing(self) -> AbstractContextManager[None]:
        """Have the file to oneself; all changes within are made together, or none of them."""
        return self._file.writing()

    def used(self) -> int:
        """How many slots were given so far."""
        return self._told()[0]

    def generation(self) -> int:
        """The number of the file that has the rows; 0 for the first one."""
        return self._told()[1]

    def count(self) -> int:
        """How many keys there are."""
        ((found,),) = self._file.whole(self._file.query("SELECT COUNT(*) FROM item"))
        return int(found)

    def keys_of(self, slots: Keys) -> Keys:
        """The key of each of these ascending slots; -1 for a slot that no key has."""
        found = np.full(len(slots), -1)
        rows = np.fromiter(self._file.whole(self._file.rows_of(KEYS_OF, slots)), np.dtype((np.int64, 2)))
        found[np.searchsorted(slots, rows[:, 0])] = rows[:, 1]
        return found

    def slots_of(self, keys: Keys) -> dict[int, int]:
        """The slots of those of these keys that are there."""
        return dict(self._file.whole(self._file.rows_of(SLOTS_OF, keys)))

    def keys(self, after: int, most: int) -> list[int]:
        """Up to `most` keys greater than `after`, in order."""
        return [key for (key,) in self._file.query(PAGE_OF_KEYS, (after, most))]

    def give(self, places: Iterable[tuple[int, int]]) -> None:
        """Let keys have slots instead of any others: pairs of both."""
        self._file.change("INSERT OR REPLACE INTO item VALUES (?, ?)", places)

    def note(self, used: int, generation: int) -> None:
        """Note how many slots were given, and the file that they are in."""
        self._file.change("UPDATE used SET slots = ?, generation = ?", [(used, generation)])

    def erase(self, key: int) -> None:
        """Forget a key; harmless for one that is not there."""
        self._file.change("DELETE FROM item WHERE key = ?", [(key,)])

    def settle(self) -> bool:
        """Have all changes on the disk itself, which a transaction does not; says whether it could.

        https://sqlite.org/pragma.html#pragma_wal_checkpoint
        """
        ((busy, _, _),) = self._file.query("PRAGMA wal_checkpoint(truncate)")
        return not busy

    def damaged(self, why: str) -> WorkspaceError:
        """The error for files that contradict themselves or each other."""
        return self._file.damaged(why)

    def close(self) -> None:
        """Close the file; harmless when closed already."""
        self._file.close()

    def _told(self) -> tuple[int, int]:
        told = list(self._file.whole(self._file.query("SELECT slots, generation FROM used")))
        if len(told) != 1:
            raise self.damaged("it does not say how many slots were given")
        return told[0][0], told[0][1]
