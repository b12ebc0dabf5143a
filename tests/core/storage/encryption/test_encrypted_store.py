"""The store that encrypts: the contract of all stores, and what a thief or a forger would try."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pytest

from pixcrawler_core.components import Storage
from pixcrawler_core.storage.bodies import Opened
from pixcrawler_core.storage.encryption.envelope import ENVELOPE
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.encryption.keys import KeyMissing, KeyRing, new_ring
from pixcrawler_core.storage.encryption.scratch import SMALL
from pixcrawler_core.storage.encryption.store import EncryptedStore
from pixcrawler_core.storage.errors import ObjectDamaged, StoreRefused
from pixcrawler_core.storage.protocols import Refusal, StorageTier, Store
from pixcrawler_core.testing.contracts import StoreContract
from pixcrawler_core.testing.stores import MemoryStore

PHOTOGRAPHS = sorted((Path(__file__).parents[4] / "examples" / "photographs").rglob("*.jpg"))
RING = new_ring()


class TestEncryptedStore(StoreContract):
    component = Storage(
        name="encrypted",
        summary="objects in memory, encrypted",
        build=lambda _: EncryptedStore(MemoryStore(), RING),
    )
    processes = False
    memory = None

    def spoil(self, store: Store, folder: Path, key: str) -> bool:
        assert isinstance(store, EncryptedStore)
        assert isinstance(store.inner, MemoryStore)
        store.inner.spoil(key)
        return True


class TestEncryptedForAnOwner(TestEncryptedStore):
    def opened(self, folder: Path) -> Store:
        path = folder.with_name("keys.json")
        keys = KeyFile(path) if path.exists() else KeyFile.create(path)
        return EncryptedStore(MemoryStore(), keys, owner="alice", bits=10)


class Place:
    """A store in memory, and the store that encrypts what goes into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inner = MemoryStore()
        self.keys = KeyFile.create(folder / "keys.json")
        self.store = EncryptedStore(self.inner, self.keys)

    def of(self, owner: str) -> EncryptedStore:
        return EncryptedStore(self.inner, self.keys, owner=owner)

    def forge(self, key: str, data: bytes, metadata: Mapping[str, str]) -> None:
        """Put bytes as who has the store, but no key, would."""
        path = self.folder / "forged"
        path.write_bytes(data)
        self.inner.put(key, path, metadata=metadata)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    place.store.put("one.jpg", PHOTOGRAPHS[0], metadata={"title": "a red panda"})
    place.store.put("two.jpg", PHOTOGRAPHS[1])
    yield place
    place.store.close()


def read(store: Store, key: str) -> bytes:
    with store.get(key) as chunks:
        return b"".join(chunks)


def refused(store: Store, key: str) -> Refusal | None:
    stat = store.stat(key)
    assert stat
    return stat.refused


def test_nothing_of_a_picture_is_stored(place: Place) -> None:
    """Neither bytes nor digest nor metadata."""
    plain, kept = place.store.stat("one.jpg"), place.inner.stat("one.jpg")
    assert plain
    assert kept
    assert plain.metadata == {"title": "a red panda"}
    data, picture = read(place.inner, "one.jpg"), PHOTOGRAPHS[0].read_bytes()
    told = data + kept.metadata[ENVELOPE].encode() + kept.sha256.encode()
    assert not [begin for begin in range(0, len(picture) - 16, 16) if picture[begin : begin + 16] in told]
    assert plain.sha256.encode() not in told
    assert bytes.fromhex(plain.sha256) not in told
    assert b"panda" not in told
    assert list(kept.metadata) == [ENVELOPE]


def test_the_same_picture_looks_different_each_time(place: Place) -> None:
    place.store.put("three.jpg", PHOTOGRAPHS[0])
    first, second = read(place.inner, "one.jpg"), read(place.inner, "three.jpg")
    assert len(first) == len(second)
    assert first[200:] != second[200:]


def test_objects_that_were_swapped_are_found(place: Place) -> None:
    """With all that belongs to them: each is bound to its key."""
    one, two = (place.inner.stat(key) for key in ("one.jpg", "two.jpg"))
    assert one
    assert two
    place.forge("two.jpg", read(place.inner, "one.jpg"), one.metadata)
    with pytest.raises(ObjectDamaged, match=r"two\.jpg"):
        read(place.store, "two.jpg")
    assert refused(place.store, "two.jpg") is Refusal.DAMAGED
    place.forge("one.jpg", read(place.inner, "one.jpg"), two.metadata)
    assert refused(place.store, "one.jpg") is Refusal.DAMAGED


