"""What holds for the tiers of stores."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from pixcrawler_core.storage.errors import ObjectArchived, ObjectMissing
from pixcrawler_core.storage.protocols import Availability, Priority, StorageTier, Store
from pixcrawler_core.testing.contracts.store_helping import filed, read

KEYS = ("a/1", "a/2", "b")


class ArchiveContract:
    """Tiers, and the way out of the archive; a part of `StoreContract`."""

    tiers: ClassVar[bool] = True
    """Whether the store has tiers; without, these tests are skipped."""
    at_once: ClassVar[bool] = True
    """Whether what is rehydrated can be read as soon as `rehydrate` returns."""

    def pass_time(self, store: Store) -> None:
        """Let the time pass that a rehydration takes, for a store that does not rehydrate at once."""

    @pytest.fixture
    def tiered(self, store: Store, tmp_path: Path) -> Store:
        """A store with three objects in HOT."""
        if not self.tiers:
            pytest.skip("this store has no tiers")
        for number, key in enumerate(KEYS):
            store.put(key, filed(tmp_path, 70_000 + number), metadata={"number": str(number)})
        return store

    def test_objects_are_moved_between_tiers(self, tiered: Store, tmp_path: Path) -> None:
        """And nothing but tier and time changes."""
        before = {stat.key: stat for stat in tiered.list()}
        for tier in (StorageTier.WARM, StorageTier.HOT, StorageTier.WARM):
            tiered.set_tier(KEYS[:2], tier)
            for stat in tiered.list():
                old = before[stat.key]
                assert (stat.size, stat.sha256, stat.metadata) == (old.size, old.sha256, old.metadata)
                assert stat.tier is (StorageTier.HOT if stat.key == "b" else tier)
                assert stat.availability is Availability.READY
                assert stat.modified_at >= old.modified_at
            for number, key in enumerate(KEYS):
                data = filed(tmp_path, 70_000 + number).read_bytes()
                assert read(tiered, key) == data
                assert read(tiered, key, 60_000, 100) == data[60_000:60_100]

    def test_those_that_are_there_are_left_alone(self, tiered: Store) -> None:
        """Whichever tier it is."""
        for tier in (StorageTier.HOT, StorageTier.WARM, StorageTier.COLD):
            tiered.set_tier(KEYS, tier)
            before = list(tiered.list())
            tiered.set_tier(KEYS, tier)
            assert list(tiered.list()) == before

    def test_an_object_can_be_put_into_a_tier(self, tiered: Store, tmp_path: Path) -> None:
        """Where it replaces one of any other tier."""
        path = filed(tmp_path, 5000)
        for tier in (StorageTier.WARM, StorageTier.COLD, StorageTier.HOT):
            stat = tiered.put("b", path, tier=tier)
            assert stat == tiered.stat("b")
            assert (stat.tier, stat.size) == (tier, 5000)
            assert tiered.put("b", path, tier=tier) == stat
        assert read(tiered, "b") == path.read_bytes()

    def test_what_is_archived_cannot_be_read(self, tiered: Store) -> None:
        """Its other properties can, and it can be deleted."""
        tiered.set_tier(KEYS, StorageTier.COLD)
        assert {stat.availability for stat in tiered.list()} == {Availability.ARCHIVED}
        for part in ((0, None), (10, 20)):
            with pytest.raises(ObjectArchived, match="a/1"):
                read(tiered, "a/1", *part)
        assert tiered.delete(["a/1"]) == 1
        assert [stat.key for stat in tiered.list()] == ["a/2", "b"]

    def test_what_is_archived_comes_back(self, tiered: Store, tmp_path: Path) -> None:
        """To HOT, after the time that it takes; asking again does no harm."""
        tiered.set_tier(KEYS, StorageTier.COLD)
        asked = tiered.rehydrate(KEYS[:2])
        assert [each.key for each in asked] == list(KEYS[:2])
        assert [each.key for each in tiered.rehydrate(KEYS[:1])] == list(KEYS[:1])
        if not self.at_once:
            assert all(each.ready_at and each.ready_at.utcoffset() == timedelta(0) for each in asked)
            assert [stat.availability for stat in tiered.list("a/")] == [Availability.REHYDRATING] * 2
            with pytest.raises(ObjectArchived):
                read(tiered, "a/1")
            self.pass_time(tiered)
        assert [(stat.tier, stat.availability) for stat in tiered.list("a/")] == [
            (StorageTier.HOT, Availability.READY)
        ] * 2
        assert read(tiered, "a/2") == filed(tmp_path, 70_001).read_bytes()
        (there,) = tiered.rehydrate(["a/2"], Priority.HIGH)
        assert there.ready_at is None
        stat = tiered.stat("b")
        assert stat
        assert stat.availability is Availability.ARCHIVED

    def test_a_tier_out_of_the_archive_rehydrates(self, tiered: Store, tmp_path: Path) -> None:
        """After which the object can go to any tier."""
        tiered.set_tier(KEYS, StorageTier.COLD)
        tiered.set_tier(["b"], StorageTier.WARM)
        self.pass_time(tiered)
        assert read(tiered, "b") == filed(tmp_path, 70_002).read_bytes()
        for tier in (StorageTier.WARM, StorageTier.COLD):
            tiered.set_tier(["b"], tier)
            stat = tiered.stat("b")
            assert stat
            assert stat.tier is tier

    def test_what_is_not_there_cannot_be_moved(self, tiered: Store) -> None:
        """Nor rehydrated."""
        with pytest.raises(ObjectMissing, match="nowhere"):
            tiered.set_tier(["nowhere"], StorageTier.WARM)
        with pytest.raises(ObjectMissing, match="nowhere"):
            tiered.rehydrate(["nowhere"])
        tiered.set_tier([], StorageTier.COLD)
        assert list(tiered.rehydrate([])) == []
