"""The store in memory: the contract of all stores, with and without waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixcrawler_core.components import Storage
from pixcrawler_core.storage.protocols import Store
from pixcrawler_core.testing.contracts import StoreContract
from pixcrawler_core.testing.stores import MemoryStore


class TestMemoryStore(StoreContract):
    component = Storage(name="memory", summary="objects in memory", build=lambda _: MemoryStore())
    processes = False
    memory = None

    def spoil(self, store: Store, folder: Path, key: str) -> bool:
        assert isinstance(store, MemoryStore)
        store.spoil(key)
        return True


class TestWaiting(TestMemoryStore):
    at_once = False

    @pytest.fixture(autouse=True)
    def _clock(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def opened(self, folder: Path) -> Store:
        return MemoryStore(lambda: self.now, timedelta(hours=5))

    def pass_time(self, store: Store) -> None:
        self.now += timedelta(hours=5)
