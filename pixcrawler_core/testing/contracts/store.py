"""What holds for stores."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.components import Storage
from pixcrawler_core.storage.errors import ObjectDamaged, ObjectMissing, StoreError, StoreRefused
from pixcrawler_core.storage.protocols import Availability, Stat, StorageTier, Store
from pixcrawler_core.testing.contracts.exporter import HOSTILE_NAMES
from pixcrawler_core.testing.contracts.part import PartContract
from pixcrawler_core.testing.contracts.store_archive import ArchiveContract
from pixcrawler_core.testing.contracts.store_crowd import CrowdContract
from pixcrawler_core.testing.contracts.store_helping import filed, read

ODD_KEYS = (
    *("-", "A", "a", "a b", "a-b", "a.b", "a/b", "a/b/c", "a/ä", "a0", "aa", "b%20c?d#e&f=g+h", "x.tmp"),
    *("~", "ß", "ü", "u\u0308", "赤いパンダ/01.jpg", "\ufb01", "\U0001f43c", "c" * 200, "d/" * 60 + "e"),
)
"""Keys that every store must tell apart; `a/b` is an object, and the beginning of another."""
PREFIXES = ("", "a", "a/", "a/b", "a/b/", "b%", "赤", "\U0001f43c", "zz", "../", "/", "\\", "c" * 201)

HOSTILE_METADATA: tuple[Mapping[str, str], ...] = (
    *({"a b": "x"}, {"": "x"}, {"ä": "x"}, {"a": "x\r\ny"}, {"a": "x" * 9999}),
)
"""What is kept with an object must be short text under plain names."""


class StoreContract(ArchiveContract, CrowdContract, PartContract):
    """What holds for every store. Without `component`, as for what wraps a store, override `opened`."""

    component: Storage

    def table(self, folder: Path) -> Mapping[str, Any]:
        """The options of a store whose place belongs to a folder: the same place for the same folder."""
        return {**self.options, "path": str(folder)}

    def opened(self, folder: Path) -> Store:
        """The store whose place belongs to a folder; empty when it is opened for the first time."""
        model = self.component.options
        store: Store = self.component.build(model(**self.table(folder)) if model else None)
        return store

    def spoil(self, store: Store, folder: Path, key: str) -> bool:
        """Change a stored byte of an object without a word; False if a test cannot do that here."""
        return False

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """An empty store."""
        store = self.opened(tmp_path / "place")
        yield store
        store.close()
        store.close()

    def test_what_was_put_is_there(self, store: Store, tmp_path: Path) -> None:
        """With everything that is known of it, whatever becomes of the file that it was put from."""
        for size in (0, 1, 100_000, 3_000_000):
            path = filed(tmp_path, size)
            data = path.read_bytes()
            metadata = {"dataset": "red-pandas", "Version_2": "ümläut"}
            put = store.put("d/image.jpg", path, metadata=metadata)
            path.write_bytes(b"changed in place")
            stat = store.stat("d/image.jpg")
            assert stat
            assert (stat.key, stat.size) == ("d/image.jpg", size)
            assert stat.sha256 == put.sha256 == hashlib.sha256(data).hexdigest()
            assert (stat.tier, stat.availability) == (StorageTier.HOT, Availability.READY)
            assert dict(stat.metadata) == metadata
            assert stat.modified_at.utcoffset() == timedelta(0)
            assert read(store, "d/image.jpg") == data

    @pytest.mark.parametrize("size", [0, 1000, 3_000_000])
    def test_bytes_can_be_put(self, store: Store, tmp_path: Path, size: int) -> None:
        """As a file can be; both are the same object, and are checked alike."""
        path = filed(tmp_path, size)
        data = path.read_bytes()
        put = store.put("a", data, metadata={"kind": "image"})
        assert (put.size, put.sha256) == (size, hashlib.sha256(data).hexdigest())
        assert store.put("a", path, metadata={"kind": "image"}) == put == store.stat("a")
        assert read(store, "a") == data
        with pytest.raises(ObjectDamaged):
            store.put("a", b"other", sha256=put.sha256)
        assert read(store, "a") == data

    @pytest.mark.parametrize("part", [(0, None), (5, 10), (10_000, None)])
    def test_metadata_comes_with_the_bytes(
        self, store: Store, tmp_path: Path, part: tuple[int, int | None]
    ) -> None:
        """Of any part, also of none."""
        store.put("a", filed(tmp_path, 10_000), metadata={"kind": "image"})
        with store.get("a", *part) as opened:
            assert dict(opened.metadata) == {"kind": "image"}

    def test_a_file_is_checked(self, store: Store, tmp_path: Path) -> None:
        """Against the digest that it must have; an earlier object stays if it has another."""
        path = filed(tmp_path, 1000)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert store.put("key", path, sha256=digest).sha256 == digest
        other = filed(tmp_path, 2000)
        with pytest.raises(ObjectDamaged):
            store.put("key", other, sha256=digest)
        with pytest.raises(ObjectDamaged):
            store.put("new", other, sha256=digest)
        assert [stat.sha256 for stat in store.list()] == [digest]

    def test_the_same_again_changes_nothing(self, store: Store, tmp_path: Path) -> None:
        """Other bytes, another tier or other metadata do."""
        path = filed(tmp_path, 1000)
        first = store.put("key", path, metadata={"a": "1"})
        assert store.put("key", path, metadata={"a": "1"}) == first == store.stat("key")
        assert store.put("key", path, metadata={"a": "2"}).metadata == {"a": "2"}
        again = filed(tmp_path, 500)
        assert store.put("key", again).size == 500
        assert read(store, "key") == again.read_bytes()
        assert [stat.key for stat in store.list()] == ["key"]

    @pytest.mark.parametrize(
        "part", [(0, None), (0, 0), (0, 10), (5, 10), (9990, 50), (10_000, 5), (20_000, None), (9999, None)]
    )
    def test_a_part_is_read(self, store: Store, tmp_path: Path, part: tuple[int, int | None]) -> None:
        """From a byte on, as many as are asked for or as there are."""
        path = filed(tmp_path, 10_000)
        store.put("key", path)
        begin, length = part
        end = None if length is None else begin + length
        assert read(store, "key", begin, length) == path.read_bytes()[begin:end]

    @pytest.mark.parametrize("part", [(-1, None), (0, -1)])
    def test_what_is_no_range_is_refused(
        self, store: Store, tmp_path: Path, part: tuple[int, int | None]
    ) -> None:
        """With a ValueError."""
        store.put("key", filed(tmp_path, 10))
        with pytest.raises(ValueError, match="range"):
            read(store, "key", *part)

    def test_keys_are_told_apart_and_in_order(self, store: Store, tmp_path: Path) -> None:
        """By code points, for any prefix, when it is opened again too."""
        stats = {key: store.put(key, filed(tmp_path, size)) for size, key in enumerate(ODD_KEYS)}
        for prefix in PREFIXES:
            wanted = [key for key in sorted(ODD_KEYS) if key.startswith(prefix)]
            assert [stat.key for stat in store.list(prefix)] == wanted, prefix
        assert {stat.key: stat.size for stat in store.list()} == {
            key: each.size for key, each in stats.items()
        }
        for size, key in enumerate(ODD_KEYS):
            assert len(read(store, key)) == size
        assert store.delete(ODD_KEYS[::2]) == len(ODD_KEYS[::2])
        assert [stat.key for stat in store.list()] == sorted(ODD_KEYS[1::2])

    def test_what_is_deleted_is_gone(self, store: Store, tmp_path: Path) -> None:
        """Keys that are not there are passed over."""
        for key in ("a", "b/c", "b/d"):
            store.put(key, filed(tmp_path, 10))
        assert store.delete(["b/c", "nowhere", "a"]) == 2
        assert store.delete(["b/c"]) == store.delete([]) == 0
        assert [stat.key for stat in store.list()] == ["b/d"]
        assert store.stat("a") is None

    def test_what_is_not_there_is_missing(self, store: Store) -> None:
        """Whatever is to be done with it."""
        assert store.stat("nowhere") is None
        with pytest.raises(ObjectMissing, match="nowhere"), store.get("nowhere"):
            pass
        with pytest.raises(ObjectMissing, match="nowhere"):
            store.copy("nowhere", "elsewhere")

    def test_a_copy_is_another_object(self, store: Store, tmp_path: Path) -> None:
        """With the same bytes and metadata, in the place of what was there."""
        path = filed(tmp_path, 1000)
        store.put("a", path, metadata={"kind": "image"})
        store.put("b/c", filed(tmp_path, 10))
        for _ in range(2):
            copied = store.copy("a", "b/c")
            assert _alike(copied) == _alike(store.put("a", path, metadata={"kind": "image"}))
        store.delete(["a"])
        assert read(store, "b/c") == path.read_bytes()

    @pytest.mark.parametrize("key", HOSTILE_NAMES)
    def test_hostile_keys_are_refused(self, store: Store, tmp_path: Path, key: str) -> None:
        """Each with a ValueError, and nothing is written anywhere."""
        path = filed(tmp_path, 10)
        store.put("a", path)
        for ask in (
            lambda: store.put(key, path),
            lambda: read(store, key),
            lambda: store.stat(key),
            lambda: store.delete([key]),
            lambda: store.copy("a", key),
            lambda: store.copy(key, "b"),
        ):
            with pytest.raises(ValueError, match=r"name|key"):
                ask()
        assert [stat.key for stat in store.list()] == ["a"]

    @pytest.mark.parametrize("metadata", HOSTILE_METADATA)
    def test_hostile_metadata_is_refused(
        self, store: Store, tmp_path: Path, metadata: dict[str, str]
    ) -> None:
        """With a ValueError."""
        with pytest.raises(ValueError, match="metadata"):
            store.put("a", filed(tmp_path, 10), metadata=metadata)

    def test_damage_is_found(self, store: Store, tmp_path: Path) -> None:
        """By a read from the first byte to the last."""
        store.put("a", filed(tmp_path, 100_000))
        if not self.spoil(store, tmp_path / "place", "a"):
            pytest.skip("a test cannot reach what this store keeps")
        with pytest.raises(ObjectDamaged, match="a"):
            read(store, "a")

    def test_an_address_is_one_or_is_refused(self, store: Store, tmp_path: Path) -> None:
        """With a reason."""
        store.put("a b/ä.jpg", filed(tmp_path, 10))
        try:
            address = store.url("a b/ä.jpg", timedelta(minutes=5))
        except StoreRefused as error:
            assert "a b/ä.jpg" in str(error)  # noqa: PT017  # it may be refused, or not
        else:
            assert address.startswith(("http://", "https://"))
            assert address.isascii()

    def test_a_file_that_is_not_there_is_told(self, store: Store, tmp_path: Path) -> None:
        """As one of the store's errors, or the system's own."""
        with pytest.raises((StoreError, OSError), match=r"nothing\.jpg"):
            store.put("a", tmp_path / "nothing.jpg")
        assert store.stat("a") is None


def _alike(stat: Stat) -> tuple[object, ...]:
    return stat.size, stat.sha256, stat.tier, stat.availability, dict(stat.metadata)
