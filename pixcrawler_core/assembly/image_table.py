"""metadata/images.parquet: the images' rows of the manifest as a table, with the export's columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pixcrawler_core.assembly.files import part_of
from pixcrawler_core.exports import parquet


class ImageTable:
    """Writes the table while images are gone through; a context manager that leaves it whole or not at all.

    In memory are the rows of one group.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, part_of(path)

    def __enter__(self) -> Self:
        self._table = parquet.ImageTable(self._part, images=False, numbered=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._table.close()
                self._part.replace(self._path)
        finally:
            self._table.abort()
            self._part.unlink(missing_ok=True)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Add an image, a row of the manifest."""
        self._table.add(self._path, entry["path"], entry)
