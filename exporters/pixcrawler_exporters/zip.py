"""Writes a dataset as one ZIP file: the same bytes for the same entries, and no name until it is complete."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.archive import CHUNK, ArchiveWriter, VolumeOptions

SUFFIX = ".zip"
LONGEST_NAME = 65_535
"""Bytes of an entry's name (APPNOTE.TXT 4.4.10)."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first time that a ZIP entry can have (APPNOTE.TXT 4.4.6), given to all of them."""

_METHODS = {"stored": zipfile.ZIP_STORED, "deflate": zipfile.ZIP_DEFLATED}
_UNIX = 3
_REGULAR_FILE_0644 = 0o100644 << 16


class ZipOptions(VolumeOptions):
    """How the ZIP file is written."""

    compression: Literal["stored", "deflate"] = Field(
        default="stored",
        description="`stored` copies the files, which suits images that are compressed already;"
        " `deflate` packs them.",
    )


class ZipWriter(ArchiveWriter):
    """One ZIP file in the making, with Zip64 where sizes ask for it (APPNOTE.TXT 4.3.9.2).

    Contents are copied in chunks; what stays in memory is the directory, about 450 bytes an entry, which
    the format wants at the end.
    """

    def __init__(self, folder: Path, dataset: str, options: ZipOptions) -> None:
        self._compression = _METHODS[options.compression]
        super().__init__(folder, dataset, SUFFIX, options.volume)

    def begin(self) -> None:
        """Begin the file."""
        super().begin()
        self._zip = self.files.enter_context(zipfile.ZipFile(self.stream, "w"))

    def member(self, source: BinaryIO, size: int, name: str) -> None:
        """Copy a file to the entry `name`. Raises ValueError for a name that is too long."""
        if len(name.encode()) > LONGEST_NAME:
            raise ValueError(
                f"the name {name[:40]!r}… is longer than the {LONGEST_NAME} bytes of a ZIP entry"
            )
        info = zipfile.ZipInfo(name, EARLIEST)
        info.create_system = _UNIX
        info.external_attr = _REGULAR_FILE_0644
        info.compress_type = self._compression
        info.file_size = size  # decides about Zip64
        with self._zip.open(info, "w") as target:
            shutil.copyfileobj(source, target, CHUNK)


def build(options: ZipOptions) -> OpenWriter:
    """What starts a ZIP file."""
    return partial(ZipWriter, options=options)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `zip`."""
    yield Exporter(
        name="zip",
        summary="one ZIP file, the same bytes every time",
        suffix=SUFFIX,
        options=ZipOptions,
        build=build,
    )
