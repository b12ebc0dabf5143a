"""When stored things move: four hundred days with a clock of the test's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.config.storage import StorageTable
from pixcrawler_core.storage.accounting import Amount, usages
from pixcrawler_core.storage.azure_policy import azure_policy
from pixcrawler_core.storage.errors import ObjectArchived, StoreUnavailable
from pixcrawler_core.storage.lifecycle import LifeCycle, moves, sweep
from pixcrawler_core.storage.orphans import orphan_units
from pixcrawler_core.storage.protocols import StorageTier
from pixcrawler_core.storage.units import units
from pixcrawler_core.testing.stores import MemoryStore

DAY = timedelta(days=1)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
CYCLE = LifeCycle(warm_after=30 * DAY, cold_after=90 * DAY, pins=frozenset({"pinned"}))


class Clock:
    """The time of a test."""

    def __init__(self) -> None:
        self.now = NEW_YEAR

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock, tmp_path: Path) -> MemoryStore:
    """Two datasets of two objects each, one of them pinned, an export and a blob."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1000)
    store = MemoryStore(clock, wait=timedelta(hours=12))
    for key in (
        "blobs/ab/abc",
        "datasets/dataset-birds/categories/a.jpg",
        "datasets/dataset-birds/manifest.json",
        "datasets/dataset-pinned/manifest.json",
        "exports/dataset-birds.zip",
    ):
        store.put(key, path)
    return store


def tiers(store: MemoryStore) -> dict[str, set[StorageTier]]:
    found: defaultdict[str, set[StorageTier]] = defaultdict(set)
    for unit in units(store.list()):
        found[unit.name] |= {stat.tier for stat in unit.stats}
    return dict(found)


def test_four_hundred_days(store: MemoryStore, clock: Clock) -> None:
    """Thirty of them hot, ninety warm, the rest cold: a move counts as a touch."""
    moved: dict[tuple[str, str], int] = {}
    for day in range(400):
        for move in sweep(store, CYCLE, clock.now):
            moved[move.unit, move.tier] = day
        clock.now += DAY
    assert moved == {
        ("datasets/dataset-birds", "warm"): 30,
        ("exports/dataset-birds.zip", "warm"): 30,
        ("datasets/dataset-birds", "cold"): 120,
        ("exports/dataset-birds.zip", "cold"): 120,
    }
    assert tiers(store) == {
        "blobs": {StorageTier.HOT},
        "datasets/dataset-birds": {StorageTier.COLD},
        "datasets/dataset-pinned": {StorageTier.HOT},
        "exports/dataset-birds.zip": {StorageTier.COLD},
    }


def test_what_is_read_stays(store: MemoryStore, clock: Clock) -> None:
    """A unit is as young as the object of it that was touched last."""
    clock.now += 120 * DAY
    (unit,) = (unit for unit in units(store.list("datasets/dataset-birds")))
    assert CYCLE.tier(unit, clock.now) == StorageTier.COLD
    unit.stats[0] = replace(unit.stats[0], accessed_at=clock.now - 29 * DAY)
    assert CYCLE.tier(unit, clock.now) == StorageTier.HOT
    assert list(moves([unit], CYCLE, clock.now)) == []
    unit.stats[0] = replace(unit.stats[0], modified_at=clock.now)
    assert unit.touched_at == clock.now, "it was moved after it was read"


@pytest.mark.parametrize(
    ("warm", "cold", "expected"),
    [
        (30, 90, {"warm": 30, "cold": 120}),
        (90, 30, {"warm": 90, "cold": 120}),
        (0, 30, {"cold": 30}),
        (30, 0, {"warm": 30}),
    ],
)
def test_sweeper_and_azure_policy_agree(
    store: MemoryStore, clock: Clock, warm: int, cold: int, expected: dict[str, int]
) -> None:
    """Also on a first day after which nobody swept; days of the cold tier count from the warm one."""
    cycle = StorageTable(warm_after=warm, cold_after=cold).cycle
    (unit,) = units(store.list("exports"))
    by_age = {cycle.tier(unit, NEW_YEAR + age * DAY): age for age in reversed(range(1, 400))}
    assert {tier: age for tier, age in by_age.items() if tier != "hot"} == expected
    moved = {}
    for day in range(400):
        moved.update({move.tier: day for move in sweep(store, cycle, clock.now) if move.unit == unit.name})
        clock.now += DAY
    assert moved == expected
    rules: Any = azure_policy("place", warm, cold)["rules"][0]
    actions = rules["definition"]["actions"]["baseBlob"]
    names = {"tierToCool": "warm", "tierToArchive": "cold"}
    days = {names[name]: each["daysAfterModificationGreaterThan"] for name, each in actions.items()}
    assert days == expected


class Dying(MemoryStore):
    """Is killed after it moved one object."""

    def set_tier(self, keys: Sequence[str], tier: StorageTier) -> None:
        super().set_tier(keys[:1], tier)
        if len(keys) > 1:
            raise StoreUnavailable("killed")


@pytest.mark.parametrize("days", [30, 120])
def test_a_sweep_that_was_killed_goes_on(clock: Clock, days: int) -> None:
    """The rest of the unit follows what was moved, which does not count as touched."""
    store = Dying(clock)
    for name in "ab":
        store.put(f"datasets/dataset-birds/{name}", Path(__file__))
    clock.now += days * DAY
    with pytest.raises(StoreUnavailable):
        list(sweep(store, CYCLE, clock.now))
    clock.now += timedelta(hours=1)
    (move,) = sweep(store, CYCLE, clock.now)
    assert (move.keys, move.age.days) == (("datasets/dataset-birds/b",), days)
    assert {len(each) for each in tiers(store).values()} == {1}
    assert list(sweep(store, CYCLE, clock.now)) == []


