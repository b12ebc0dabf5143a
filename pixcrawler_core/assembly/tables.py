"""The ledger as a Parquet table, written group by group."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from pixcrawler_core.assembly.files import part_of
from pixcrawler_core.catalog.columns import clean

GROUP = 10_000
"""Rows a row group: bounds memory."""

TYPES: Mapping[str, pa.DataType] = {
    "id": pa.int64(),
    "job_id": pa.int64(),
    "stream_id": pa.int64(),
    "url_key": pa.int64(),
    "page": pa.int32(),
    "rank": pa.int32(),
    "size": pa.int64(),
    "width": pa.int32(),
    "height": pa.int32(),
    "declared_width": pa.int32(),
    "declared_height": pa.int32(),
    "filesize_bytes": pa.int64(),
    "http_status": pa.int32(),
    "number": pa.int32(),
    "duplicate_of": pa.int64(),
    "passing": pa.bool_(),
    "seen_before": pa.bool_(),
    "safe": pa.bool_(),
    "created_at": pa.timestamp("us", tz="UTC"),
    "updated_at": pa.timestamp("us", tz="UTC"),
}
"""Types of columns that are not text; lists and objects become JSON text."""


def write_ledger(rows: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write rows of the ledger to `path`; returns their number. Without rows no file is written."""
    source = iter(rows)
    total = 0
    part = part_of(path)
    writer: ParquetWriter | None = None
    try:
        while group := list(itertools.islice(source, GROUP)):
            table = _table(group)
            writer = writer or ParquetWriter(part, table.schema, compression="zstd")
            writer.write_table(table)
            total += len(group)
        if writer is not None:
            writer.close()
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return total


def _table(rows: list[Mapping[str, Any]]) -> pa.Table:
    columns = {name: _column(name, [row[name] for row in rows]) for name in rows[0]}
    return pa.table(columns)


def _column(name: str, values: list[Any]) -> pa.Array:
    if name in TYPES:
        return pa.array([_fitting(value, TYPES[name]) for value in values], TYPES[name])
    return pa.array([_text(value) for value in values], pa.string())


def _fitting(value: Any, kind: pa.DataType) -> Any:
    """The value, or None for a number beyond the column's type: no size that a source could mean."""
    if not pa.types.is_integer(kind) or value is None:
        return value
    most = 1 << (kind.bit_width - 1)
    return value if -most <= value < most else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return clean(value)
    return clean(json.dumps(value, ensure_ascii=False, default=str))
