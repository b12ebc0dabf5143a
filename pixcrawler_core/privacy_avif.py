"""Blanks metadata in an AVIF where they lie, so that nothing moves, for `pixcrawler_core.privacy`."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_NO_EXIF = bytes(4) + b"MM\0*" + struct.pack(">IHI", 8, 0, 0)
"""EXIF without a tag, as an item holds it: decoders refuse one that is no TIFF at all."""
_DROPPED = (b"uuid", b"free", b"skip")
"""Boxes that may hold anything and that no pixel needs."""
_TEXTS = (b"Exif", b"mime", b"uri ")
"""Types of items that are no pictures."""

_Box = tuple[bytes, int, int]
"""Type, and where the content begins and ends."""


def strip_avif(data: bytes) -> bytes:
    """The same file with empty EXIF and blank XMP (ISO/IEC 14496-12 and 23008-12). Raises ValueError."""
    blank = bytearray(data)
    metas = 0
    for name, start, end in _boxes(data, 0, len(data)):
        if name == b"moov":
            raise ValueError("it is a sequence of pictures")
        if name == b"meta":
            metas += 1
            _blank_items(blank, data, start + 4, end)
        if name in _DROPPED:
            blank[start:end] = bytes(end - start)
    if metas != 1:
        raise ValueError("it has no single list of its items")
    return bytes(blank)


def _boxes(data: bytes, place: int, end: int) -> Iterator[_Box]:
    while place + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, place)
        start = place + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        stop = end if size == 0 else place + size
        if not start <= stop <= end:
            raise ValueError(f"the box {name!r} says that it has {size} bytes")
        yield name, start, stop
        place = stop


def _blank_items(blank: bytearray, data: bytes, place: int, end: int) -> None:
    """Blank the items of one `meta` box that are texts."""
    parts = {name: (start, stop) for name, start, stop in _boxes(data, place, end)}
    if b"iinf" not in parts or b"iloc" not in parts:
        raise ValueError("its items have no places")
    texts = dict(_texts(data, *parts[b"iinf"]))
    store = parts.get(b"idat", (0, 0))[0]
    for item, start, length in _extents(data, parts[b"iloc"][0], store):
        if item not in texts or not length:
            continue
        if start + length > len(data):
            raise ValueError(f"the item {item} lies behind the end")
        content = _NO_EXIF if texts[item] == b"Exif" and length >= len(_NO_EXIF) else b""
        blank[start : start + length] = content.ljust(length, b"\0")


def _texts(data: bytes, place: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Number and type of each item that is no picture."""
    wide = data[place] > 0
    for name, start, _ in _boxes(data, place + (8 if wide else 6), end):
        if name == b"infe":
            number = ">I" if data[start] > 2 else ">H"
            (item,) = struct.unpack_from(number, data, start + 4)
            kind = data[start + 6 + struct.calcsize(number) :][:4]
            if kind in _TEXTS:
                yield item, kind


def _extents(data: bytes, place: int, store: int) -> Iterator[tuple[int, int, int]]:
    """Item, beginning in the file and length of each piece of data."""
    version, sizes, more = data[place], data[place + 4], data[place + 5]
    cursor = _Cursor(data, place + 6)
    for _ in range(cursor.take(4 if version > 1 else 2)):
        item = cursor.take(4 if version > 1 else 2)
        method = cursor.take(2) & 15 if version else 0
        cursor.take(2)
        base = cursor.take(more >> 4) + (store if method == 1 else 0)
        if method > 1:
            raise ValueError(f"the item {item} lies within another")
        for _ in range(cursor.take(2)):
            cursor.take(more & 15 if version else 0)
            start = base + cursor.take(sizes >> 4)
            yield item, start, cursor.take(sizes & 15) or len(data) - start


class _Cursor:
    """Takes whole numbers of any size out of bytes, one after the other."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data = data
        self._place = place

    def take(self, size: int) -> int:
        """The next number of `size` bytes, 0 for none. Raises ValueError at the end."""
        found = self._data[self._place : self._place + size]
        if len(found) < size:
            raise ValueError("its list of items ends early")
        self._place += size
        return int.from_bytes(found)
