"""Plain blobs are encrypted, keys wrapped anew, and what no key opens is found."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.blobs.upkeep import is_locked, plain_blobs, rewrap, seal
from pixcrawler_core.blobs.writer import MEMORY
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from tests.core.blobs.conftest import Open

SEAL = """
import sys
from pathlib import Path
from pixcrawler_core.blobs.cipher import BlobCipher
from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.blobs.upkeep import plain_blobs, seal
from pixcrawler_core.storage.encryption.keyfile import KeyFile
folder = Path(sys.argv[1])
store = BlobStore(folder / "blobs", BlobCipher(KeyFile(folder / "keys.json")))
for blob in plain_blobs(store):
    seal(store, blob)
    print(blob.sha256, flush=True)
"""


def contents(store: BlobStore) -> list[bytes]:
    return [store.file(blob.sha256).read_bytes() for blob in store.stored()]


@pytest.mark.parametrize("size", [0, 5, 2 * MEMORY + 1])
def test_a_plain_blob_is_encrypted(opened: Open, plain: BlobStore, size: int) -> None:
    data = random.Random(size).randbytes(size)
    blob = plain.put([data])
    store = opened()
    assert plain_blobs(store) == [blob]
    assert seal(store, blob)
    assert plain_blobs(store) == []
    assert not blob.path.exists()
    assert store.file(blob.sha256).read_bytes() == data
    assert list(store.temporary.iterdir()) == []


def test_a_damaged_one_is_left_as_it_is(opened: Open, plain: BlobStore) -> None:
    blob = plain.put([b"panda"])
    blob.path.write_bytes(b"panga")
    assert not seal(opened(), blob)
    assert [each.path for each in opened().stored()] == [blob.path]
    assert list(plain.temporary.iterdir()) == []


def test_killed_at_any_moment_it_goes_on(
    opened: Open, plain: BlobStore, keys: KeyFile, tmp_path: Path
) -> None:
    bodies = [os.urandom(20_000) for _ in range(100)]
    for body in bodies:
        plain.put([body])
    for number in (1, 10, 20):
        script = [sys.executable, "-c", SEAL, str(tmp_path)]
        with subprocess.Popen(script, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(number):
                assert process.stdout.readline()
            process.send_signal(signal.SIGKILL)
    store = opened()
    left = plain_blobs(store)
    assert 0 < len(left) <= len(bodies) - 31
    for blob in left:
        assert seal(store, blob)
    assert sorted(contents(store)) == sorted(bodies)
    headers = [blob.header() for blob in store.sealed()]
    assert {header and header.lock.key_id for header in headers} == {keys.ring().active}


@pytest.mark.parametrize("size", [5, 2 * MEMORY])
def test_rotation_can_finish(opened: Open, keys: KeyFile, size: int) -> None:
    store, old = opened(), keys.ring().active
    data = random.Random(size).randbytes(size)
    body = store.put([data]).path.read_bytes()
    keys.rotate()
    (blob,) = store.sealed()
    assert store.cipher is not None
    assert rewrap(store, store.cipher, blob)
    assert not rewrap(store, store.cipher, blob)
    keys.remove(old)
    assert contents(store) == [data]
    assert blob.path.read_bytes()[-size:] == body[-size:]
    assert list(store.temporary.iterdir()) == []


def test_owners_blobs_need_not_be_wrapped_anew(opened: Open, keys: KeyFile) -> None:
    store, old = opened("alice"), keys.ring().active
    store.put([b"panda"])
    keys.rotate()
    assert store.cipher is not None
    assert not any(rewrap(store, store.cipher, blob) for blob in store.sealed())
    keys.remove(old)
    assert contents(store) == [b"panda"]


def test_what_no_key_opens_is_found_and_not_touched(opened: Open, keys: KeyFile) -> None:
    opened("alice").put([b"panda"])
    store = opened()
    store.put([b"a cat"])
    broken = store.put([b"a dog"]).path
    broken.write_bytes(b"no header")
    keys.erase("alice")
    keys.rotate()
    assert store.cipher is not None
    locked = {blob.sha256 for blob in store.sealed() if is_locked(store.cipher, blob)}
    assert locked == {hashlib.sha256(each).hexdigest() for each in (b"panda", b"a dog")}
    assert [rewrap(store, store.cipher, blob) for blob in store.sealed()].count(True) == 1
