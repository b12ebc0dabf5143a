"""Writes a dataset as one ZIP file: the same bytes for the same entries, and no name until it is complete."""

from __future__ import annotations

import os
import shutil
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.errors import WorkspaceError

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


class ZipWriter:
    """One ZIP file in the making, with Zip64 where sizes ask for it (APPNOTE.TXT 4.3.9.2).

    Contents are copied in chunks; what stays in memory is the directory, about 400 bytes an entry, which
    the format wants at the end. A write that fails removes the unfinished file and raises WorkspaceError.
    """

    def __init__(self, folder: Path, dataset: str, compression: int) -> None:
        check_name(dataset)
        if "/" in dataset:
            raise ValueError(f"the dataset's name {dataset!r} must not contain a slash")
        self._final = folder / f"{dataset}.zip"
        self._unfinished = folder / f".{dataset}.zip.{uuid.uuid4().hex}.part"
        self._compression = compression
        self._names: set[str] = set()
        with self._removed_on_error():
            self._file = self._unfinished.open("xb")
            self._zip = zipfile.ZipFile(self._file, "w")

    def add(self, path: Path, name: str, _entry: Mapping[str, Any] | None, /) -> None:
        """Copy the file at `path` to the entry `name`.

        Raises ValueError for a name that is not relative, leads elsewhere or is taken already.
        """
        check_name(name)
        if name in self._names:
            raise ValueError(f"the name {name!r} was added already")
        info = zipfile.ZipInfo(name, EARLIEST)
        info.create_system = _UNIX
        info.external_attr = _REGULAR_FILE_0644
        info.compress_type = self._compression
        with self._removed_on_error(), path.open("rb") as source:
            info.file_size = os.fstat(source.fileno()).st_size  # decides about Zip64
            with self._zip.open(info, "w") as target:
                shutil.copyfileobj(source, target, _CHUNK)
        self._names.add(name)

    def close(self) -> Path:
        """Write the directory, flush all to the disk and give the file its name."""
        with self._removed_on_error():
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._unfinished.replace(self._final)
            _sync_folder(self._final.parent)
        return self._final

    def abort(self) -> None:
        """Remove the unfinished file; an earlier export of the same name stays."""
        with suppress(OSError, ValueError):  # a full disk fails once more, on a file that is to go
            self._zip.close()
        with suppress(OSError):
            self._file.close()
        self._unfinished.unlink(missing_ok=True)

    @contextmanager
    def _removed_on_error(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if hasattr(self, "_zip"):
                self.abort()
            place = f" ({error.filename})" if error.filename else ""
            raise WorkspaceError(
                f"cannot write {self._final}: {error.strerror or error}{place}; "
                "free some space or choose another folder, and export again"
            ) from error


def check_name(name: str) -> None:
    """Raise ValueError unless `name` is a plain relative path, with forward slashes, on every system."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if not name or name != str(posix) or name == "." or ".." in posix.parts:
        raise ValueError(f"the name {name!r} is not a plain relative path")
    if windows.anchor or "\\" in name:
        raise ValueError(f"the name {name!r} must be relative, with forward slashes")
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        raise ValueError(f"the name {name!r} contains control characters")
    if len(name.encode()) > 65_535:
        raise ValueError(f"the name {name[:40]!r}… is longer than the 65,535 bytes of a ZIP entry")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def build(options: ZipOptions) -> OpenWriter:
    """What starts a ZIP file."""
    return partial(ZipWriter, compression=_METHODS[options.compression])


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `zip`."""
    yield Exporter(
        name="zip",
        summary="one ZIP file, the same bytes every time",
        suffix=".zip",
        options=ZipOptions,
        build=build,
    )
