"""Blobs that are encrypted: what lies on the disk, mixed stores, keys that are lost, hostile bytes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as Pillow

from pixcrawler_core.blobs.cipher import BlobCipher
from pixcrawler_core.blobs.sealed import SealedBlob
from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.blobs.writer import MEMORY
from pixcrawler_core.errors import BlobDamaged, BlobLocked, DecodeError, WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.encryption.keys import new_ring
from pixcrawler_core.testing.drawings import draw
from pixcrawler_core.testing.images import encode, nasty_images
from tests.core.blobs.conftest import Open

CLEAR = b"the bytes of a picture " * 4
PANDA = hashlib.sha256(b"panda").hexdigest()


def on_disk(store: BlobStore) -> bytes:
    return b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("size", [1, MEMORY, 3 * MEMORY + 5])
def test_no_plain_byte_is_on_the_disk_at_any_moment(opened: Open, size: int) -> None:
    store = opened()
    writer = store.spool()
    for _ in range(-(-size // 100_000)):
        writer.write((CLEAR * 2000)[:100_000])
        assert CLEAR not in on_disk(store)
    blob = writer.commit()
    assert CLEAR not in on_disk(store)
    with store.open(blob.sha256) as file:
        assert file.read(len(CLEAR)) == CLEAR


def test_what_is_cut_off_before_it_is_finished_opens_with_no_key(opened: Open) -> None:
    """What a killed process leaves is encrypted, and its content key is nowhere."""
    store = opened()
    writer = store.spool()
    writer.write(os.urandom(2 * MEMORY))
    (left,) = store.temporary.iterdir()
    sealed = SealedBlob(left, writer.sha256, store.cipher)
    with pytest.raises(BlobDamaged):
        sealed.read_bytes()
    writer.discard()


def test_the_same_bytes_are_encrypted_in_another_way_each_time(opened: Open) -> None:
    store = opened()
    first = store.put([b"panda"]).path.read_bytes()
    store.remove(PANDA)
    assert store.put([b"panda"]).path.read_bytes() != first


def test_hostile_bytes_never_pass_for_an_encrypted_blob(opened: Open, plain: BlobStore) -> None:
    sealed = opened().put([b"panda"]).path.read_bytes()
    for store in (plain, opened(), opened(encrypts=False)):
        blob = store.put([sealed])
        assert store.file(blob.sha256).read_bytes() == sealed
        store.remove(blob.sha256)


def test_an_encrypted_blob_is_bound_to_its_digest(opened: Open) -> None:
    store = opened()
    panda, cat = store.put([b"panda"]), store.put([b"a cat"])
    cat.path.write_bytes(panda.path.read_bytes())
    assert not store.verify(cat.sha256)
    with pytest.raises(BlobDamaged, match="remove its file, and the next run fetches it again"):
        store.open(cat.sha256)


def test_either_kind_is_read_whether_new_ones_are_encrypted_or_not(opened: Open, plain: BlobStore) -> None:
    plain.put([b"panda"])
    opened().put([b"a cat"])
    for store in (opened(), opened(encrypts=False)):
        for content in (b"panda", b"a cat"):
            before = sorted(store.stored(), key=lambda blob: blob.sha256)
            assert store.file(hashlib.sha256(content).hexdigest()).read_bytes() == content
            assert store.put([content]).size == len(content)
            assert sorted(store.stored(), key=lambda blob: blob.sha256) == before


def test_a_plain_blob_that_was_cut_short_makes_room_for_an_encrypted_one(
    opened: Open, plain: BlobStore
) -> None:
    plain.put([b"panda"]).path.write_bytes(b"pan")
    store = opened()
    assert not store.has(PANDA, 5)
    assert store.put([b"panda"]).path.suffix == ".sealed"
    assert len(list(store.stored())) == 1
    assert store.verify(PANDA)


def test_without_its_key_a_blob_is_there_and_cannot_be_read(
    opened: Open, plain: BlobStore, keys: KeyFile
) -> None:
    opened().put([b"panda"])
    told = {plain: "no keys are named: name them as", opened(others=True): keys.ring().active}
    for store, message in told.items():
        assert store.has(PANDA, 5)
        assert isinstance(store.file(PANDA), SealedBlob)
        for read in (store.open, store.verify):
            with pytest.raises(BlobLocked, match=message) as locked:
                read(PANDA)
            assert PANDA in str(locked.value)


def test_a_file_of_keys_that_goes_while_it_is_used_is_told(opened: Open, keys: KeyFile) -> None:
    store = opened()
    store.put([b"panda"])
    keys.path.unlink()
    assert store.has(PANDA, 5)
    for work in (lambda: store.open(PANDA), lambda: store.put([b"a cat"]), lambda: store.put([b"panda"])):
        with pytest.raises(BlobLocked, match="put it back from a copy"):
            work()


@pytest.mark.parametrize("encrypts", [True, False])
def test_bytes_that_come_again_take_the_place_of_what_no_key_opens(opened: Open, encrypts: bool) -> None:
    opened().put([b"panda"])
    store = opened(encrypts=encrypts, others=True)
    store.put([b"panda"])
    assert store.file(PANDA).read_bytes() == b"panda"
    assert len(list(store.stored())) == 1


def test_an_erased_owner_takes_nobody_elses_blobs_along(opened: Open, keys: KeyFile) -> None:
    opened("alice").put([b"panda"])
    opened("alice").put([b"a cat"])
    opened("bob").put([b"panda"])
    keys.erase("alice")
    assert opened().file(PANDA).read_bytes() == b"panda"
    with pytest.raises(BlobLocked, match="if its owner was erased"):
        opened("alice").open(hashlib.sha256(b"a cat").hexdigest())


def test_pictures_decode_as_from_plain_files(opened: Open, tmp_path: Path) -> None:
    store = opened()
    for nasty in nasty_images(tmp_path / "nasty"):
        blob = store.put([nasty.path.read_bytes()])
        assert said(Image(store.file(blob.sha256), blob.sha256, blob.size)) == said(Image.open(nasty.path))


def said(image: Image) -> tuple[object, ...]:
    try:
        return image.header, image.phash, image.pixels.tobytes()
    except DecodeError as error:
        return error.reason, error.detail


def test_an_owner_that_is_erased_while_bytes_come_is_told(opened: Open, keys: KeyFile) -> None:
    writer = opened("alice").spool()
    writer.write(os.urandom(2 * MEMORY))
    keys.erase("alice")
    with pytest.raises(BlobLocked, match="no blob can be encrypted"):
        writer.commit()
    assert list(opened().temporary.iterdir()) == []


def test_an_image_has_a_path_that_is_no_file_on_the_disk(opened: Open) -> None:
    store = opened()
    blob = store.put([encode(draw("panda", (300, 240)), "PNG")])
    image, before = Image(store.file(blob.sha256), blob.sha256, blob.size), on_disk(store)
    path = image.path
    assert path == image.path
    with Pillow.open(path) as picture:
        assert picture.size == (300, 240)
    child = [sys.executable, "-c", "import sys; print(len(open(sys.argv[1], 'rb').read()))", str(path)]
    assert int(subprocess.run(child, capture_output=True, check=True).stdout) == blob.size
    assert on_disk(store) == before
    del image
    assert not path.exists()


def test_a_damaged_blob_is_a_corrupt_picture(opened: Open) -> None:
    blob = opened().put([b"panda"])
    os.truncate(blob.path, blob.path.stat().st_size - 1)
    with pytest.raises(DecodeError) as damaged:
        _ = Image(opened().file(PANDA), PANDA, 5).header
    assert damaged.value.reason == "corrupt"


def test_a_picture_without_its_key_is_no_corrupt_picture(opened: Open, tmp_path: Path) -> None:
    opened().put([b"panda"])
    store = BlobStore(tmp_path / "blobs", BlobCipher(new_ring()))
    image = Image(store.file(PANDA), PANDA, 5)
    for ask in (lambda: image.header, lambda: image.path):
        with pytest.raises(WorkspaceError, match="put the key back from a copy"):
            ask()
