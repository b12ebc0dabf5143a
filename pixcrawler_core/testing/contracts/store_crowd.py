"""What holds for stores that many use at once."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

import multiprocessing
import threading
import tracemalloc
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from pixcrawler_core.storage.protocols import StorageTier, Store
from pixcrawler_core.testing.contracts.store_helping import filed, read

if TYPE_CHECKING:
    from pydantic import BaseModel

LARGE = 24 * 1024 * 1024
ROUNDS = 8


class CrowdContract:
    """Threads and processes; a part of `StoreContract`."""

    processes: ClassVar[bool] = True
    """Whether several processes can use one place; `component.build` and the options must be importable."""
    memory: ClassVar[int | None] = 16 * 1024 * 1024
    """Most bytes that a put and a get of 24 MiB take; None for a store that keeps objects in memory."""
    tiers: ClassVar[bool]

    @abstractmethod
    def table(self, folder: Path) -> Mapping[str, Any]:
        """The options of a store whose place belongs to a folder."""

    def test_nothing_is_there_before_it_is_complete(self, store: Store, tmp_path: Path) -> None:
        """Neither in a list nor to be read, until all of it is there; then an earlier one until then."""
        sizes = 3_000_000, 4_000_000
        paths = [filed(tmp_path, size) for size in sizes]
        seen: set[int | None] = set()
        for path in paths:
            thread = threading.Thread(target=store.put, args=("key", path))
            thread.start()
            while thread.is_alive():
                stat = store.stat("key")
                seen.add(stat.size if stat else None)
                if stat:
                    assert len(read(store, "key")) in sizes
            thread.join()
        assert seen <= {None, *sizes}

    def test_one_of_many_that_put_wins(self, store: Store, tmp_path: Path) -> None:
        """And others are not disturbed."""
        paths = [filed(tmp_path, 50_000, seed) for seed in range(4)]
        errors: list[Exception] = []

        def work(number: int) -> None:
            for turn in range(ROUNDS):
                try:
                    store.put("one", paths[(number + turn) % 4])
                    store.put(f"own/{number}", paths[number])
                except Exception as error:  # noqa: BLE001  # told to the test
                    errors.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert read(store, "one") in [path.read_bytes() for path in paths]
        assert [read(store, f"own/{number}") for number in range(4)] == [path.read_bytes() for path in paths]

    def test_processes_share_a_place(self, store: Store, tmp_path: Path) -> None:
        """They put, move and delete the same objects, and each object is whole in the end."""
        if not self.processes:
            pytest.skip("this store belongs to one process")
        component = self.component  # type: ignore[attr-defined]  # of StoreContract
        options = component.options(**self.table(tmp_path / "place")) if component.options else None
        spawn = multiprocessing.get_context("spawn")
        work = component.build, options, tmp_path / "sources", self.tiers
        workers = [spawn.Process(target=_work, args=(*work, number)) for number in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0]
        keys = [f"k/{number}" for number in range(ROUNDS)]
        assert [stat.key for stat in store.list("k/")] == keys
        assert {stat.tier for stat in store.list("k/")} == {
            StorageTier.WARM if self.tiers else StorageTier.HOT
        }
        for number, key in enumerate(keys):
            assert read(store, key) == filed(tmp_path, 20_000, number).read_bytes()

    def test_memory_does_not_grow(self, store: Store, tmp_path: Path) -> None:
        """With the size of an object."""
        if self.memory is None:
            pytest.skip("this store keeps objects in memory")
        path = filed(tmp_path, LARGE)
        tracemalloc.start()
        try:
            store.put("large", path)
            with store.get("large") as chunks:
                assert sum(map(len, chunks)) == LARGE
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < self.memory, f"{peak} bytes for an object of {LARGE}"


def _work(
    build: Callable[[BaseModel | None], Store],
    options: BaseModel | None,
    sources: Path,
    tiers: bool,
    own: int,
) -> None:
    store = build(options)
    keys = [f"k/{number}" for number in range(ROUNDS)]
    for number, key in enumerate(keys):
        store.put(key, filed(sources / str(own), 20_000, number))
        store.put(f"own/{own}", filed(sources / str(own), 30_000, number))
    if tiers:
        store.set_tier(keys, StorageTier.WARM)
    store.delete([f"own/{own}"])
    store.close()
