"""Reads objects of the store `fsspec`: pointers, and the bytes that they point to, block by block."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from pixcrawler_core.storage.bodies import Opened
from pixcrawler_core.storage.errors import ObjectDamaged, ObjectMissing, StoreUnavailable
from pixcrawler_plugins.stores.fsspec_place import Place
from pixcrawler_plugins.stores.fsspec_pointer import POINTER, Pointer

BLOCK = 4 * 1024 * 1024
"""Bytes that are asked for at once."""


class Replaced(StoreUnavailable):
    """The bytes are gone, since the key has others now."""


class Reader:
    """Reads at a place. Any thread may use it; raises the errors of stores."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def pointer(self, key: str) -> Pointer | None:
        """What is known of an object; None if there is none."""
        try:
            data = self._place.read(key, POINTER)
        except ObjectMissing:
            return None
        return Pointer.read(data, key, self._place.name)

    def there(self, key: str) -> Pointer:
        """What is known of an object. Raises ObjectMissing."""
        found = self.pointer(key)
        if found is None:
            raise ObjectMissing(f"there is no object {key!r} in {self._place.name}")
        return found

    def opened(self, key: str, begin: int, length: int | None) -> Opened:
        """The bytes of a part. Raises Replaced if others are put after the first block was read."""
        while True:
            found = self.there(key)
            end = found.size if length is None else min(found.size, begin + length)
            try:
                first = self._block(key, found, begin, end) if begin < end else b""
            except Replaced:
                continue
            return Opened(self._chunks(key, found, first, begin, end), found.metadata)

    def _block(self, key: str, found: Pointer, begin: int, end: int) -> bytes:
        """At most one block; nothing if it is missing."""
        try:
            return self._place.read(key, found.data, begin, min(begin + BLOCK, end))
        except ObjectMissing:
            if self.there(key).data != found.data:
                raise Replaced(f"{key!r} was replaced while it was read; read it again") from None
            return b""

    def _chunks(self, key: str, found: Pointer, first: bytes, begin: int, end: int) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for at in range(begin, end, BLOCK):
            block = first if at == begin else self._block(key, found, at, end)
            if len(block) != min(BLOCK, end - at):
                raise ObjectDamaged(f"{key!r} in {self._place.name} lacks some of its bytes; put it again")
            digest.update(block)
            yield block
        if begin == 0 and end == found.size and digest.hexdigest() != found.sha256:
            raise ObjectDamaged(f"{key!r} in {self._place.name} has other bytes than were put; put it again")
