"""Packs: objects one after the other in a file, each compressed so that any part of it can be read.

Each object is a stream in the Zstandard Seekable Format: frames of a megabyte and a table of their sizes in
a frame that decoders skip (https://github.com/facebook/zstd/blob/dev/contrib/seekable_format). At the end of
the pack another such frame lists the objects in JSON, so that an index that was lost can be made anew. So a
pack is a plain Zstandard file: `zstd -dc` writes its objects one after the other.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FRAME = 1024 * 1024
"""Bytes of an object in one frame: what is unpacked at least to read a byte."""
SKIPPED = struct.Struct("<II")
"""Magic number and size of a frame that decoders skip (RFC 8878, 3.1.2)."""
TABLE_MAGIC, LIST_MAGIC, BLANK_MAGIC = 0x184D2A5E, 0x184D2A5D, 0x184D2A50
ENTRY = struct.Struct("<II")
"""Of a table: bytes of a frame, compressed and as they were."""
FOOTER = struct.Struct("<IBI")
"""Of a table: number of frames, no flags, magic number."""
SEEKABLE_MAGIC = 0x8F92EAB1
END = struct.Struct("<Q8s")
"""Of the list: its bytes, and what ends a complete pack."""
END_MAGIC = b"PXPACK01"
BLANK_STEP = 1 << 30


class DamagedPack(Exception):
    """A pack contradicts itself; the message says how."""


class PackWriter:
    """Writes a pack to a new file; `finish` makes it complete and has it on the disk. Raises OSError."""

    def __init__(self, path: Path, level: int) -> None:
        self.path = path
        self._file = path.open("xb")
        parameter = zstd.CompressionParameter
        self._options: dict[int, int] = {parameter.compression_level: level, parameter.checksum_flag: 1}
        self._listed: list[str] = []

    def add(self, about: dict[str, Any], chunks: Iterable[bytes]) -> tuple[int, int]:
        """Add an object; returns where it begins, and its bytes. After an error it is not there."""
        begin = self._file.tell()
        try:
            sizes = [self._frame(part) for part in _parts(chunks)]
        except BaseException:
            self._file.seek(begin)
            self._file.truncate()
            raise
        table = b"".join(ENTRY.pack(*size) for size in sizes)
        table += FOOTER.pack(len(sizes), 0, SEEKABLE_MAGIC)
        self._file.write(SKIPPED.pack(TABLE_MAGIC, len(table)) + table)
        length = self._file.tell() - begin
        self._listed.append(json.dumps({**about, "begin": begin, "length": length}, ensure_ascii=False))
        return begin, length

    def finish(self) -> None:
        """Write the list of objects, and have all of it on the disk."""
        listed = "\n".join(self._listed).encode()
        self._file.write(SKIPPED.pack(LIST_MAGIC, len(listed) + END.size))
        self._file.write(listed + END.pack(len(listed), END_MAGIC))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        """Remove the file, unless it was moved to its place."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _frame(self, part: bytes) -> tuple[int, int]:
        frame = zstd.compress(part, options=self._options)
        self._file.write(frame)
        return len(frame), len(part)


def unpacked(file: BinaryIO, begin: int, length: int, size: int, first: int, last: int) -> Iterator[bytes]:
    """The bytes `first` to before `last` of an object of `size` bytes that lies in a pack.

    Raises DamagedPack, and OSError.
    """
    at, place = 0, begin
    for packed, plain in _table(file, begin, length, size):
        if at < last and at + plain > first:
            part = _plain(file, place, packed, plain)
            yield part[max(0, first - at) : last - at]
        at += plain
        place += packed


def listed(file: BinaryIO) -> list[dict[str, Any]]:
    """What a pack says of its objects, without those that were blanked. Raises DamagedPack."""
    end = file.seek(0, io.SEEK_END)
    if end < END.size:
        raise DamagedPack("it is too short")
    file.seek(end - END.size)
    size, magic = END.unpack(file.read(END.size))
    if magic != END_MAGIC or size > end - END.size:
        raise DamagedPack("it has no end, as if it had not been written to the last byte")
    file.seek(end - END.size - size)
    try:
        found = [json.loads(line) for line in file.read(size).splitlines()]
        return [each for each in found if not _is_blank(file, int(each["begin"]))]
    except (ValueError, TypeError, KeyError) as error:
        raise DamagedPack("its list of objects cannot be read") from error


def blank(file: BinaryIO, begin: int, length: int) -> None:
    """Overwrite an object with zeros that decoders skip. Its first bytes go last."""
    steps = []
    while length:
        step = length if length <= BLANK_STEP else BLANK_STEP // 2
        steps.append((begin, step))
        begin, length = begin + step, length - step
    for start, step in reversed(steps):
        file.seek(start + SKIPPED.size)
        file.writelines(bytes(min(FRAME, step - at)) for at in range(SKIPPED.size, step, FRAME))
        file.seek(start)
        file.write(SKIPPED.pack(BLANK_MAGIC, step - SKIPPED.size))
    file.flush()


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in parts that a frame takes."""
    held, size = [], 0
    for chunk in chunks:
        view = memoryview(chunk)
        while size + len(view) >= FRAME:
            held.append(view[: FRAME - size])
            view = view[FRAME - size :]
            yield b"".join(held)
            held, size = [], 0
        held.append(view)
        size += len(view)
    if size:
        yield b"".join(held)


def _table(file: BinaryIO, begin: int, length: int, size: int) -> Iterator[tuple[int, int]]:
    if length < SKIPPED.size + FOOTER.size:
        raise DamagedPack("an object in it is too short")
    file.seek(begin + length - FOOTER.size)
    footer = file.read(FOOTER.size)
    number, _, magic = FOOTER.unpack(footer) if len(footer) == FOOTER.size else (0, 0, 0)
    rest = length - SKIPPED.size - FOOTER.size - number * ENTRY.size
    if magic != SEEKABLE_MAGIC or rest < 0:
        raise DamagedPack("an object in it has no table of frames")
    file.seek(begin + length - FOOTER.size - number * ENTRY.size)
    sizes = list(ENTRY.iter_unpack(file.read(number * ENTRY.size)))
    if sum(packed for packed, _ in sizes) != rest or sum(plain for _, plain in sizes) != size:
        raise DamagedPack("an object in it has a table of frames that does not fit")
    yield from sizes


def _plain(file: BinaryIO, place: int, packed: int, plain: int) -> bytes:
    if plain > FRAME:
        raise DamagedPack("a frame in it is too large")
    file.seek(place)
    decoder = zstd.ZstdDecompressor()
    try:
        part = decoder.decompress(file.read(packed), plain)
        if not decoder.eof:  # the checksum is read after the last byte
            part += decoder.decompress(b"", 1)
    except zstd.ZstdError as error:
        raise DamagedPack("a frame in it cannot be unpacked") from error
    if len(part) != plain or not decoder.eof:
        raise DamagedPack("a frame in it has another number of bytes")
    return part


def _is_blank(file: BinaryIO, begin: int) -> bool:
    file.seek(begin)
    magic = file.read(4)
    return magic == BLANK_MAGIC.to_bytes(4, "little")
