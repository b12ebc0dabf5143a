"""Reads all that a store has, through its own door: what it gives must be what was put."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcrawler_core.storage.encryption.keys import KeyMissing
from pixcrawler_core.storage.errors import ObjectArchived, ObjectDamaged, ObjectMissing
from pixcrawler_core.storage.protocols import Problem
from pixcrawler_core.storage.pushing import THREADS
from pixcrawler_core.threads import in_threads

if TYPE_CHECKING:
    from pixcrawler_core.storage.protocols import Store


class Proof:
    """Of any store, also of one that encrypts: what it gives is decrypted, and has its digest."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.archived = 0
        """Objects that were not read, since they are archived."""

    def problems(self, threads: int = THREADS) -> Iterator[Problem]:
        """Objects that cannot be read as they were put, by key. Raises the errors of stores."""
        keys = (stat.key for stat in self._store.list())
        yield from (each for each in in_threads(self._problem, keys, threads) if each)

    def _problem(self, key: str) -> Problem | None:
        try:
            with self._store.get(key) as chunks:
                for _ in chunks:
                    pass
        except ObjectMissing:  # deleted meanwhile
            return None
        except ObjectArchived:
            self.archived += 1
            return None
        except (ObjectDamaged, KeyMissing) as error:
            return Problem(place=key, key=key, why=str(error))
        return None