def test_earlier_bytes_of_an_object_are_found(place: Place) -> None:
    """Which have the right key, and were encrypted for this very name."""
    earlier = read(place.inner, "one.jpg")
    place.store.put("one.jpg", PHOTOGRAPHS[1])
    now = place.inner.stat("one.jpg")
    assert now
    place.forge("one.jpg", earlier, now.metadata)
    with pytest.raises(ObjectDamaged, match=r"'one\.jpg' is damaged, or was replaced"):
        read(place.store, "one.jpg")


def test_an_object_that_was_cut_is_found(place: Place) -> None:
    """Also where its chunks end, and by asking for a part."""
    whole, stat = read(place.inner, "one.jpg"), place.inner.stat("one.jpg")
    assert stat
    cuts = (len(whole) - 1, len(whole) - 16, 200, 20, 0)
    for length in cuts:
        place.forge("one.jpg", whole[:length], stat.metadata)
        with pytest.raises(ObjectDamaged, match=r"one\.jpg"):
            read(place.store, "one.jpg")
        assert refused(place.store, "one.jpg") is Refusal.DAMAGED
        with pytest.raises(ObjectDamaged, match=r"one\.jpg"), place.store.get("one.jpg", 10, 20) as chunks:
            list(chunks)


def test_what_is_not_encrypted_is_not_taken(place: Place) -> None:
    """Whoever can write into the store could give us any picture; a `put` replaces it."""
    place.forge("one.jpg", PHOTOGRAPHS[0].read_bytes(), {})
    for look in (
        lambda: read(place.store, "one.jpg"),
        lambda: place.store.get("one.jpg", 1, 1).__enter__(),
        lambda: place.store.copy("one.jpg", "three.jpg"),
    ):
        with pytest.raises(ObjectDamaged, match=r"'one\.jpg'.*not encrypted|'one\.jpg'.*too short"):
            look()
    assert [stat.refused for stat in place.store.list()] == [Refusal.PLAIN, None]
    place.store.put("one.jpg", PHOTOGRAPHS[0])
    assert read(place.store, "one.jpg") == PHOTOGRAPHS[0].read_bytes()


@pytest.mark.parametrize("envelope", ["", "!", "UFhDRQ==", "UFhDRQEQ" + "A" * 400, "é" * 90])
def test_metadata_of_another_is_damage(place: Place, envelope: str) -> None:
    data = read(place.inner, "one.jpg")
    place.forge("one.jpg", data, {ENVELOPE: envelope})
    stat = place.store.stat("one.jpg")
    assert stat
    assert (stat.sha256, stat.refused) == ("", Refusal.DAMAGED)


def test_a_missing_key_is_named_with_the_object(place: Place) -> None:
    """What was encrypted with it is listed without digest, and can be deleted."""
    key_id = place.keys.ring().active
    store = EncryptedStore(place.inner, new_ring())
    with pytest.raises(KeyMissing, match=rf"'one\.jpg'.*'{key_id}'"):
        read(store, "one.jpg")
    with pytest.raises(KeyMissing, match=rf"'one\.jpg'.*'{key_id}'"):
        store.copy("one.jpg", "three.jpg")
    assert [(stat.key, stat.size, stat.sha256) for stat in store.list()] == [
        ("one.jpg", PHOTOGRAPHS[0].stat().st_size, ""),
        ("two.jpg", PHOTOGRAPHS[1].stat().st_size, ""),
    ]
    assert store.delete(["one.jpg"]) == 1


def test_a_key_of_the_same_id_that_is_another_is_found(place: Place) -> None:
    ring = place.keys.ring()
    wrong = KeyRing(keys={ring.active: os.urandom(32)}, active=ring.active)
    with pytest.raises(ObjectDamaged, match=r"one\.jpg"):
        read(EncryptedStore(place.inner, wrong), "one.jpg")


def test_rotation_leaves_all_readable_and_rewraps(place: Place) -> None:
    """After which the old key can go."""
    old, kept = place.keys.ring().active, read(place.inner, "one.jpg")
    before = list(place.store.list())
    new = place.keys.rotate()
    assert new != old
    assert read(place.store, "one.jpg") == PHOTOGRAPHS[0].read_bytes()
    assert place.store.rewrap("one").done == 1
    assert place.store.rewrap().done == 1
    assert place.store.rewrap().done == 0
    assert read(place.inner, "one.jpg")[-1000:] == kept[-1000:], "chunks were encrypted again"
    assert [(stat.sha256, stat.metadata) for stat in place.store.list()] == [
        (stat.sha256, stat.metadata) for stat in before
    ]
    place.keys.remove(old)
    assert read(place.store, "one.jpg") == PHOTOGRAPHS[0].read_bytes()


