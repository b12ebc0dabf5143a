"""Writes a dataset as one 7z file: the same bytes for the same entries."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.archive import CHUNK, ArchiveWriter, VolumeOptions
from pixcrawler_core.exports.sevenzip import COPY, LZMA2, START_SIZE, Header, start

SUFFIX = ".7z"
_FILTERS = ({"id": lzma.FILTER_LZMA2, "preset": 0},)
"""The preset whose dictionary has 256 KiB, more than most images: each file has one of its own."""


class SevenZipOptions(VolumeOptions):
    """How the 7z file is written."""

    compression: Literal["stored", "lzma2"] = Field(
        default="stored",
        description="`stored` copies the files, which suits images that are compressed already;"
        " `lzma2` packs them, each by itself.",
    )


class SevenZipWriter(ArchiveWriter):
    """One 7z file in the making. Contents are copied in chunks; the header at the end is kept in memory."""

    def __init__(self, folder: Path, dataset: str, options: SevenZipOptions) -> None:
        self._packs = options.compression == "lzma2"
        self._header = Header(LZMA2 if self._packs else COPY)
        super().__init__(folder, dataset, SUFFIX, options.volume)

    def begin(self) -> None:
        """Leave room for the beginning, which is known at the end."""
        super().begin()
        self.stream.write(bytes(START_SIZE))

    def member(self, source: BinaryIO, _size: int, name: str) -> None:
        """Copy or pack a file."""
        before = self.stream.tell()
        packer = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=_FILTERS) if self._packs else None
        size = crc = 0
        while chunk := source.read(CHUNK):
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
            self.stream.write(packer.compress(chunk) if packer else chunk)
        if packer and size:
            self.stream.write(packer.flush())
        self._header.add(name, packed=self.stream.tell() - before, size=size, crc=crc)

    def finish(self) -> None:
        """Write the header, and at the beginning where it is."""
        before, crc = self.stream.tell(), 0
        for piece in self._header.pieces(self.names):
            crc = zlib.crc32(piece, crc)
            self.stream.write(piece)
        size = self.stream.tell() - before
        self.stream.seek(0)
        self.stream.write(start(before - START_SIZE if size else 0, size, crc))


def build(options: SevenZipOptions) -> OpenWriter:
    """What starts a 7z file."""
    return partial(SevenZipWriter, options=options)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `7z`."""
    yield Exporter(
        name="7z",
        summary="one 7z file, the same bytes every time",
        suffix=SUFFIX,
        options=SevenZipOptions,
        build=build,
    )
