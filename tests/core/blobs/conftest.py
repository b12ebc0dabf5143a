"""A file of keys, and stores of blobs that use it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pixcrawler_core.blobs.cipher import BlobCipher
from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.storage.encryption.keyfile import KeyFile

Open = Callable[..., BlobStore]


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile.create(tmp_path / "keys.json")


@pytest.fixture
def opened(tmp_path: Path, keys: KeyFile) -> Open:
    """Opens the same folder of blobs; by default with the keys, which encrypt."""

    def open_store(owner: str | None = None, *, encrypts: bool = True, others: bool = False) -> BlobStore:
        ring = KeyFile.create(tmp_path / "others.json") if others else keys
        return BlobStore(tmp_path / "blobs", BlobCipher(ring, owner, encrypts=encrypts))

    return open_store


@pytest.fixture
def plain(tmp_path: Path) -> BlobStore:
    """The same folder without keys."""
    return BlobStore(tmp_path / "blobs")
