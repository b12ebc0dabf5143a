"""What holds of a store of blobs, plain or encrypted."""

from __future__ import annotations

import hashlib
import os
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.blobs.cipher import BlobCipher
from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.blobs.writer import MEMORY
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.storage.encryption.keys import new_ring

CIPHER = BlobCipher(new_ring())
BOTH = pytest.mark.parametrize("cipher", [None, CIPHER], ids=["plain", "encrypted"])


@pytest.fixture(params=[None, CIPHER], ids=["plain", "encrypted"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs", request.param)


def content(store: BlobStore, sha256: str) -> bytes:
    with store.open(sha256) as file:
        return file.read()


def temporaries(store: BlobStore) -> list[Path]:
    return list(store.temporary.iterdir()) if store.temporary.exists() else []


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes: the kernel refuses the write, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_blob_lies_under_its_hash(store: BlobStore) -> None:
    blob = store.put([b"red ", b"panda"])
    sha256 = hashlib.sha256(b"red panda").hexdigest()
    assert (blob.sha256, blob.size) == (sha256, 9)
    name = f"{sha256}.sealed" if store.cipher else sha256
    assert blob.path == store.root / sha256[:2] / name
    assert (blob.path.read_bytes() == b"red panda") == (store.cipher is None)
    assert store.has(sha256)
    assert store.has(sha256, 9)
    assert not store.has(sha256, 8)
    assert store.verify(sha256)
    assert content(store, sha256) == store.file(sha256).read_bytes() == b"red panda"
    assert [(each.sha256, each.path) for each in store.stored()] == [(sha256, blob.path)]
    assert temporaries(store) == []


@BOTH
@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 1000, MEMORY - 1, MEMORY, MEMORY + 1]), max_size=4))
def test_any_chunks_give_the_bytes_they_hold(
    tmp_path_factory: pytest.TempPathFactory, cipher: BlobCipher | None, sizes: list[int]
) -> None:
    store = BlobStore(tmp_path_factory.getbasetemp() / "any-chunks", cipher)
    chunks = [os.urandom(1) * size for size in sizes]
    blob = store.put(chunks)
    assert content(store, blob.sha256) == b"".join(chunks)
    assert blob.size == sum(sizes)
    assert store.has(blob.sha256, sum(sizes))
    assert store.verify(blob.sha256)
    assert temporaries(store) == []


def test_the_same_bytes_are_kept_once(store: BlobStore) -> None:
    first = store.put([b"panda"])
    before = first.path.stat()
    assert store.put([b"pan", b"da"]) == first
    assert first.path.stat().st_ino == before.st_ino
    big = [b"x" * MEMORY, b"y"]
    assert store.put(big) == store.put(big)
    assert temporaries(store) == []


def test_a_blob_that_was_cut_short_is_repaired(store: BlobStore) -> None:
    blob = store.put([b"panda"])
    for length in (0, blob.path.stat().st_size - 1):
        os.truncate(blob.path, length)
        assert not store.has(blob.sha256, blob.size)
        assert not store.verify(blob.sha256)
        store.put([b"panda"])
        assert store.verify(blob.sha256)


def test_changed_and_missing_blobs_do_not_verify(store: BlobStore) -> None:
    blob = store.put([b"panda"])
    changed = bytearray(blob.path.read_bytes())
    changed[-1] ^= 1
    blob.path.write_bytes(changed)
    assert not store.verify(blob.sha256)
    blob.path.unlink()
    assert not store.verify(blob.sha256)
    assert not store.has(blob.sha256)
    with pytest.raises(WorkspaceError, match="cannot read the blob"):
        store.open(blob.sha256)


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "é" * 64]
)
def test_a_name_that_is_no_hash_is_refused(store: BlobStore, name: str) -> None:
    for method in (store.file, store.has, store.remove, store.open, store.verify):
        with pytest.raises(ValueError, match="not a SHA-256"):
            method(name)


def test_little_stays_in_memory_and_much_goes_to_a_file(store: BlobStore) -> None:
    writer = store.spool()
    writer.write(b"x" * MEMORY)
    assert temporaries(store) == []
    writer.write(b"y")
    (path,) = temporaries(store)
    assert abs(path.stat().st_size - MEMORY) < 1000
    writer.discard()
    writer.discard()
    assert temporaries(store) == []


def test_a_source_that_breaks_off_leaves_nothing(store: BlobStore) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * (2 * MEMORY)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put(broken())
    assert temporaries(store) == []


@pytest.mark.parametrize("size", [70_000, 3 * MEMORY])
def test_a_full_disk_is_an_error_and_leaves_nothing(store: BlobStore, size: int) -> None:
    with small_disk(60_000), pytest.raises(WorkspaceError, match=r"cannot write to .*File too large"):
        store.put([b"x" * 1000] * (size // 1000))
    assert temporaries(store) == []
    assert store.put([b"x" * size]).size == size


def test_a_full_disk_discards_what_came_bit_by_bit(store: BlobStore) -> None:
    writer = store.spool()
    with small_disk(60_000), pytest.raises(WorkspaceError, match="cannot write to"):
        writer.write(b"x" * (2 * MEMORY))
    assert temporaries(store) == []
    small = store.spool()
    small.write(b"x" * 70_000)
    with small_disk(60_000), pytest.raises(WorkspaceError, match="cannot write to"):
        small.commit()
    assert temporaries(store) == []


def test_a_place_that_is_no_folder_is_an_error(store: BlobStore) -> None:
    store.root.write_text("a file")
    with pytest.raises(WorkspaceError, match="cannot write to"):
        store.put([b"panda"])


def test_what_is_removed_is_gone(store: BlobStore) -> None:
    blob = store.put([b"panda"])
    store.remove(blob.sha256)
    store.remove(blob.sha256)
    assert not store.has(blob.sha256)
    assert list(store.stored()) == []


def test_what_is_no_blob_is_not_among_them(store: BlobStore) -> None:
    blob = store.put([b"panda"])
    for name in ("notes.txt", f"{blob.sha256}.part", f"{'A' * 64}.sealed"):
        (blob.path.parent / name).write_bytes(b"not ours")
    assert [each.sha256 for each in store.stored()] == [blob.sha256]


def test_many_threads_may_store_the_same_and_different_bytes(store: BlobStore) -> None:
    bodies = [bytes([number % 20]) * 70_000 for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        blobs = list(pool.map(lambda body: store.put([body]), bodies))
    assert len(set(blobs)) == 20
    assert all(store.verify(blob.sha256) for blob in set(blobs))
    assert temporaries(store) == []


def test_leftovers_of_a_killed_process_are_cleaned_by_age(store: BlobStore) -> None:
    assert store.clean() == 0
    blob = store.put([b"panda"])
    old, new = store.temporary / "1-old", store.temporary / "2-new"
    for path in (old, new):
        path.write_bytes(b"left over")
    os.utime(old, (time.time() - 7200,) * 2)
    assert store.clean(min_age=3600) == 1
    assert temporaries(store) == [new]
    assert store.clean() == 1
    assert store.has(blob.sha256)
