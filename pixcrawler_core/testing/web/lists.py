"""Writes lists of URLs in the formats that the `urls` source reads."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = Mapping[str, str]
COLUMNS = ("url", "label", "licence")


def entry_rows(entries: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row for each search result."""
    return [{column: str(entry[column]) for column in COLUMNS} for entry in entries]


def big_rows(base: str, count: int) -> list[Row]:
    """Rows for the first `count` photographs of the endless supply."""
    return [{"url": f"{base}/{number}.jpg", "label": "big", "licence": "CC0"} for number in range(count)]


def write_list(path: Path, format: str, rows: Sequence[Row]) -> None:  # noqa: A002
    """Write rows as `txt` (URLs only), `csv`, `tsv`, `jsonl` or `parquet`; ValueError for another format."""
    if format not in _WRITERS:
        raise ValueError(f"a list cannot be written as {format!r}; choose from {', '.join(_WRITERS)}")
    _WRITERS[format](path, rows)


def _write_txt(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(f"{row['url']}\n" for row in rows), encoding="utf-8")


def _write_csv(path: Path, rows: Sequence[Row], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def _write_tsv(path: Path, rows: Sequence[Row]) -> None:
    _write_csv(path, rows, "\t")


def _write_jsonl(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _write_parquet(path: Path, rows: Sequence[Row]) -> None:
    table = pa.table({column: pa.array([row[column] for row in rows], pa.string()) for column in COLUMNS})
    pq.write_table(table, path)


_WRITERS: Mapping[str, Callable[[Path, Sequence[Row]], None]] = {
    "txt": _write_txt,
    "csv": _write_csv,
    "tsv": _write_tsv,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}