def test_what_is_new_in_a_unit_that_is_warm_keeps_it(clock: Clock) -> None:
    store = MemoryStore(clock)
    store.put("datasets/dataset-birds/a", Path(__file__), tier=StorageTier.WARM)
    clock.now += 89 * DAY
    store.put("datasets/dataset-birds/b", Path(__file__))
    clock.now += 29 * DAY
    assert list(sweep(store, CYCLE, clock.now)) == []
    clock.now += DAY
    assert [(move.keys, move.tier) for move in sweep(store, CYCLE, clock.now)] == [
        (("datasets/dataset-birds/b",), StorageTier.WARM)
    ]


def test_what_is_archived_comes_back_and_ages_anew(store: MemoryStore, clock: Clock) -> None:
    key = "exports/dataset-birds.zip"
    store.set_tier([key], StorageTier.COLD)
    with pytest.raises(ObjectArchived), store.get(key) as chunks:
        list(chunks)
    (told,) = store.rehydrate([key])
    assert told.ready_at == clock.now + timedelta(hours=12)
    clock.now += DAY
    with store.get(key) as chunks:
        assert b"".join(chunks) == b"x" * 1000
    assert list(sweep(store, CYCLE, clock.now)) == []


def test_a_dry_run_moves_nothing(store: MemoryStore, clock: Clock) -> None:
    clock.now += 31 * DAY
    told = list(sweep(store, CYCLE, clock.now, dry_run=True))
    assert [(move.unit, move.tier, move.size, move.age) for move in told] == [
        ("datasets/dataset-birds", "warm", 2000, 31 * DAY),
        ("exports/dataset-birds.zip", "warm", 1000, 31 * DAY),
    ]
    assert list(sweep(store, CYCLE, clock.now, dry_run=True)) == told


@given(st.integers(0, 400), st.none() | st.integers(1, 400), st.none() | st.integers(1, 400))
def test_nothing_comes_back_by_sweeping(age: int, warm: int | None, cold: int | None) -> None:
    days = [None if each is None else each * DAY for each in (warm, cold)]
    cycle = LifeCycle(warm_after=days[0], cold_after=days[1])
    clock = Clock()
    store = MemoryStore(clock)
    store.put("exports/a", Path(__file__), tier=StorageTier.WARM)
    clock.now += age * DAY
    list(sweep(store, cycle, clock.now))
    (stat,) = store.list()
    assert stat.tier == (StorageTier.COLD if cold is not None and age >= cold else StorageTier.WARM)


def test_usage_tells_tiers_and_costs(store: MemoryStore) -> None:
    store.set_tier(["exports/dataset-birds.zip"], StorageTier.COLD)
    found = {each.unit: each for each in usages(units(store.list()))}
    birds, export = found["datasets/dataset-birds"], found["exports/dataset-birds.zip"]
    assert (birds.whole.objects, birds.whole.size, birds.archived) == (2, 2000, 0)
    assert (export.sizes[StorageTier.COLD], export.archived) == (1000, 1)
    prices = {StorageTier.HOT: 1e6, StorageTier.WARM: 0.0, StorageTier.COLD: 1e3}
    assert birds.cost(prices) == pytest.approx(2.0)
    assert export.as_json(prices)["cost_per_month"] == 0.001


def test_usage_tells_times_and_costs_of_each_tier(store: MemoryStore, clock: Clock) -> None:
    """And adds up: of a unit without anything in a tier, nothing is told there."""
    clock.now += DAY
    store.set_tier(["datasets/dataset-birds/manifest.json"], StorageTier.WARM)
    found = list(units(store.list("datasets")))
    found[0].stats[0] = replace(found[0].stats[0], accessed_at=clock.now - timedelta(hours=1))
    whole = sum(usages(found), Amount()).as_json(dict.fromkeys(StorageTier, 1000000.0))
    empty = {"objects": 0, "bytes": 0, "touched_at": None, "read_at": None, "cost_per_month": 0.0}
    hot = {"objects": 2, "bytes": 2000, "touched_at": "2026-01-01T23:00:00Z", "cost_per_month": 2.0}
    warm = {"objects": 1, "bytes": 1000, "touched_at": "2026-01-02T00:00:00Z", "cost_per_month": 1.0}
    assert whole["tiers"] == {
        "hot": {**hot, "read_at": "2026-01-01T23:00:00Z"},
        "warm": {**warm, "read_at": None},
        "cold": empty,
    }
    told = (whole["objects"], whole["touched_at"], whole["read_at"], whole["cost_per_month"])
    assert told == (3, "2026-01-02T00:00:00Z", "2026-01-01T23:00:00Z", 3.0)


def test_what_others_keep_there_is_no_orphan(store: MemoryStore, clock: Clock, tmp_path: Path) -> None:
    store.put("letters/dataset-gone/1.txt", tmp_path / "file")
    found = orphan_units(units(store.list()), {"pinned"}, clock.now)
    assert [unit.name for unit in found] == ["datasets/dataset-birds", "exports/dataset-birds.zip"]
