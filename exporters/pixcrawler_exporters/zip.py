"""Writes a dataset as one ZIP file: the same bytes for the same entries, and no name until it is complete."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.writer import ExportWriter

SUFFIX = ".zip"
LONGEST_NAME = 65_535
"""Bytes of an entry's name (APPNOTE.TXT 4.4.10)."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first time that a ZIP entry can have (APPNOTE.TXT 4.4.6), given to all of them."""

_METHODS = {"stored": zipfile.ZIP_STORED, "deflate": zipfile.ZIP_DEFLATED}
_CHUNK = 1024 * 1024
_UNIX = 3
_REGULAR_FILE_0644 = 0o100644 << 16


class ZipOptions(BaseModel):
    """How the ZIP file is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    compression: Literal["stored", "deflate"] = Field(
        default="stored",
        description="`stored` copies the files, which suits images that are compressed already;"
        " `deflate` packs them.",
    )


class ZipWriter(ExportWriter):
    """One ZIP file in the making, with Zip64 where sizes ask for it (APPNOTE.TXT 4.3.9.2).

    Contents are copied in chunks; what stays in memory is the directory, about 400 bytes an entry, which
    the format wants at the end.
    """

    folder = False
    whole_names = True

    def __init__(self, folder: Path, dataset: str, compression: int) -> None:
        self._compression = compression
        self._names: set[str] = set()
        super().__init__(folder, dataset, SUFFIX)

    def begin(self) -> None:
        file = self.files.enter_context(self.place.part.open("wb"))
        self._zip = self.files.enter_context(zipfile.ZipFile(file, "w"))

    def image(self, path: Path, name: str, _entry: Mapping[str, Any]) -> None:
        self.other(path, name)

    def other(self, path: Path, name: str) -> None:
        """Copy a file. Raises ValueError for a name that is too long, or taken."""
        if len(name.encode()) > LONGEST_NAME:
            raise ValueError(f"the name {name[:40]!r}… is longer than the 65,535 bytes of a ZIP entry")
        if name in self._names:
            raise ValueError(f"the name {name!r} was added already")
        info = zipfile.ZipInfo(name, EARLIEST)
        info.create_system = _UNIX
        info.external_attr = _REGULAR_FILE_0644
        info.compress_type = self._compression
        with path.open("rb") as source:
            info.file_size = os.fstat(source.fileno()).st_size  # decides about Zip64
            with self._zip.open(info, "w") as target:
                shutil.copyfileobj(source, target, _CHUNK)
        self._names.add(name)


def build(options: ZipOptions) -> OpenWriter:
    """What starts a ZIP file."""
    return partial(ZipWriter, compression=_METHODS[options.compression])


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
