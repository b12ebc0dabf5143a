"""The store in folders: what is on the disk, crashes, damage, time, and what is put in order."""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from pixcrawler_core.storage.errors import (
    ObjectArchived,
    ObjectDamaged,
    StoreRefused,
    StoreUnavailable,
)
from pixcrawler_core.storage.local.index import NAME
from pixcrawler_core.storage.local.store import LocalStore
from pixcrawler_core.storage.local.telling import reported
from pixcrawler_core.storage.protocols import Availability, Priority, StorageTier
from pixcrawler_core.testing.contracts.store_helping import filed, read
from tests.core.unwritable import enterable, locked_up

PHOTOGRAPHS = sorted((Path(__file__).parents[3] / "examples/photographs").glob("*/*.jpg"))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MEMORY_DISK = Path("/dev/shm")  # noqa: S108  # only where it is there


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[LocalStore]:
    with closing(LocalStore(tmp_path / "store", clock=clock)) as store:
        yield store


@pytest.fixture
def photographs(store: LocalStore) -> list[str]:
    """Keys of photographs that were put."""
    paths = PHOTOGRAPHS[:4]
    for path in paths:
        store.put(f"photographs/{path.name}", path)
    return [f"photographs/{path.name}" for path in paths]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def packs(store: LocalStore, tier: str = "warm") -> list[Path]:
    return list((store.root / tier).glob("*.pack"))


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_hot_objects_are_plain_files(store: LocalStore, photographs: list[str]) -> None:
    assert files(store.root / "hot") == sorted(photographs)
    for key, path in zip(photographs, PHOTOGRAPHS, strict=False):
        stored = store.root / "hot" / key
        assert stored.read_bytes() == path.read_bytes()
        assert stored.stat().st_ino != path.stat().st_ino
    store.delete(photographs)
    assert list((store.root / "hot").iterdir()) == []


def test_a_pack_is_a_zstandard_file(store: LocalStore, photographs: list[str], tmp_path: Path) -> None:
    store.set_tier(photographs, StorageTier.WARM)
    assert files(store.root / "hot") == []
    (pack,) = packs(store)
    data, plain = pack.read_bytes(), b""
    while data:
        decoder = zstd.ZstdDecompressor()
        plain += decoder.decompress(data)
        data = decoder.unused_data
    assert plain == b"".join(path.read_bytes() for path in PHOTOGRAPHS[:4])


@pytest.mark.parametrize(
    "part", [(0, 5), (1_048_570, 20), (1_048_576, 1_048_577), (2_999_990, 99), (5, None)]
)
def test_a_part_of_a_pack_is_read(store: LocalStore, tmp_path: Path, part: tuple[int, int | None]) -> None:
    path = filed(tmp_path, 3_000_000)
    store.put("first", filed(tmp_path, 1000))
    store.put("large", path)
    store.set_tier(["first", "large"], StorageTier.WARM)
    begin, length = part
    end = None if length is None else begin + length
    assert read(store, "large", *part) == path.read_bytes()[begin:end]