class Meddled(MemoryStore):
    """Somebody else does something as soon as an object was read."""

    meddle: Callable[[str], object] | None = None

    @contextmanager
    def get(self, key: str, begin: int = 0, length: int | None = None) -> Iterator[Opened]:
        with super().get(key, begin, length) as chunks:
            yield Opened(chain(chunks, self._meddled(key)), chunks.metadata)

    def _meddled(self, key: str) -> Iterator[bytes]:
        meddle, self.meddle = self.meddle, None
        if meddle:
            meddle(key)
        yield from ()


def test_rewrapping_undoes_nothing_that_others_do_meanwhile(tmp_path: Path) -> None:
    inner, keys = Meddled(), KeyFile.create(tmp_path / "keys.json")
    store = EncryptedStore(inner, keys)
    for key in ("one.jpg", "two.jpg"):
        store.put(key, PHOTOGRAPHS[0])
    keys.rotate()
    inner.meddle = lambda key: store.delete([key])
    assert store.rewrap("two").done == 0
    assert [stat.key for stat in store.list()] == ["one.jpg"]
    assert store.rewrap().done == 1


def test_what_is_archived_waits_for_its_rewrapping(place: Place) -> None:
    place.store.set_tier(["one.jpg"], StorageTier.COLD)
    place.keys.rotate()
    told = place.store.rewrap()
    assert (told.done, told.archived) == (1, ("one.jpg",))


def test_the_same_file_is_put_again_under_a_new_key(place: Place) -> None:
    """Otherwise it is left as it is."""
    first = place.inner.stat("two.jpg")
    place.store.put("two.jpg", PHOTOGRAPHS[1])
    assert place.inner.stat("two.jpg") == first
    place.keys.rotate()
    place.store.put("two.jpg", PHOTOGRAPHS[1])
    assert place.inner.stat("two.jpg") != first


def test_an_erased_owner_is_gone_for_all(place: Place) -> None:
    """Also copies, also for a process that had read the keys before; others are not touched."""
    alice, bob = place.of("alice"), place.of("bob")
    alice.put("alice/1.jpg", PHOTOGRAPHS[0])
    bob.put("bob/1.jpg", PHOTOGRAPHS[1])
    bob.copy("alice/1.jpg", "bob/2.jpg")
    place.keys.rotate()
    running = EncryptedStore(place.inner, KeyFile(place.folder / "keys.json"))
    for key in ("alice/1.jpg", "bob/2.jpg"):
        assert read(running, key) == PHOTOGRAPHS[0].read_bytes()
    place.keys.erase("alice")
    for key in ("alice/1.jpg", "bob/2.jpg"):
        with pytest.raises(KeyMissing, match=key):
            read(running, key)
    assert read(running, "bob/1.jpg") == PHOTOGRAPHS[1].read_bytes()
    assert place.store.rewrap().done == 2
    alice.put("alice/1.jpg", PHOTOGRAPHS[0])
    assert read(running, "alice/1.jpg") == PHOTOGRAPHS[0].read_bytes()
    assert b"alice" not in b"".join(read(place.inner, stat.key) for stat in place.inner.list())


def test_a_part_reads_only_its_chunks(place: Place, tmp_path: Path) -> None:
    """Damage elsewhere is not even seen."""
    path = tmp_path / "large"
    path.write_bytes(os.urandom(300_000))
    place.store.put("large", path)
    whole, stat = bytearray(read(place.inner, "large")), place.inner.stat("large")
    assert stat
    whole[250_000] ^= 1
    place.forge("large", bytes(whole), stat.metadata)
    with place.store.get("large", 70_000, 60_000) as chunks:
        assert b"".join(chunks) == path.read_bytes()[70_000:130_000]
    with pytest.raises(ObjectDamaged, match="chunk 3"), place.store.get("large", 240_000, 1) as chunks:
        list(chunks)


def test_nothing_is_left_behind(place: Place, tmp_path: Path) -> None:
    """Of the encrypted file on its way, whatever happens."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    large = tmp_path / "large"
    large.write_bytes(os.urandom(SMALL + 1))
    store = EncryptedStore(place.inner, place.keys, temporary=scratch)
    for path in (PHOTOGRAPHS[0], large):
        store.put("a", path)
        assert read(store, "a") == path.read_bytes()
        with pytest.raises(ObjectDamaged):
            store.put("b", path, sha256="0" * 64)
    assert not list(scratch.iterdir())
    shutil.rmtree(scratch)
    with pytest.raises(OSError, match="scratch"):
        store.put("b", large)


def test_there_is_no_address(place: Place) -> None:
    with pytest.raises(StoreRefused, match=r"one\.jpg"):
        place.store.url("one.jpg", timedelta(minutes=1))
