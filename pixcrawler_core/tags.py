"""Reads single tags out of EXIF or TIFF, in which anything may lie: lengths, places, types and texts."""

from __future__ import annotations

import struct
from collections.abc import Container
from typing import IO

MOST_ENTRIES = 1_000
"""Entries of a directory that are looked at."""
LONGEST = 1_024
"""Bytes of a value that are read."""

MAKE, MODEL, ORIENTATION, EXIF, GPS, TAKEN, DIGITISED, OFFSET = (
    *(0x010F, 0x0110, 0x0112, 0x8769, 0x8825),
    *(0x9003, 0x9004, 0x9011),
)
"""Tags of Exif 2.32 (CIPA DC-008): of the first directory, the last three of the one at `EXIF`."""

_NUMBERS = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 13: "I"}
"""How `struct` reads the types of TIFF 6.0, section 2; 5 and 10 are fractions."""
_TEXT, _BYTES = 2, 7

Value = str | bytes | tuple[float, ...]
"""A text, bytes without a type, or numbers."""


def read_tags(file: IO[bytes], wanted: Container[int], directory: int | None = None) -> dict[int, Value]:
    """The wanted tags of a directory of a TIFF structure that begins at the beginning of `file`.

    `directory` is its place in the file; the first one if None. What is damaged, or no TIFF, is left out.
    """
    file.seek(0)
    head = file.read(8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None or len(head) < 8:
        return {}
    file.seek(struct.unpack(f"{order}I", head[4:])[0] if directory is None else directory)
    count = int.from_bytes(file.read(2), "little" if order == "<" else "big")
    entries = file.read(12 * min(count, MOST_ENTRIES))
    found = {}
    for place in range(0, len(entries) - 11, 12):
        tag, kind, length = struct.unpack_from(f"{order}HHI", entries, place)
        if tag in wanted and tag not in found:
            value = _value(file, order, kind, length, entries[place + 8 : place + 12])
            if value is not None:
                found[tag] = value
    return found


def _value(file: IO[bytes], order: str, kind: int, length: int, inside: bytes) -> Value | None:
    """A value that lies in the entry itself if it has room there, else where the entry says."""
    size = struct.calcsize(f"{order}{_NUMBERS.get(kind, 'B')}")
    wanted = min(size * length, LONGEST // size * size)
    if size * length > 4:
        file.seek(struct.unpack(f"{order}I", inside)[0])
        inside = file.read(wanted)
    data = inside[:wanted]
    if len(data) < wanted or not data:
        return None
    if kind == _TEXT:
        return data.split(b"\0")[0].decode("utf-8", "replace")
    if kind == _BYTES:
        return data
    return _numbers(order, kind, data)


def _numbers(order: str, kind: int, data: bytes) -> tuple[float, ...] | None:
    code = _NUMBERS.get(kind)
    if code is None:
        return None
    rows = struct.iter_unpack(f"{order}{code}", data)
    if len(code) == 1:
        return tuple(number for (number,) in rows)
    fractions = list(rows)
    if any(below == 0 for _, below in fractions):
        return None
    return tuple(above / below for above, below in fractions)