def test_what_can_be_smaller_is(store: LocalStore, tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    path.write_text('{"image": "panda.jpg"}\n' * 10_000)
    store.put("manifest.jsonl", path, tier=StorageTier.COLD)
    (pack,) = packs(store, "cold")
    assert pack.stat().st_size < path.stat().st_size / 50
    store.rehydrate(["manifest.jsonl"])
    assert (store.root / "hot/manifest.jsonl").read_text() == path.read_text()
    assert packs(store, "cold") == []


@pytest.mark.parametrize("tier", list(StorageTier))
def test_deleted_bytes_are_gone(store: LocalStore, tmp_path: Path, tier: StorageTier) -> None:
    secret = os.urandom(4096)
    (tmp_path / "secret").write_bytes(secret)
    for key in ("a", "c"):
        store.put(key, filed(tmp_path, 1000))
    store.put("b", tmp_path / "secret")
    store.set_tier(["a", "b", "c"], tier)
    assert any(secret in path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    store.delete(["b"])
    assert not any(secret in path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    assert list(store.check()) == []
    store.rehydrate(["a", "c"])
    assert read(store, "a") == read(store, "c") == filed(tmp_path, 1000).read_bytes()


def test_a_reader_is_not_disturbed(store: LocalStore, tmp_path: Path) -> None:
    path = filed(tmp_path, 5_000_000)
    for key in ("a", "b"):
        store.put(key, path)
    store.set_tier(["a", "b"], StorageTier.WARM)
    with store.get("a") as chunks:
        first = next(chunks)
        store.delete(["a"])
        assert first + b"".join(chunks) == path.read_bytes()
    before = packs(store)[0].read_bytes()
    store.put("c", filed(tmp_path, 10))
    store.delete(["c"])
    assert packs(store)[0].read_bytes() != before
    assert read(store, "b") == path.read_bytes()


def test_keys_that_no_file_can_have(store: LocalStore, tmp_path: Path) -> None:
    keys = ["a/b/c", "a/b", "a", "a/b/c/d", "x" * 300, f"{'y' * 200}/" * 30 + "z"]
    for size, key in enumerate(keys):
        store.put(key, filed(tmp_path, size))
    assert {stat.key: stat.size for stat in store.list()} == {key: size for size, key in enumerate(keys)}
    for tier in (StorageTier.WARM, StorageTier.HOT):
        store.set_tier(keys, tier)
        for size, key in enumerate(keys):
            assert len(read(store, key)) == size
    assert list(store.check(full=True)) == []
    shutil.rmtree(store.root / "index")
    with closing(LocalStore(store.root)) as again:
        assert {stat.key: stat.size for stat in again.list()} == {key: size for size, key in enumerate(keys)}
        assert again.delete(keys) == len(keys)
    assert files(store.root / "hot") == files(store.root / "odd") == []


def test_a_file_of_somebody_else_is_left_alone(store: LocalStore, tmp_path: Path) -> None:
    (store.root / "hot/a").write_text("mine")
    path = filed(tmp_path, 10)
    store.put("a", path)
    assert (store.root / "hot/a").read_text() == "mine"
    assert read(store, "a") == path.read_bytes()
    assert [(each.place, each.key) for each in store.check()] == [("hot/a", None)]


def test_the_time_of_reading_is_kept_hourly(store: LocalStore, photographs: list[str], clock: Clock) -> None:
    def accessed() -> datetime | None:
        stat = store.stat(photographs[0])
        assert stat
        return stat.accessed_at

    assert accessed() is None
    read(store, photographs[0], 0, 1)
    assert accessed() == NOON
    clock.now += timedelta(minutes=59)
    read(store, photographs[0])
    assert accessed() == NOON
    clock.now += timedelta(minutes=1)
    read(store, photographs[0])
    assert accessed() == NOON + timedelta(hours=1)
    store.set_tier(photographs, StorageTier.WARM)
    assert accessed() == NOON + timedelta(hours=1)


def test_rehydration_takes_its_time(tmp_path: Path, clock: Clock) -> None:
    path = filed(tmp_path, 1000)
    with closing(LocalStore(tmp_path / "store", clock=clock, wait=timedelta(hours=5))) as store:
        for key in ("a", "b"):
            store.put(key, path, tier=StorageTier.COLD)
        (asked,) = store.rehydrate(["a"])
        assert asked.ready_at == NOON + timedelta(hours=5)
        clock.now += timedelta(hours=4)
        assert store.rehydrate(["a"])[0].ready_at == asked.ready_at
        with pytest.raises(ObjectArchived, match="from 2026-01-01 17:00:00 UTC on"):
            read(store, "a")
        (urgent,) = store.rehydrate(["b"], Priority.HIGH)
        assert urgent.ready_at is None
        assert read(store, "b") == path.read_bytes()
        clock.now += timedelta(hours=1)
        stat = store.stat("a")
        assert stat
        assert (stat.tier, stat.availability) == (StorageTier.HOT, Availability.READY)
        assert read(store, "a") == path.read_bytes()
    assert files(tmp_path / "store/hot") == ["a", "b"]


def test_the_archive_may_be_on_another_disk(tmp_path: Path) -> None:
    disk = MEMORY_DISK if os.access(MEMORY_DISK, os.W_OK) else tmp_path
    path = filed(tmp_path, 1000)
    cold = disk / f"cold-{os.getpid()}"
    try:
        with closing(LocalStore(tmp_path / "store", cold=cold)) as store:
            store.put("a", path)
            store.set_tier(["a"], StorageTier.COLD)
            assert len(list(cold.glob("*.pack"))) == 1
            assert not (tmp_path / "store/cold").exists()
            store.set_tier(["a"], StorageTier.HOT)
            assert read(store, "a") == path.read_bytes()
    finally:
        shutil.rmtree(cold)


def test_one_that_is_damaged_does_not_hinder_others(store: LocalStore, photographs: list[str]) -> None:
    (store.root / "hot" / photographs[1]).write_bytes(b"something else")
    with pytest.raises(ObjectDamaged, match=r"has 14 bytes, not \d+; delete it, and put it again"):
        store.set_tier(photographs, StorageTier.WARM)
    tiers = [stat.tier for stat in store.list()]
    assert tiers.count(StorageTier.WARM) == 3
    assert store.put(photographs[1], PHOTOGRAPHS[1]).sha256 == digest(PHOTOGRAPHS[1])
    store.set_tier(photographs, StorageTier.WARM)
    assert list(store.check(full=True)) == []


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def cut(path: Path, at: int) -> None:
    os.truncate(path, at)


@pytest.mark.parametrize("harm", [flip, cut])
@pytest.mark.parametrize("at", [5, 1000, 69_995])
def test_a_damaged_pack_is_found(
    store: LocalStore, tmp_path: Path, harm: Callable[[Path, int], None], at: int
) -> None:
    store.put("a", filed(tmp_path, 70_000), tier=StorageTier.WARM)
    harm(packs(store)[0], at)
    with pytest.raises(ObjectDamaged, match="the object 'a' is damaged"):
        read(store, "a")
    assert [each.key for each in store.check(full=True)] == ["a"]


def test_what_got_lost_is_found(store: LocalStore, photographs: list[str], tmp_path: Path) -> None:
    store.put("packed", PHOTOGRAPHS[0], tier=StorageTier.WARM)
    packs(store)[0].unlink()
    (store.root / "hot" / photographs[0]).unlink()
    flip(store.root / "hot" / photographs[1], 100)
    shutil.copyfile(PHOTOGRAPHS[0], store.root / "hot/photographs/stray.jpg")
    quick = {(each.key, each.place.partition("/")[0]) for each in store.check()}
    assert quick == {("packed", "warm"), (photographs[0], "hot"), (None, "hot")}
    assert {each.key for each in store.check(full=True)} == {
        *("packed", photographs[0], photographs[1], None)
    }
    for key in ("packed", photographs[0]):
        with pytest.raises(ObjectDamaged, match="is not there"):
            read(store, key)
    assert {each.key for each in store.repair()} == {"packed", photographs[0]}
    assert read(store, "photographs/stray.jpg") == PHOTOGRAPHS[0].read_bytes()


def test_a_lost_index_is_made_anew(store: LocalStore, photographs: list[str], clock: Clock) -> None:
    store.set_tier(photographs[:1], StorageTier.WARM)
    store.put("cold", PHOTOGRAPHS[5], tier=StorageTier.COLD, metadata={"why": "old"})
    store.set_tier(photographs[1:2], StorageTier.WARM)
    store.set_tier(photographs[1:2], StorageTier.HOT)
    before = [(stat.key, stat.sha256, stat.tier, stat.metadata) for stat in store.list()]
    store.close()
    shutil.rmtree(store.root / "index")
    with closing(LocalStore(store.root, clock=clock)) as again:
        assert [(stat.key, stat.sha256, stat.tier, stat.metadata) for stat in again.list()] == before
        assert list(again.check(full=True)) == []


def test_packs_that_are_mostly_empty_are_written_anew(store: LocalStore, tmp_path: Path) -> None:
    keys = [f"{number}" for number in range(4)]
    for number, key in enumerate(keys):
        store.put(key, filed(tmp_path, 50_000, number))
    store.set_tier(keys, StorageTier.COLD)
    store.delete(keys[1:])
    assert sum(pack.stat().st_size for pack in packs(store, "cold")) > 200_000
    assert store.repair() == []
    assert sum(pack.stat().st_size for pack in packs(store, "cold")) < 60_000
    store.rehydrate(keys[:1])
    assert read(store, "0") == filed(tmp_path, 50_000).read_bytes()


def test_repair_passes_over_what_is_damaged_in_a_pack(store: LocalStore, tmp_path: Path) -> None:
    """It is told; what is sound beside it, and in other packs, is written anew."""
    for name in "ab":
        keys = [f"{name}{number}" for number in range(6)]
        for number, key in enumerate(keys):
            store.put(key, filed(tmp_path, 50_000, number))
        store.set_tier(keys, StorageTier.WARM)
        store.delete(keys[2:])
    first = min(packs(store), key=lambda pack: b'"key": "a0"' not in pack.read_bytes())
    flip(first, 1000)
    assert [each.key for each in store.repair()] == ["a0"]
    assert [each.key for each in store.check(full=True)] == ["a0"]
    sizes = sorted(pack.stat().st_size for pack in packs(store))
    assert [size < 120_000 for size in sizes] == [True, True, False], "the damaged one has its pack"
    assert read(store, "a1") == filed(tmp_path, 50_000, 1).read_bytes()
    assert [each.key for each in store.repair()] == ["a0"]


def test_repair_leaves_times_and_rehydrations_as_they_are(tmp_path: Path, clock: Clock) -> None:
    with closing(LocalStore(tmp_path / "store", clock=clock, wait=timedelta(hours=15))) as store:
        keys = [f"{number}" for number in range(6)]
        for number, key in enumerate(keys):
            store.put(key, filed(tmp_path, 50_000, number))
        store.set_tier(keys, StorageTier.COLD)
        store.rehydrate(keys[:1])
        store.delete(keys[2:])
        before = list(store.list())
        (pack,) = packs(store, "cold")
        clock.now += timedelta(hours=1)
        assert store.repair() == []
        assert not pack.exists(), "it was written anew"
        assert list(store.list()) == before
        clock.now += timedelta(hours=14)
        assert read(store, "0") == filed(tmp_path, 50_000).read_bytes()


def test_old_files_in_the_making_are_removed(store: LocalStore, clock: Clock) -> None:
    old, new = store.root / "tmp/old", store.root / "cold/tmp/new"
    for path, age in ((old, 25), (new, 23)):
        path.touch()
        time = (NOON - timedelta(hours=age)).timestamp()
        os.utime(path, (time, time))
    LocalStore(store.root, clock=clock).close()
    assert not old.exists()
    assert new.exists()


def test_a_full_disk_costs_no_object(store: LocalStore, photographs: list[str], tmp_path: Path) -> None:
    large = filed(tmp_path, 3_000_000)
    before = list(store.list())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))
    try:
        with pytest.raises(StoreUnavailable, match=r"store .* fails.*: File too large; mend that, and"):
            store.put(photographs[0], large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(store.list()) == before
    assert read(store, photographs[0]) == PHOTOGRAPHS[0].read_bytes()
    assert files(store.root / "tmp") == []


def test_an_object_that_cannot_be_noted_leaves_no_file(store: LocalStore, tmp_path: Path) -> None:
    """For nobody could take it down."""
    with closing(sqlite3.connect(store.root / "index" / NAME)) as index:
        index.execute(
            "CREATE TRIGGER full BEFORE INSERT ON object BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        with pytest.raises(StoreUnavailable, match="disk full"):
            store.put("new.jpg", PHOTOGRAPHS[0])
        assert files(store.root / "hot") == files(store.root / "tmp") == []
        index.execute("DROP TRIGGER full")
        index.commit()
    store.put("new.jpg", PHOTOGRAPHS[1])
    assert read(store, "new.jpg") == PHOTOGRAPHS[1].read_bytes()
    assert list(store.check()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_disk_without_room_is_named(tmp_path: Path) -> None:
    full = Path("/dev/full")
    refused = pytest.raises(StoreUnavailable, match=r"is full.*make room, and run the same command")
    with refused, reported(tmp_path), full.open("wb", buffering=0) as file:
        file.write(b"x")


def test_a_place_without_rights_is_refused() -> None:
    refused = pytest.raises(StoreRefused, match="give this user the right to change it")
    with enterable() as folder, locked_up(folder), refused:
        LocalStore(folder / "store")


def test_what_cannot_be_written_to_can_be_read(clock: Clock) -> None:
    with enterable() as folder:
        path = filed(folder, 1000)
        with closing(LocalStore(folder / "store", clock=clock, wait=timedelta(hours=1))) as store:
            for tier in StorageTier:
                store.put(tier.value, path, tier=tier)
            store.rehydrate(["cold"])
            (store.root / "tmp/old").touch()
            os.utime(store.root / "tmp/old", (0, 0))
        clock.now += timedelta(hours=2)
        with locked_up(folder), closing(LocalStore(folder / "store", clock=clock)) as store:
            assert [read(store, stat.key) for stat in store.list()] == [path.read_bytes()] * 3
            assert list(store.check(full=True)) == []
            for change in (lambda: store.put("new", path), lambda: store.set_tier(["hot"], StorageTier.WARM)):
                with pytest.raises(StoreRefused, match="give this user the right to change it"):
                    change()
        with closing(LocalStore(folder / "store", clock=clock)) as store:
            store.put("new", path)
            assert list(store.check(full=True)) == []


@pytest.mark.drill
def test_a_killed_process_leaves_each_object_whole(tmp_path: Path) -> None:
    disk = MEMORY_DISK if os.access(MEMORY_DISK, os.W_OK) else tmp_path
    place = disk / f"dying-{os.getpid()}"
    try:
        told = subprocess.run(
            [sys.executable, "-m", "tests.core.storage.dying", place, "31", str(os.getpid() % 31)],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        deaths = dict(line.split() for line in told.stdout.splitlines())
        assert len(deaths) == 9
        assert all(int(number) > 2 for number in deaths.values()), deaths
    finally:
        shutil.rmtree(place, ignore_errors=True)


class Meddling(Clock):
    """A clock that lets somebody else do something when it is asked for the time again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.doing: dict[int, Callable[[], object]] = {}

    def __call__(self) -> datetime:
        self.calls += 1
        self.doing.pop(self.calls, lambda: None)()
        return self.now


@pytest.mark.parametrize("tier", [StorageTier.WARM, StorageTier.COLD])
def test_what_changes_meanwhile_is_not_moved(tmp_path: Path, tier: StorageTier) -> None:
    clock = Meddling()
    paths = [filed(tmp_path, 5000, seed) for seed in range(4)]
    keys = ["a", "b", "c"]
    with (
        closing(LocalStore(tmp_path / "store", clock=clock)) as store,
        closing(LocalStore(tmp_path / "store")) as other,
    ):
        for key, path in zip(keys, paths, strict=False):
            store.put(key, path)
        last = clock.calls + 1 + len(keys)
        clock.doing = {last: lambda: (other.delete(["a"]), other.put("b", paths[3]))}
        store.set_tier(keys, tier)
        assert clock.doing == {}
        assert {stat.key: stat.tier for stat in store.list()} == {"b": StorageTier.HOT, "c": tier}
        assert read(store, "b") == paths[3].read_bytes()
        stored = b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())
        assert paths[0].read_bytes() not in stored
        assert paths[1].read_bytes() not in stored
        assert list(store.check(full=True)) == []


def test_what_changes_meanwhile_is_not_unpacked(tmp_path: Path) -> None:
    clock = Meddling()
    paths = [filed(tmp_path, 5000, seed) for seed in range(3)]
    with (
        closing(LocalStore(tmp_path / "store", clock=clock)) as store,
        closing(LocalStore(tmp_path / "store")) as other,
    ):
        for key, path in zip("abc", paths, strict=True):
            store.put(key, path)
        store.set_tier(["a", "b"], StorageTier.WARM)
        last = clock.calls + 3
        clock.doing = {last: lambda: (other.delete(["a"]), other.put("b", paths[2]))}
        store.set_tier(["a", "b"], StorageTier.HOT)
        assert clock.doing == {}
        assert [stat.key for stat in store.list()] == ["b", "c"]
        assert read(store, "b") == paths[2].read_bytes()
        assert list(store.check(full=True)) == []
        assert files(store.root / "tmp") == []


def test_two_that_move_the_same_objects(tmp_path: Path) -> None:
    keys = [f"k/{number}" for number in range(30)]
    path = filed(tmp_path, 20_000)
    errors: list[Exception] = []

    def move(tiers: Sequence[StorageTier]) -> None:
        with closing(LocalStore(tmp_path / "store")) as store:
            for tier in tiers:
                try:
                    store.set_tier(keys, tier)
                except Exception as error:  # noqa: BLE001  # told to the test
                    errors.append(error)

    with closing(LocalStore(tmp_path / "store")) as store:
        for key in keys:
            store.put(key, path)
        tiers = [StorageTier.WARM, StorageTier.HOT, StorageTier.COLD, StorageTier.HOT, StorageTier.WARM]
        threads = [threading.Thread(target=move, args=(order,)) for order in (tiers, tiers[1:])]
        for thread in threads:
            thread.start()
        for _ in range(5):
            for key in keys:
                with contextlib.suppress(ObjectArchived):
                    assert read(store, key) == path.read_bytes()
        for thread in threads:
            thread.join()
        assert errors == []
        assert {stat.tier for stat in store.list()} == {StorageTier.WARM}
        assert list(store.check(full=True)) == []
        assert files(store.root / "hot") == []
