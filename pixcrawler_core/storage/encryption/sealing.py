"""Encrypts and decrypts the bytes of objects, chunk by chunk: for stores, and for files of any kind."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixcrawler_core.storage.encryption.format import (
    CHUNK,
    CHUNK_BITS,
    KEY_BYTES,
    LAST,
    MOST_HEADER,
    NOTE,
    PREFIX_BYTES,
    TAG_BYTES,
    Header,
    Lock,
    read_header,
)
from pixcrawler_core.storage.encryption.keys import Keys
from pixcrawler_core.storage.errors import ObjectDamaged

BLOCK = 1024 * 1024
"""Bytes that are read at once, a whole number of chunks."""

Bytes = bytes | memoryview
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Plain:
    """What was encrypted: bytes, and their SHA-256 in hex."""

    size: int
    sha256: str


class Sealer:
    """Encrypts and decrypts one object. Any thread may use it."""

    def __init__(self, header: Header, content_key: bytes, name: str) -> None:
        """`name` is what messages call the object."""
        self.header = header
        self._cipher = AESGCM(content_key)
        self._core = header.core
        self._name = name

    def encrypt(self, source: IO[bytes], target: IO[bytes]) -> Plain:
        """Write header and chunks of all that a buffered source has. Raises OSError as the files do.

        The digest is taken in a thread beside, of the same bytes.
        """
        target.write(self.header.packed())
        digest, size = hashlib.sha256(), 0
        with ThreadPoolExecutor(1) as beside:
            for block, last in _with_last(_blocks(source)):
                hashed = beside.submit(digest.update, block)
                target.writelines(self.seal(block, size >> self.header.bits, last=last))
                hashed.result()
                size += len(block)
        return Plain(size, digest.hexdigest())

    def whole(self, data: bytes) -> bytes:
        """The object of these bytes: header and chunks."""
        return b"".join((self.header.packed(), *self.seal(data, 0, last=True)))

    def seal(self, block: bytes, number: int, *, last: bool) -> Iterator[bytes]:
        """The encrypted chunks of a block, from `number` on; only the object's `last` may be shorter."""
        view, chunk = memoryview(block), self.header.chunk
        for begin in range(0, max(1, len(block)), chunk):
            flag = LAST if last and begin + chunk >= len(block) else CHUNK
            nonce = self.header.nonce(number + begin // chunk, flag)
            yield self._cipher.encrypt(nonce, view[begin : begin + chunk], self._core)

    def decrypt(self, data: Iterable[bytes], first: int = 0, *, complete: bool = True) -> Iterator[bytes]:
        """The plain bytes of chunks, from the one with the number `first` on.

        With `complete` they go up to the object's last. Raises ObjectDamaged at the first chunk that is not
        as it was written, missing, or not where it was. A thread decrypts while the next bytes are awaited.
        """
        groups = _with_last(_grouped(_sealed_chunks(data, self.header.chunk + TAG_BYTES)))
        group, last = next(groups)
        if last:
            yield from self._opened_group(group, first, LAST if complete else CHUNK)
            return
        number = first + len(group)
        with ThreadPoolExecutor(1) as beside:
            under_way = beside.submit(self._opened_group, group, first, CHUNK)
            for group, last in groups:
                flag = LAST if last and complete else CHUNK
                following = beside.submit(self._opened_group, group, number, flag)
                yield from under_way.result()
                under_way, number = following, number + len(group)
            yield from under_way.result()

    def seal_note(self, note: bytes) -> bytes:
        """Encrypt what is noted beside the object; one note an object, for its nonce is always the same."""
        return self._cipher.encrypt(self.header.nonce(0, NOTE), note, self._core)

    def open_note(self, sealed: bytes) -> bytes:
        """The note. Raises ObjectDamaged."""
        return self._opened(sealed, 0, NOTE)

    def _opened_group(self, group: list[Bytes], number: int, flag: int) -> list[bytes]:
        """The plain bytes of chunks, the last of which has the flag."""
        last = len(group) - 1
        return [
            self._opened(sealed, number + place, flag if place == last else CHUNK)
            for place, sealed in enumerate(group)
        ]

    def _opened(self, sealed: Bytes, number: int, flag: int) -> bytes:
        try:
            return self._cipher.decrypt(self.header.nonce(number, flag), sealed, self._core)
        except (InvalidTag, ValueError):
            what = "what is noted beside it" if flag == NOTE else f"chunk {number}"
            raise ObjectDamaged(
                f"{self._name!r} is damaged: {what} is not as it was encrypted, or missing; put it again"
            ) from None


def new_sealer(keys: Keys, name: str, owner: str | None = None, bits: int = CHUNK_BITS) -> Sealer:
    """For a new object: a content key of its own, wrapped by the current key of the ring or of the owner."""
    content_key, prefix = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(PREFIX_BYTES)
    core = Header(bits, prefix, Lock("", b"", b"")).core
    return Sealer(
        Header(bits, prefix, keys.wrap(content_key, core, name, keys.current(owner))), content_key, name
    )


def sealer_of(header: Header, keys: Keys, name: str) -> Sealer:
    """For an object that there is. Raises KeyMissing, and ObjectDamaged if it is not the one of this name."""
    return Sealer(header, keys.unwrap(header.lock, header.core, name), name)


def parsed(data: bytes, name: str) -> Header:
    """The header that bytes begin with. Raises ObjectDamaged if they are not encrypted."""
    try:
        return read_header(data)
    except ValueError as error:
        raise ObjectDamaged(f"{name!r} cannot be decrypted: {error}; put it again, or delete it") from None


def split(data: Iterator[bytes], name: str) -> tuple[Header, Iterator[bytes]]:
    """The header of an object's bytes, and those that follow. Raises ObjectDamaged."""
    begin = b""
    while len(begin) < MOST_HEADER and (each := next(data, None)) is not None:
        begin += each
    header = parsed(begin, name)
    return header, _chained(begin[len(header.packed()) :], data)


def decrypted(data: Iterator[bytes], keys: Keys, name: str) -> Iterator[bytes]:
    """The plain bytes of a whole object or file. Raises KeyMissing and ObjectDamaged."""
    header, body = split(data, name)
    yield from sealer_of(header, keys, name).decrypt(body)


def plain_size(header: Header, sealed: int, name: str) -> int:
    """Plain bytes of an object by those that it takes. Raises ObjectDamaged if that cannot be."""
    try:
        return header.plain(sealed)
    except ValueError as error:
        raise ObjectDamaged(f"{name!r} is damaged: {error}; put it again") from None


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    """Blocks; one empty block if there is nothing."""
    yield source.read(BLOCK)
    while block := source.read(BLOCK):
        yield block


def _with_last(items: Iterable[ItemT]) -> Iterator[tuple[ItemT, bool]]:
    """Each of at least one item, and whether it is the last."""
    rest = iter(items)
    item = next(rest)
    for following in rest:
        yield item, False
        item = following
    yield item, True


def _sealed_chunks(data: Iterable[bytes], sealed: int) -> Iterator[Bytes]:
    """Chunks of `sealed` bytes, however the data is cut; there is always a last one, which may be shorter."""
    begin: bytes = b""
    for each in data:
        view, at = memoryview(each), 0
        if begin:
            at = sealed - len(begin)
            begin += view[:at]
            if len(view) <= at:
                continue
            yield begin
        while len(view) - at > sealed:
            yield view[at : at + sealed]
            at += sealed
        begin = bytes(view[at:])
    yield begin


def _grouped(chunks: Iterable[Bytes]) -> Iterator[list[Bytes]]:
    """Chunks of a block's bytes together."""
    group: list[Bytes] = []
    size = 0
    for each in chunks:
        if size >= BLOCK:
            yield group
            group, size = [], 0
        group.append(each)
        size += len(each)
    yield group


def _chained(begin: bytes, data: Iterator[bytes]) -> Iterator[bytes]:
    yield begin
    yield from data
