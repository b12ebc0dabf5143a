"""A store around a store: what goes in is encrypted on the way, what comes out is decrypted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from pixcrawler_core.storage.bodies import Body, Opened, digest_of, named, size_of
from pixcrawler_core.storage.encryption.envelope import (
    ENVELOPE,
    Envelope,
    Note,
    envelope,
    envelope_in,
    envelope_of,
)
from pixcrawler_core.storage.encryption.format import CHUNK_BITS, Header
from pixcrawler_core.storage.encryption.keys import Keys
from pixcrawler_core.storage.encryption.scratch import gathered, sealed
from pixcrawler_core.storage.encryption.sealing import (
    new_sealer,
    plain_size,
    sealer_of,
    split,
)
from pixcrawler_core.storage.encryption.spans import part_of
from pixcrawler_core.storage.encryption.telling import lock_of, plain_of, told
from pixcrawler_core.storage.errors import ObjectArchived, ObjectDamaged, ObjectMissing, StoreRefused
from pixcrawler_core.storage.keys import check_key, check_metadata, check_range
from pixcrawler_core.storage.protocols import Priority, Rehydration, Stat, StorageTier, Store


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """What `EncryptedStore.rewrap` did."""

    done: int
    """Objects that the active key opens now."""
    archived: tuple[str, ...]
    """Keys of objects that wait for their rehydration: rewrap them then, and keep the old key until that."""


class EncryptedStore:
    """Encrypts objects before the store around which it is gets them; see docs/storage.md for the format.

    Keys of objects, their sizes and tiers are not hidden; bytes, digest and metadata are. Each object is
    bound to its key, so `copy` reads and writes the object again, without decrypting it. `inner` is the store
    around which it is.

    Objects whose encryption key is missing, that are damaged or not encrypted are still listed, as `refused`
    and without metadata, and can be moved, deleted and replaced; reading one raises KeyMissing or
    ObjectDamaged. Their digest is empty, but for what is not encrypted, which has that of its bytes.
    """

    def __init__(
        self,
        store: Store,
        keys: Keys,
        *,
        owner: str | None = None,
        bits: int = CHUNK_BITS,
        temporary: Path | None = None,
    ) -> None:
        """With `owner`, new objects are encrypted by the data key of that owner, to be erased as one.

        Chunks have two to the power of `bits` bytes. Encrypted files lie in the folder `temporary` until the
        store has taken them; None for the system's.
        """
        self.inner, self._keys = store, keys
        self._owner, self._bits, self._temporary = owner, bits, temporary

    def put(
        self,
        key: str,
        body: Body,
        *,
        sha256: str | None = None,
        tier: StorageTier = StorageTier.HOT,
        metadata: Mapping[str, str] = MappingProxyType({}),
    ) -> Stat:
        """See `Store`. Each new `put` of a file gives other encrypted bytes: none is taken up half-way."""
        check_key(key)
        check_metadata(metadata)
        known = self._known(key, body, tier, metadata)
        if known is not None and sha256 in (None, known.sha256):
            return known
        sealer = new_sealer(self._keys, key, self._owner, self._bits)
        with sealed(sealer, body, self._temporary) as (plain, encrypted):
            if sha256 not in (None, plain.sha256):
                raise ObjectDamaged(
                    f"{named(body)} has the SHA-256 {plain.sha256}, not {sha256}; make the file anew"
                )
            beside = envelope(sealer, Note(plain, dict(metadata)))
            stat = self.inner.put(key, encrypted, tier=tier, metadata=beside.packed())
        return replace(stat, size=plain.size, sha256=plain.sha256, metadata=MappingProxyType(dict(metadata)))

    @contextmanager
    def get(self, key: str, begin: int = 0, length: int | None = None) -> Iterator[Opened]:
        """See `Store`. Every chunk of bytes is proven before it is given out, also of a part."""
        check_range(begin, length)
        if begin == 0 and length is None:
            with self.inner.get(key) as data:
                beside = envelope_in(data.metadata, key)
                sealer = sealer_of(beside.header, self._keys, key)
                chunks = sealer.decrypt(_body(data, beside.header, key))
                yield Opened(chunks, beside.opened(sealer).metadata)
            return
        found = self.inner.stat(key)
        if found is None:
            raise ObjectMissing(f"there is no object {key!r}")
        beside = envelope_of(found)
        sealer = sealer_of(beside.header, self._keys, key)
        part = part_of(beside.header, plain_size(beside.header, found.size, key), begin, length)
        with self.inner.get(key, part.offset, part.length) as data:
            chunks = part.cut(sealer.decrypt(data, part.first, complete=part.complete))
            yield Opened(chunks, beside.opened(sealer).metadata)

    def stat(self, key: str) -> Stat | None:
        """See `Store`."""
        found = self.inner.stat(key)
        return None if found is None else told(found, self._keys)

    def list(self, prefix: str = "") -> Iterator[Stat]:
        """See `Store`."""
        return (told(stat, self._keys) for stat in self.inner.list(prefix))

    def delete(self, keys: Sequence[str]) -> int:
        """See `Store`."""
        return self.inner.delete(keys)

    def copy(self, source: str, target: str) -> Stat:
        """See `Store`."""
        check_key(target)
        found = self.inner.stat(source)
        if found is None:
            raise ObjectMissing(f"there is no object {source!r}")
        plain = plain_of(found, self._keys)
        if source == target:
            return plain
        return replace(
            self._rewritten(found, target), size=plain.size, sha256=plain.sha256, metadata=plain.metadata
        )

    def rewrap(self, prefix: str = "") -> Rewrapped:
        """Wrap by the active key the content keys that older keys wrapped; nothing is decrypted.

        Objects are written again, since stores change no part of one. Those of owners are left alone, and
        those that are not encrypted.
        """
        done, archived = 0, []
        sealed = [stat for stat in self.inner.list(prefix) if ENVELOPE in stat.metadata]
        for stat in [stat for stat in sealed if self._outdated(stat)]:
            try:
                self._rewritten(stat, stat.key)
                done += 1
            except ObjectArchived:
                archived.append(stat.key)
            except ObjectMissing:  # what was put meanwhile has the active key already
                continue
        return Rewrapped(done, tuple(archived))

    def for_owner(self, owner: str) -> EncryptedStore:
        """The same store for whose new objects are encrypted by the data key of this owner."""
        return EncryptedStore(self.inner, self._keys, owner=owner, bits=self._bits, temporary=self._temporary)

    def held_by(self, key_id: str) -> Iterator[str]:
        """Keys of the objects that this encryption key opens, of all that the store has."""
        return (stat.key for stat in self.inner.list() if lock_of(stat) == key_id)

    def adopt(self, key: str) -> None:
        """Wrap the content key of an object by the key for new objects, unless it is; nothing is decrypted.

        The object is written again. One that is gone is left alone. Raises KeyMissing and ObjectArchived.
        """
        found, key_id = self.inner.stat(key), self._keys.current(self._owner)
        if found is None or lock_of(found) == key_id:
            return
        with suppress(ObjectMissing):
            self._rewritten(found, key, key_id)

    def set_tier(self, keys: Sequence[str], tier: StorageTier) -> None:
        """See `Store`."""
        self.inner.set_tier(keys, tier)

    def rehydrate(self, keys: Sequence[str], priority: Priority = Priority.STANDARD) -> Sequence[Rehydration]:
        """See `Store`."""
        return self.inner.rehydrate(keys, priority)

    def url(self, key: str, lifetime: timedelta) -> str:
        """See `Store`: always refused, for nobody could read what is there."""
        raise StoreRefused(
            f"{key!r} has no address to give away: it is encrypted; get it, and pass the file on"
        )

    def close(self) -> None:
        """See `Store`."""
        self.inner.close()

    def _known(self, key: str, body: Body, tier: StorageTier, metadata: Mapping[str, str]) -> Stat | None:
        """The object that has the file's bytes, tier, metadata and the right encryption key already."""
        found = self.inner.stat(key)
        if found is None or found.tier != tier:
            return None
        try:
            plain = plain_of(found, self._keys)
        except ObjectDamaged:
            return None
        same = plain.size == size_of(body) and dict(plain.metadata) == dict(metadata)
        if not same or envelope_of(found).header.lock.key_id != self._keys.current(self._owner):
            return None
        return plain if digest_of(body) == plain.sha256 else None

    def _outdated(self, stat: Stat) -> bool:
        key_id = envelope_of(stat).header.lock.key_id
        return self._keys.successor(key_id) != key_id

    def _rewritten(self, stat: Stat, target: str, key_id: str | None = None) -> Stat:
        """Put an object under a key, its content key wrapped for it by `key_id` or its kind's current key."""
        found = envelope_of(stat)
        content_key = self._keys.unwrap(found.header.lock, found.header.core, stat.key)
        key_id = key_id or self._keys.successor(found.header.lock.key_id)
        lock = self._keys.wrap(content_key, found.header.core, target, key_id)
        header = replace(found.header, lock=lock)
        with self.inner.get(stat.key) as data:
            chunks = chain((header.packed(),), _body(data, found.header, stat.key))
            with gathered(chunks, stat.size, self._temporary) as encrypted:
                self._check_same(stat)
                beside = Envelope(header, found.sealed)
                return self.inner.put(target, encrypted, tier=stat.tier, metadata=beside.packed())

    def _check_same(self, stat: Stat) -> None:
        """Raise ObjectMissing unless the object is the one that was read; no store puts on a condition."""
        now = self.inner.stat(stat.key)
        if now is None or now.metadata != stat.metadata:
            raise ObjectMissing(f"{stat.key!r} was replaced or deleted meanwhile; try again")


def _body(data: Iterator[bytes], header: Header, key: str) -> Iterator[bytes]:
    """An object's chunks, if it is the one that the header in the store's metadata belongs to."""
    found, body = split(data, key)
    if found.core != header.core:
        raise ObjectDamaged(f"{key!r} is damaged, or was replaced meanwhile; try again")
    return body
