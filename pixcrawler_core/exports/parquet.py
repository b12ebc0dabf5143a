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
    features,
    label_cells,
    leaves,
    schema,
)
from pixcrawler_core.exports.rows import NESTED, flat, nested
from pixcrawler_core.exports.writer import ExportWriter

GROUP_ROWS = 1000
"""Most rows of a row group."""
GROUP_BYTES = 32 * 1024 * 1024
"""Bytes of images after which a row group is written: bounds memory."""


class ParquetExport(ExportWriter):
    """A row for each image; other files are left out.

    In memory are the images of one row group (32 MiB and one image) and the names of the categories.
    """

    folder = False

    def __init__(self, folder: Path, dataset: str, suffix: str, *, images: bool) -> None:
        self._schema = schema(images=images)
        self._images = images
        self._rows: list[dict[str, Any]] = []
        self._cells: list[pa.Array] = []
        self._bytes = 0
        self._classes: dict[str, int] = {}
        super().__init__(folder, dataset, suffix)

    def begin(self) -> None:
        """Open the file; images are compressed already, and get neither a dictionary nor statistics."""
        names = [path for field in self._schema if field.name != IMAGE for path in leaves(field)]
        self._table = self.files.enter_context(
            parquet.ParquetWriter(
                self.place.part,
                self._schema,
                compression=dict.fromkeys(names, "zstd"),
                use_dictionary=names,
                write_statistics=names,
                store_schema=False,  # the key `huggingface` of the footer is read only without
            )
        )

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Add a row; a row group that is full is written."""
        row = flat(entry) | {column: nested(entry, column) for column in NESTED}
        row["labels"] = label_cells(entry.get("labels") or ())
        row["label"] = self._classes.setdefault(row["category"] or "", len(self._classes))
        if self._images:
            self._cells.append(_image(path, entry.get("path") or name))
            self._bytes += self._cells[-1].nbytes
        self._rows.append(row)
        if len(self._rows) >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def finish(self) -> None:
        """Write the last row group, and what `datasets` must know of the columns."""
        self._flush()
        self._table.add_key_value_metadata({"huggingface": json.dumps(features(self._schema, self._classes))})

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


def _image(path: Path, name: str) -> pa.Array:
    """A file's bytes and its name as one cell, around the buffer that was read: nothing is copied."""
    with pa.OSFile(str(path)) as file:
        data = file.read_buffer()
    offsets = pa.array([0, data.size], pa.int32()).buffers()[1]
    binary = pa.Array.from_buffers(pa.binary(), 1, [None, offsets, data])
    return pa.StructArray.from_arrays([binary, pa.array([clean(name)], pa.string())], fields=list(IMAGE_TYPE))
