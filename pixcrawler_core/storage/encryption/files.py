"""Files encrypted in the format of objects, whole or in part: for any folder, such as one of blobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from pixcrawler_core.storage.encryption.format import MOST_HEADER
from pixcrawler_core.storage.encryption.keys import Keys
from pixcrawler_core.storage.encryption.sealing import BLOCK, Plain, new_sealer, parsed, plain_size, sealer_of
from pixcrawler_core.storage.encryption.spans import part_of


def encrypt_file(
    source: IO[bytes], target: IO[bytes], keys: Keys, name: str, owner: str | None = None
) -> Plain:
    """Write a file's bytes encrypted, to be read by `decrypt_file` under the same name. Raises OSError."""
    return new_sealer(keys, name, owner).encrypt(source, target)


def decrypt_file(
    source: IO[bytes], keys: Keys, name: str, begin: int = 0, length: int | None = None
) -> Iterator[bytes]:
    """Plain bytes of an encrypted file that can be sought, from `begin` on; only their chunks are read.

    Raises KeyMissing, ObjectDamaged and OSError, and ValueError for a negative `begin` or `length`.
    """
    size = source.seek(0, 2)
    source.seek(0)
    header = parsed(source.read(MOST_HEADER), name)
    sealer = sealer_of(header, keys, name)
    part = part_of(header, plain_size(header, size, name), begin, length)
    source.seek(part.offset)
    yield from part.cut(sealer.decrypt(_read(source, part.length), part.first, complete=part.complete))


def _read(source: IO[bytes], length: int) -> Iterator[bytes]:
    while length and (found := source.read(min(length, BLOCK))):
        length -= len(found)
        yield found
