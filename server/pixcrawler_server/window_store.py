"""Moving windows of rate limits in an SQLite file, which all processes of a machine share."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pixcrawler_core.catalog.locking import FileLock

BUSY_SECONDS = 5.0
"""Until others have written, for who may wait."""
MOST = 10_000
"""Keys of which it is remembered where their windows begin."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS ring (key TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
  key TEXT NOT NULL, slot INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (key, slot)
) WITHOUT ROWID;
"""
NEXT = "SELECT next FROM ring WHERE key = ?"
FORGET = "DELETE FROM entry WHERE (key, slot) IN (SELECT key, slot FROM entry WHERE at <= ? LIMIT 1000)"
AT = "SELECT at FROM entry WHERE key = ? AND slot = ?"


WINDOWS = "limits.db"
"""The file, in the workspace."""


def is_busy(error: sqlite3.Error) -> bool:
    """Whether others were writing, so that it may go well a moment later."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # https://sqlite.org/rescode.html, "extended"


class SqliteWindows:
    """A window is a ring of the times of the last `limit` entries, so that each question is a few look-ups
    however large the limit is. Used by one thread at a time. A call takes some 50 microseconds, which is
    less than going to another thread.

    Nothing is synced to the disk: a power cut forgets the last entries. `now` is in seconds, and so is
    `patience`: how long a call waits at most while others write.
    """

    def __init__(
        self, path: Path, now: Callable[[], float] = time.time, patience: float = BUSY_SECONDS
    ) -> None:
        self._now = now
        self._oldest: dict[str, int] = {}
        self._connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        with FileLock(Path(f"{path}.lock"), wait=True):  # SQLite lets nobody wait for the switch to WAL
            self._connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {SCHEMA}")
        self._connection.execute(f"PRAGMA busy_timeout={int(1000 * patience)}")

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add `amount` entries if then there are at most `limit` in the last `expiry` seconds."""
        return self.add(key, limit, expiry, amount, self._now()) is not None

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest entry of the window was added (now if there is none), and how many there are."""
        return self.span(key, limit, expiry)

    def add(self, key: str, limit: int, expiry: int, amount: int, at: float) -> float | None:
        """Add entries of the time `at` if there is room for them now; returns the time that they got.

        That is later than `at` where the window has later ones already: times never fall in a ring.
        """
        if amount > limit:
            return None
        with self._alone():
            number = self._next(key)
            oldest = self._at(key, number + amount - 1, limit)
            if oldest is not None and oldest > self._now() - expiry:
                return None
            at = max(at, self._at(key, number - 1, limit) or at)
            self._put(key, limit, number, [at] * amount)
        return at

    def give_back(self, key: str, limit: int, at: float, amount: int) -> None:
        """Remove `amount` of the entries that were added with the time `at`, whatever came after them."""
        with self._alone():
            end = self._next(key)
            later: list[float] = []
            for number in range(end - 1, end - 1 - limit, -1):
                found = self._at(key, number, limit)
                if found is None or found < at:
                    break
                later.append(found)
            first, kept = end - len(later), sorted(later)[min(amount, later.count(at)) :]
            self._put(key, limit, first, kept)
            gone = [(key, number % limit) for number in range(first + len(kept), end)]
            self._connection.executemany("DELETE FROM entry WHERE key = ? AND slot = ?", gone)

    def span(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest entry of the window was added (now if there is none), and how many there are."""
        since, number = self._now() - expiry, self._next(key)
        known = self._oldest.get(key, 0)
        low, high = max(0, number - limit, known if known <= number else 0), number
        if low < high and (self._at(key, low, limit) or 0.0) > since:
            high = low  # as it was when it was looked at last
        while low < high:
            middle = (low + high) // 2
            at = self._at(key, middle, limit)
            low, high = (low, middle) if at is not None and at > since else (middle + 1, high)
        if len(self._oldest) >= MOST:
            self._oldest.clear()
        self._oldest[key] = low
        begin = self._at(key, low, limit) if low < number else None
        return (self._now() if begin is None else begin), number - low

    async def check(self) -> bool:
        """Whether the file answers."""
        try:
            self._connection.execute("SELECT 1 FROM ring LIMIT 1").fetchall()
        except sqlite3.Error:
            return False
        return True

    def forget(self, older: float) -> int:
        """Remove what was added more than `older` seconds ago; returns how many entries.

        Some at a time, for others wait meanwhile. How far each ring got is kept, since other processes
        remember where it was.
        """
        before, total = self._now() - older, 0
        while gone := self._connection.execute(FORGET, (before,)).rowcount:
            total += gone
        return total

    async def aclose(self) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _put(self, key: str, limit: int, first: int, times: Sequence[float]) -> None:
        rows = [(key, (first + each) % limit, at) for each, at in enumerate(times)]
        self._connection.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", rows)
        self._connection.execute("INSERT OR REPLACE INTO ring VALUES (?, ?)", (key, first + len(times)))

    def _next(self, key: str) -> int:
        row = self._connection.execute(NEXT, (key,)).fetchone()
        return int(row[0]) if row else 0

    def _at(self, key: str, number: int, limit: int) -> float | None:
        row = self._connection.execute(AT, (key, number % limit)).fetchone()
        return float(row[0]) if row else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
