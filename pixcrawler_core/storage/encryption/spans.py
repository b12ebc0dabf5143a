"""Which chunks of an encrypted object hold a part of its plain bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pixcrawler_core.storage.encryption.format import TAG_BYTES, Header
from pixcrawler_core.storage.keys import check_range


@dataclass(frozen=True, slots=True)
class Span:
    """Which encrypted bytes hold a part of the plain ones."""

    offset: int
    """Of the first chunk in the encrypted object."""
    length: int
    """Encrypted bytes of all chunks."""
    first: int
    """The number of the first chunk."""
    complete: bool
    """Whether the object's last chunk is among them."""
    skip: int
    """Plain bytes of the first chunk that are left out."""
    size: int
    """Plain bytes that are asked for."""

    def cut(self, plain: Iterator[bytes]) -> Iterator[bytes]:
        """What was asked for of the plain bytes of the chunks; all of these are read, and so proven."""
        skip, left = self.skip, self.size
        for each in plain:
            found = each[skip : skip + left]
            skip, left = max(0, skip - len(each)), left - len(found)
            if found:
                yield found


def part_of(header: Header, size: int, begin: int, length: int | None) -> Span:
    """Where a part of an object of `size` plain bytes lies. Raises ValueError for what is negative."""
    check_range(begin, length)
    begin = min(begin, size)
    end = size if length is None else min(size, begin + length)
    chunks = header.chunks(size)
    first = min(begin >> header.bits, chunks - 1)
    behind = max(first + 1, header.chunks(end))
    complete = behind == chunks
    offset = len(header.packed()) + first * (header.chunk + TAG_BYTES)
    until = header.sealed(size) if complete else offset + (behind - first) * (header.chunk + TAG_BYTES)
    return Span(offset, until - offset, first, complete, begin - (first << header.bits), end - begin)
