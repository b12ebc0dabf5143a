"""What is on its way out of an archive is kept, and told once when it is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pixcrawler_core.catalog.models import ActivityLog
from pixcrawler_core.events.event import Event
from pixcrawler_core.events.sinks import Sinks
from pixcrawler_core.storage.local.store import LocalStore
from pixcrawler_core.storage.protocols import Priority, Stat, StorageTier
from pixcrawler_core.storage.rehydrating import Rehydrations
from pixcrawler_core.testing.contracts.store_helping import filed
from pixcrawler_core.workspace import Workspace

UNIT = "exports/a.zip"
HOUR = timedelta(hours=1)


class World:
    """A workspace, a store whose archive takes fifteen hours, and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.store = LocalStore(folder / "store", wait=15 * HOUR, clock=lambda: self.now)
        self.workspace = Workspace(folder / "workspace")
        self.database = self.workspace.open()
        self.told: list[Event] = []
        self.sinks = Sinks({"told": self.told.append}, now=lambda: self.now)
        self.store.put(UNIT, filed(folder, 1000), tier=StorageTier.COLD)

    def rehydrations(self, store: LocalStore | None = None) -> Rehydrations:
        return Rehydrations(self.database, store or self.store, "slow", self.sinks, lambda: self.now)

    def close(self) -> None:
        self.sinks.close()
        self.store.close()
        self.workspace.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_it_is_kept_until_it_is_there_and_told_once(world: World) -> None:
    begin = world.now
    assert world.rehydrations().ask(UNIT, [UNIT], Priority.STANDARD) == begin + 15 * HOUR
    world.now += 14 * HOUR
    assert world.rehydrations().look() == []
    left = world.rehydrations().pending()[UNIT]
    assert (left.asked_at, left.ready_at, left.priority) == (begin, begin + 15 * HOUR, Priority.STANDARD)
    world.now += 2 * HOUR
    assert world.rehydrations().look() == [UNIT]
    assert world.rehydrations().look() == []
    assert world.rehydrations().pending() == {}
    world.sinks.close()
    (event,) = world.told
    assert (event.kind, event.subject, event.at) == ("storage.rehydrated", UNIT, world.now)
    assert event.details == {
        "unit": UNIT,
        "store": "slow",
        "objects": 1,
        "priority": "standard",
        "asked_at": "2026-01-01T00:00:00+00:00",
    }
    assert [(entry.action, entry.created_at) for entry in ActivityLog.select()] == [("rehydrated", world.now)]


def test_asked_again_with_priority_it_is_there_at_once(world: World) -> None:
    world.rehydrations().ask(UNIT, [UNIT], Priority.STANDARD)
    assert world.rehydrations().ask(UNIT, [UNIT], Priority.HIGH) is None
    assert world.rehydrations().look() == [UNIT]
    world.store.set_tier([UNIT], StorageTier.COLD)
    world.rehydrations().ask(UNIT, [UNIT], Priority.HIGH)
    assert world.rehydrations().look() == [UNIT]


def test_what_is_deleted_meanwhile_is_forgotten(world: World) -> None:
    world.rehydrations().ask(UNIT, [UNIT], Priority.STANDARD)
    world.store.delete([UNIT])
    assert world.rehydrations().look() == []
    assert world.rehydrations().pending() == {}


class Crowded(LocalStore):
    """A store in which two look at the same moment."""

    both = threading.Barrier(2, timeout=30)

    def list(self, prefix: str = "") -> Iterator[Stat]:
        found = list(super().list(prefix))
        self.both.wait()
        return iter(found)


def test_of_two_who_look_at_once_one_tells(world: World, tmp_path: Path) -> None:
    store = Crowded(tmp_path / "store", clock=lambda: world.now)
    world.rehydrations().ask(UNIT, [UNIT], Priority.HIGH)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: world.rehydrations(store).look(), range(2)))
    store.close()
    world.sinks.close()
    assert sorted(found) == [[], [UNIT]]
    assert len(world.told) == ActivityLog.select().count() == 1
