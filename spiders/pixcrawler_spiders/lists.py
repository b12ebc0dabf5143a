"""Reads lists of image URLs: txt, csv, tsv, jsonl and Parquet files, a chunk of rows at a time."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.sources import SourceOptions

CHUNK = 500
"""Rows recorded at once, and the unit in which an interrupted list goes on."""

Row = Mapping[str, Any]
Format = Literal["txt", "csv", "tsv", "jsonl", "parquet"]


class UrlsOptions(SourceOptions):
    """Where the list is and what its columns are called."""

    delay: float = Field(default=0.0, ge=0, le=60, description="Not used: a list asks no search engine.")
    file: Path = Field(description="The list; relative to the job file's folder.")
    format: Format | None = Field(default=None, description="Format of the list; unset: by its file name.")
    url_column: str = Field(default="url", description="Column with the image's URL.")
    label_column: str | None = Field(
        default=None, description="Column with the category; unset: all images are of one category."
    )
    category: str = Field(default="images", min_length=1, description="Category of rows without a label.")
    sha256_column: str | None = Field(default=None, description="Column with the digest the bytes must have.")
    title_column: str | None = Field(default=None, description="Column with the title or caption.")
    page_column: str | None = Field(default=None, description="Column with the page that shows the image.")
    license_column: str | None = Field(default=None, description="Column with the licence.")
    license_url_column: str | None = Field(default=None, description="Column with the licence's address.")
    creator_column: str | None = Field(default=None, description="Column with the creator.")


def read_rows(options: UrlsOptions, start: int = 0) -> Iterator[Row]:
    """The rows of a list from row `start` (counted from 0), in memory that does not grow with the list.

    Raises ConfigError for a file that cannot be read as what it should be, naming the line.
    """
    path = options.file
    form = options.format or _format(path)
    if not path.is_file():
        raise ConfigError(f"the list {path} does not exist or is no file")
    try:
        if form == "parquet":
            yield from _parquet(path, options, start)
        else:
            yield from itertools.islice(_lines(path, form, options), start, None)
    except OSError as error:
        raise ConfigError(f"the list {path} cannot be read: {error.strerror or error}") from error


def _lines(path: Path, form: Format, options: UrlsOptions) -> Iterator[Row]:
    readers = {"txt": _txt, "jsonl": _jsonl, "csv": _csv, "tsv": _csv}
    with path.open(encoding="utf-8-sig", newline="" if form in ("csv", "tsv") else None) as lines:
        try:
            yield from readers[form](lines, options)
        except UnicodeDecodeError as error:
            raise ConfigError(f"the list {path} is not UTF-8 text: {error}") from error


def _format(path: Path) -> Format:
    known: dict[str, Format] = {
        ".txt": "txt", ".list": "txt", ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
        ".parquet": "parquet", ".pq": "parquet",
    }  # fmt: skip
    if path.suffix.lower() not in known:
        raise ConfigError(
            f"the format of the list {path.name} is not clear from its name; "
            f'set format to "txt", "csv", "tsv", "jsonl" or "parquet"'
        )
    return known[path.suffix.lower()]


def _txt(lines: Iterable[str], options: UrlsOptions) -> Iterator[Row]:
    for line in lines:
        text = line.strip()
        yield {} if text.startswith("#") else {options.url_column: text}


def _csv(lines: Iterable[str], options: UrlsOptions) -> Iterator[Row]:
    tabs = (options.format or _format(options.file)) == "tsv"
    reader = csv.DictReader(lines, dialect="excel-tab" if tabs else "excel", restkey="")
    try:
        _check_columns(reader.fieldnames or (), options)
        yield from reader
    except csv.Error as error:
        raise ConfigError(f"{options.file}, line {reader.line_num + 1}: {error}") from error


def _jsonl(lines: Iterable[str], options: UrlsOptions) -> Iterator[Row]:
    checked = False
    for number, line in enumerate(lines, 1):
        row = _object(line, f"{options.file}, line {number}") if line.strip() else {}
        if row and not checked:
            _check_names(row, [options.url_column], options)
            checked = True
        yield row


def _object(line: str, where: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: no JSON: {error}") from error
    if not isinstance(row, dict):
        raise ConfigError(f"{where}: should be a JSON object, is {line.strip()[:80]!r}")
    return row


def _parquet(path: Path, options: UrlsOptions, start: int) -> Iterator[Row]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            _check_columns(file.schema_arrow.names, options)
            groups, skipped = _groups(file.metadata, start)
            batches = file.iter_batches(batch_size=CHUNK, row_groups=groups, columns=_columns(options))
            rows = (row for batch in batches for row in batch.to_pylist())
            yield from itertools.islice(rows, start - skipped, None)
    except ArrowException as error:
        raise ConfigError(f"the list {path} cannot be read as Parquet: {error}") from error


def _groups(metadata: Any, start: int) -> tuple[list[int], int]:
    """Row groups that hold rows from `start` on, and how many rows lie before them."""
    first = skipped = 0
    while first < metadata.num_row_groups and skipped + metadata.row_group(first).num_rows <= start:
        skipped += metadata.row_group(first).num_rows
        first += 1
    return list(range(first, metadata.num_row_groups)), skipped


def _columns(options: UrlsOptions) -> list[str]:
    named = [getattr(options, name) for name in UrlsOptions.model_fields if name.endswith("_column")]
    return list(dict.fromkeys(column for column in named if column))


def _check_columns(present: Iterable[str], options: UrlsOptions) -> None:
    _check_names(present, _columns(options), options)


def _check_names(present: Iterable[str], needed: Iterable[str], options: UrlsOptions) -> None:
    names = list(present)
    missing = [column for column in needed if column not in names]
    if missing:
        there = f"it has {', '.join(map(str, names))}" if names else "it has no columns at all"
        raise ConfigError(f"the list {options.file} has no column {missing[0]!r} ({there})")
