"""Writes a TIFF anew with nothing but what its pixels need (TIFF 6.0), for `pixcrawler_core.privacy`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of each type of value."""
_PARTS = {273: 279, 324: 325}
"""Where strips and tiles lie, with the tags of their lengths."""
_NEEDED = frozenset(
    (
        *(254, 255, *range(256, 260), *range(262, 267), 273, 274, *range(277, 285), *range(290, 294)),
        *(
            296,
            297,
            301,
            *range(317, 326),
            332,
            334,
            336,
            *range(338, 343),
            346,
            347,
            *range(529, 533),
            34675,
        ),
    )
)
"""Sizes, compression, colours and their profile, orientation, resolution; no text, no place on the earth."""
_COMPRESSION, _OLD_JPEG = 259, 6
_MOST_PAGES = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    tag: int
    kind: int
    count: int
    data: bytes


def strip_tiff(data: bytes) -> bytes:
    """The pages of a TIFF with the tags of `_NEEDED` alone. Raises ValueError or struct.error."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise ValueError("it is a BigTIFF, or none")
    written = bytearray(data[:4] + struct.pack(f"{order}I", 8))
    for entries, is_last in _pages(data, order):
        _write(written, order, entries, data, is_last=is_last)
        if len(written) > 2 * len(data):
            raise ValueError("its strips overlap")
    return bytes(written)


def _pages(data: bytes, order: str) -> Iterator[tuple[list[_Entry], bool]]:
    """The needed entries of each page, and whether it is the last."""
    (place,) = struct.unpack_from(f"{order}I", data, 4)
    for _ in range(_MOST_PAGES):
        (count,) = struct.unpack_from(f"{order}H", data, place)
        rows = range(place + 2, place + 2 + 12 * count, 12)
        tags = [struct.unpack_from(f"{order}H", data, row)[0] for row in rows]
        entries = [_entry(data, order, row) for tag, row in zip(tags, rows, strict=True) if tag in _NEEDED]
        (place,) = struct.unpack_from(f"{order}I", data, rows.stop)
        yield entries, place == 0
        if place == 0:
            return
    raise ValueError(f"it has more than {_MOST_PAGES} pages")


def _entry(data: bytes, order: str, place: int) -> _Entry:
    tag, kind, count = struct.unpack_from(f"{order}HHI", data, place)
    size = _SIZES.get(kind, 1) * count
    start = place + 8 if size <= 4 else struct.unpack_from(f"{order}I", data, place + 8)[0]
    if size > len(data):
        raise ValueError(f"the tag {tag} says that it has {size} bytes")
    return _Entry(tag=tag, kind=kind, count=count, data=data[start : start + size].ljust(size, b"\0"))


def _write(written: bytearray, order: str, entries: list[_Entry], data: bytes, *, is_last: bool) -> None:
    """Append a page: its directory, the values that have no room there, its strips or tiles."""
    place = len(written)
    values = {entry.tag: entry for entry in entries}
    compression = values.get(_COMPRESSION)
    if compression and _numbers(compression, order) == [_OLD_JPEG]:
        raise ValueError("it is compressed as JPEG in the old way")
    written += bytes(2 + 12 * len(values) + 4)
    rows = []
    for tag in sorted(values):
        entry = values[tag]
        if tag in _PARTS:
            entry = _copied(written, order, entry, values.get(_PARTS[tag]), data)
        rows.append(_row(written, order, entry))
    directory = struct.pack(f"{order}H", len(rows)) + b"".join(rows)
    if len(written) % 2:
        written += b"\0"
    directory += struct.pack(f"{order}I", 0 if is_last else len(written))
    written[place : place + len(directory)] = directory


def _copied(written: bytearray, order: str, places: _Entry, lengths: _Entry | None, data: bytes) -> _Entry:
    """Append the strips or tiles; the entry that says where they lie now."""
    if lengths is None or lengths.count != places.count:
        raise ValueError("it does not say how long its strips are")
    new = []
    for place, length in zip(_numbers(places, order), _numbers(lengths, order), strict=True):
        if place + length > len(data):
            raise ValueError(f"the strip at byte {place} says that it has {length} bytes")
        new.append(len(written))
        written += data[place : place + length]
        if len(written) > 2 * len(data):
            raise ValueError("its strips overlap")
    return _Entry(tag=places.tag, kind=4, count=len(new), data=struct.pack(f"{order}{len(new)}I", *new))


def _row(written: bytearray, order: str, entry: _Entry) -> bytes:
    inside = entry.data.ljust(4, b"\0")
    if len(inside) > 4:
        written += bytes(len(written) % 2)
        inside = struct.pack(f"{order}I", len(written))
        written += entry.data
    return struct.pack(f"{order}HHI", entry.tag, entry.kind, entry.count) + inside


def _numbers(entry: _Entry, order: str) -> list[int]:
    code = {1: "B", 3: "H", 4: "I"}.get(entry.kind)
    if code is None or len(entry.data) != entry.count * _SIZES[entry.kind]:
        raise ValueError(f"the values of the tag {entry.tag} are no numbers")
    return list(struct.unpack(f"{order}{entry.count}{code}", entry.data))
