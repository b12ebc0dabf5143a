"""Encrypts blobs on their way to the disk, in the format of `pixcrawler_core.storage.encryption.format`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pixcrawler_core.errors import BlobDamaged, BlobLocked, ConfigError
from pixcrawler_core.storage.encryption.growing import GrowingObject
from pixcrawler_core.storage.encryption.keys import KeyMissing, Keys
from pixcrawler_core.storage.encryption.sealing import decrypted
from pixcrawler_core.storage.errors import ObjectDamaged

if TYPE_CHECKING:
    from pixcrawler_core.storage.encryption.format import Header


@dataclass(frozen=True)
class BlobCipher:
    """The keys of a workspace's blobs. Each is bound to its SHA-256. Any thread may use it."""

    keys: Keys
    owner: str | None = None
    """Whose data key encrypts new blobs."""
    encrypts: bool = True
    """Whether new blobs are encrypted; if not, those that are can be read all the same."""

    def begin(self) -> GrowingObject:
        """A new encrypted blob. Raises BlobLocked if there are no keys any more."""
        with _locked("no blob can be encrypted"):
            return GrowingObject(self.keys, self.owner)

    def header(self, growing: GrowingObject, sha256: str) -> bytes:
        """The header of a new blob, now that its digest is known. Raises BlobLocked if its key has gone."""
        with _locked("no blob can be encrypted"):
            return growing.header(sha256)

    def decrypt(self, data: Iterable[bytes], sha256: str) -> Iterator[bytes]:
        """The plain bytes of an encrypted blob; each is proven. Raises BlobLocked and BlobDamaged."""
        with _locked("a blob cannot be read"), _damaged(sha256):
            yield from decrypted(iter(data), self.keys, sha256)

    def opens(self, header: Header, sha256: str) -> bool:
        """Whether there is a key that opens a blob."""
        try:
            self.keys.unwrap(header.lock, header.core, sha256)
        except (KeyMissing, ObjectDamaged):
            return False
        return True

    def suits(self, header: Header, sha256: str) -> bool:
        """Whether an encrypted blob may stay when its bytes come again: not if it went with another owner.

        Raises BlobLocked if there are no keys any more.
        """
        if not self.encrypts:
            return self.opens(header, sha256)
        with _locked("no blob can be encrypted"):
            return header.lock.key_id == self.keys.current(self.owner)

    def rewrapped(self, header: Header, sha256: str) -> Header | None:
        """The header with the content key wrapped by the active key; None where it is, or an owner's does.

        None also where the key is missing. Raises BlobDamaged.
        """
        key_id = self.keys.successor(header.lock.key_id)
        if key_id == header.lock.key_id:
            return None
        with _damaged(sha256):
            content_key = self.keys.unwrap(header.lock, header.core, sha256)
        return replace(header, lock=self.keys.wrap(content_key, header.core, sha256, key_id))


@contextmanager
def _locked(what: str) -> Iterator[None]:
    try:
        yield
    except KeyMissing as error:
        raise BlobLocked(f"{what}: {error} (pixcrawler storage keys discard)") from error
    except ConfigError as error:
        raise BlobLocked(f"{what}: {error}") from error


@contextmanager
def _damaged(sha256: str) -> Iterator[None]:
    try:
        yield
    except ObjectDamaged as error:
        raise BlobDamaged(
            f"the encrypted blob {sha256} is damaged; remove its file, and the next run fetches it again"
        ) from error
