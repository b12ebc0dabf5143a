"""An export that is one file, or is cut into volumes `NAME.001`, `NAME.002` and so on, which `cat` joins."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import BinaryIO

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.exports.place import Place, sync

SMALLEST = 65_536
"""Bytes of the smallest volume that can be asked for."""
MOST = 999
"""Volumes of an export at most: with more, names no longer sort as the volumes follow each other."""
FIRST = ".001"
"""Ending of the first volume."""
_BUFFER = 1024 * 1024


def standing(final: Path) -> Path | None:
    """What there is of the export whose path would be `final`: this file, or its first volume."""
    return next((path for path in (final, final.with_name(final.name + FIRST)) if path.exists()), None)


def files_of(path: Path) -> list[Path]:
    """The files of an export: it, its volumes, or those in its folder."""
    if path.is_dir():
        return sorted(each for each in path.rglob("*") if each.is_file())
    if path.suffix == FIRST:
        return sorted(path.parent.glob(f"{escape(path.stem)}.[0-9][0-9][0-9]"))
    return [path] if path.is_file() else []


class Volumes:
    """A stream of bytes into files of `size` bytes in a folder; into a single one without a size.

    What was written can be overwritten (`seek`), in any volume. Files are flushed to the disk before the next
    one is written. Raises OSError, and ConfigError for more than MOST volumes.
    """

    def __init__(self, folder: Path, name: str, size: int | None) -> None:
        self._folder, self._name, self._cut = folder, name, size is not None
        self._size = size or sys.maxsize
        self._at = 0
        self._file: BinaryIO | None = None
        self._number = -1
        self._discarded = False

    def write(self, data: bytes, /) -> int:
        """Write all of it; returns its length."""
        rest = memoryview(data)
        while rest and not self._discarded:
            number, offset = divmod(self._at, self._size)
            if number != self._number or self._file is None:
                self._file = self._opened(number, offset)
            written = self._file.write(rest[: self._size - offset])
            self._at += written
            rest = rest[written:]
        return len(data)

    def tell(self) -> int:
        """Bytes from the beginning of the first volume."""
        return self._at

    def seek(self, position: int, /) -> int:
        """Go on at this byte of all volumes, which was written before or is the next."""
        number, offset = divmod(position, self._size)
        if position != self._at and number == self._number and self._file is not None:
            self._file.seek(offset)
        self._at = position
        return position

    def flush(self) -> None:
        """Files are flushed when they are left."""

    def close(self) -> None:
        """Have the last file written to the disk."""
        self._leave()

    def discard(self) -> None:
        """Close the file, which is to go; whatever is written from now on is lost."""
        self._discarded = True
        if self._file is not None:
            with suppress(OSError):  # a full disk fails once more
                self._file.close()
            self._file = None

    def _opened(self, number: int, offset: int) -> BinaryIO:
        self._leave()
        if number >= MOST:
            raise ConfigError(
                f"{self._name} would have more than {MOST} volumes of {self._size} bytes; "
                "set a larger `volume`, and export again"
            )
        path = self._folder / (f"{self._name}.{number + 1:03}" if self._cut else self._name)
        file = path.open("r+b" if path.exists() else "xb", buffering=_BUFFER)
        file.seek(offset)
        self._number = number
        return file

    def _leave(self) -> None:
        if self._file is None:
            return
        file, self._file = self._file, None
        with file:
            file.flush()
            os.fsync(file.fileno())


class VolumePlace(Place):
    """A folder in the making with an export's file or volumes, which leave it when all are there.

    While volumes take their names the first one is missing, and comes last: an export that has it is whole.
    """

    def finish(self) -> Path:
        """Give all their final names, in the place of an earlier export; returns the first.

        One file takes the place of another at once. Otherwise the earlier ones are removed before, so that
        nobody joins volumes of two exports.
        """
        parts = sorted(self.part.iterdir())
        finals = [self.final.with_name(part.name) for part in parts]
        earlier = self._earlier_files()
        if len(parts) > 1 or earlier != finals:
            for path in earlier:
                path.unlink()
        for part, final in reversed(list(zip(parts, finals, strict=True))):
            part.replace(final)
        self.part.rmdir()
        sync(self.final.parent)
        return finals[0]

    def _earlier_files(self) -> list[Path]:
        """What there is of an earlier export, the first volume before the others."""
        name = re.compile(re.escape(self.final.name) + r"(\.[0-9]{3})?")
        files = (path for path in self.final.parent.iterdir() if path.is_file())
        return sorted(path for path in files if name.fullmatch(path.name))
