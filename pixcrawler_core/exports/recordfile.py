"""A TFRecord file that is written in constant memory.

A record is its length (uint64), the length's checksum, the data and the data's checksum, all little-endian;
a checksum is a masked CRC32C (https://www.tensorflow.org/tutorials/load_data/tfrecord).
"""

from __future__ import annotations

import errno
import os
import struct
from contextlib import suppress
from pathlib import Path

FRAME = 16
"""Bytes of a record beside its data."""
_CHUNK = 1024 * 1024
_MASK = 0xA282EAD8
"""`kMaskDelta` of tensorflow/core/lib/hash/crc32c.h."""


class RecordFile:
    """One TFRecord file in the making. Raises OSError."""

    def __init__(self, path: Path, number: int) -> None:
        self.path = path
        self.number = number
        self.samples = 0
        self.size = 0
        """Bytes so far."""
        self._file = path.open("xb")

    def write(self, head: bytes, path: Path, size: int) -> None:
        """Add a record: `head`, and behind it the `size` bytes of a file."""
        import google_crc32c

        length = struct.pack("<Q", len(head) + size)
        self._file.write(length + _masked(google_crc32c.value(length)) + head)
        checksum = google_crc32c.value(head)
        with path.open("rb") as source:
            left = size
            while left and (data := source.read(min(_CHUNK, left))):
                checksum = google_crc32c.extend(checksum, data)
                self._file.write(data)
                left -= len(data)
            if left or source.read(1):
                raise OSError(errno.EIO, "it changed while it was read", str(path))
        self._file.write(_masked(checksum))
        self.size += len(head) + size + FRAME
        self.samples += 1

    def close(self) -> None:
        """Finish the file and have it written to the disk."""
        if self._file.closed:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abort(self) -> None:
        """Close the file, which is to go."""
        with suppress(OSError):
            self._file.close()


def _masked(checksum: int) -> bytes:
    turned = (checksum >> 15 | checksum << 17) & 0xFFFFFFFF
    return struct.pack("<I", (turned + _MASK) & 0xFFFFFFFF)
