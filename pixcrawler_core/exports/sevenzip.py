"""The parts of a 7z file (7zFormat.txt of the LZMA SDK), in which each file is packed by itself.

So a reader comes to any file without reading those before it. Libraries for Python write the time of the
export and keep kilobytes for each file in memory.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

MAGIC = b"7z\xbc\xaf\x27\x1c\x00\x04"
"""Signature, and version 0.4 of the format."""
START_SIZE = 32
"""Bytes before the first packed file."""
COPY = bytes((1, 0x01, 0x00))
"""A folder with one coder, that copies: its number, the length of the method's id, and the id."""
LZMA2 = bytes((1, 0x21, 0x21, 1, 12))
"""A folder with LZMA2 and its dictionary of 256 KiB: (2 | 12 & 1) << (12 // 2 + 11) bytes."""
ATTRIBUTES = 0o100644 << 16 | 0x8000 | 0x20
"""A plain file with the permissions rw-r--r--: Unix's mode, the flag that says so, and Windows's archive."""
END, HEADER, STREAMS, FILES = b"\x00", b"\x01", b"\x04", b"\x05"
PACKED, UNPACKED, SUBSTREAMS = b"\x06", b"\x07", b"\x08"
SIZES, CRCS, FOLDERS, UNPACKED_SIZES = b"\x09", b"\x0a", b"\x0b", b"\x0c"
EMPTY_STREAMS, EMPTY_FILES, NAMES, ATTRIBUTE = b"\x0e", b"\x0f", b"\x11", b"\x15"
"""What follows in the header, by the numbers that the format gives its parts."""


class Header:
    """What stands behind the packed files and tells of them. In memory are 10 to 25 bytes a file."""

    def __init__(self, folder: bytes) -> None:
        self._folder = folder
        self._packed, self._sizes, self._crcs = bytearray(), bytearray(), bytearray()
        self._empty: list[int] = []
        self._filled = self._files = self._letters = 0

    def add(self, name: str, *, packed: int, size: int, crc: int) -> None:
        """Tell of a file: bytes when packed, bytes, and CRC-32."""
        if size:
            self._packed += number(packed)
            self._sizes += number(size)
            self._crcs += crc.to_bytes(4, "little")
            self._filled += 1
        else:
            self._empty.append(self._files)
        self._files += 1
        self._letters += len(_name(name))

    def pieces(self, names: Iterable[str]) -> Iterator[bytes]:
        """The header piece by piece, with the names of all files, in their order."""
        if not self._files:
            return
        yield HEADER
        if self._filled:
            yield from self._streams()
        yield FILES + number(self._files)
        if self._empty:
            yield from self._emptiness()
        yield NAMES + number(self._letters + 1) + b"\0"
        yield from map(_name, names)
        yield ATTRIBUTE + number(2 + 4 * self._files) + b"\1\0"
        yield struct.pack("<I", ATTRIBUTES) * self._files
        yield END * 2

    def _streams(self) -> Iterator[bytes]:
        count = number(self._filled)
        yield STREAMS
        yield PACKED + number(0) + count + SIZES + self._packed + END
        yield UNPACKED + FOLDERS + count + b"\0" + self._folder * self._filled
        yield UNPACKED_SIZES + self._sizes + END
        yield SUBSTREAMS + CRCS + b"\1" + self._crcs + END + END

    def _emptiness(self) -> Iterator[bytes]:
        """Which files have no stream, and that they are files, no folders."""
        for kind, bits, length in (
            (EMPTY_STREAMS, self._empty, self._files),
            (EMPTY_FILES, range(len(self._empty)), len(self._empty)),
        ):
            told = bytearray(-(-length // 8))
            for bit in bits:
                told[bit // 8] |= 0x80 >> bit % 8
            yield kind + number(len(told)) + told


def start(offset: int, size: int, crc: int) -> bytes:
    """The beginning of the file: where the header lies, counted from START_SIZE, its size and its CRC-32."""
    told = struct.pack("<QQI", offset, size, crc)
    return MAGIC + struct.pack("<I", zlib.crc32(told)) + told


def number(value: int) -> bytes:
    """A number in 1 to 9 bytes: the ones at the head of the first byte say how many others there are."""
    for others in range(8):
        if value < 1 << 7 * (others + 1):
            head = (0xFF00 >> others & 0xFF) | value >> 8 * others
            return bytes((head,)) + (value & (1 << 8 * others) - 1).to_bytes(others, "little")
    return b"\xff" + value.to_bytes(8, "little")


def _name(name: str) -> bytes:
    return f"{name}\0".encode("utf-16-le")
