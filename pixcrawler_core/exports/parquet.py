"""Writes images and their rows of the manifest to one Parquet file, row group by row group."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from pixcrawler_core.catalog.columns import clean
from pixcrawler_core.exports.parquet_schema import (
    IMAGE,
    IMAGE_TYPE,
    NUMBER,
    features,
    label_cells,
    leaves,
    schema,
)
from pixcrawler_core.exports.rows import OBJECTS, flat, nested
from pixcrawler_core.exports.writer import ExportWriter

GROUP_ROWS = 1000
"""Most rows of a row group."""
GROUP_BYTES = 16 * 1024 * 1024
"""Bytes of images after which a row group is written: bounds memory."""


class ImageTable:
    """A Parquet file in the making, with a row for each image. Raises OSError.

    `images` says whether the bytes of the images are in it, `numbered` whether the number of the category is.
    In memory are the images of one row group (16 MiB and one image) and the names of the categories.
    """

    def __init__(self, path: Path, *, images: bool, numbered: bool) -> None:
        self.path = path
        self.rows = 0
        self.size = 0
        """Bytes of the images so far."""
        self._schema = schema(images=images, numbered=numbered)
        self._images, self._numbered = images, numbered
        self._rows: list[dict[str, Any]] = []
        self._cells: list[pa.Array] = []
        self._bytes = 0
        self._classes: dict[str, int] = {}
        # images are compressed already, and get neither a dictionary nor statistics
        names = [each for field in self._schema if field.name != IMAGE for each in leaves(field)]
        self._table = parquet.ParquetWriter(
            path,
            self._schema,
            compression=dict.fromkeys(names, "zstd"),
            use_dictionary=names,
            write_statistics=names,
            store_schema=False,  # the key `huggingface` of the footer is read only without
        )

    def add(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Add a row; a row group that is full is written."""
        row = flat(entry) | {column: nested(entry, column) for column in OBJECTS}
        row["labels"] = label_cells(entry.get("labels") or ())
        if self._numbered:
            row[NUMBER] = self._classes.setdefault(row["category"] or "", len(self._classes))
        if self._images:
            self._cells.append(_image(path, entry.get("path") or name))
            self._bytes += self._cells[-1].nbytes
            self.size += self._cells[-1].nbytes
        self._rows.append(row)
        self.rows += 1
        if len(self._rows) >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write the last row group, and what `datasets` must know of the columns."""
        self._flush()
        self._table.add_key_value_metadata({"huggingface": json.dumps(features(self._schema, self._classes))})
        self._table.close()

    def abort(self) -> None:
        """Close the file, which is to go."""
        self._table.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = pa.schema([field for field in self._schema if field.name != IMAGE])
        table = pa.Table.from_pylist(self._rows, schema=columns)
        if self._images:
            table = table.add_column(0, self._schema.field(IMAGE), pa.chunked_array(self._cells))
        self._table.write_table(table)
        self._rows.clear()
        self._cells.clear()
        self._bytes = 0


class ParquetExport(ExportWriter):
    """A row for each image; other files are left out."""

    folder = False

    def __init__(self, folder: Path, dataset: str, suffix: str, *, images: bool) -> None:
        self._images = images
        super().__init__(folder, dataset, suffix)

    def begin(self) -> None:
        """Open the file."""
        self._table = ImageTable(self.place.part, images=self._images, numbered=True)
        self.files.callback(self._table.abort)

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Add a row."""
        self._table.add(path, name, entry)

    def finish(self) -> None:
        """Finish the file."""
        self._table.close()


def _image(path: Path, name: str) -> pa.Array:
    """A file's bytes and its name as one cell, around the buffer that was read: nothing is copied."""
    with pa.OSFile(str(path)) as file:
        data = file.read_buffer()
    offsets = pa.array([0, data.size], pa.int32()).buffers()[1]
    binary = pa.Array.from_buffers(pa.binary(), 1, [None, offsets, data])
    return pa.StructArray.from_arrays([binary, pa.array([clean(name)], pa.string())], fields=list(IMAGE_TYPE))
