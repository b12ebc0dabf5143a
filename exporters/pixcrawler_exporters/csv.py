"""Writes a dataset's images as one CSV table, in which no text is a formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pixcrawler_core import hookimpl
from pixcrawler_core.assembly.label_forms import csv_rows
from pixcrawler_core.components import Exporter
from pixcrawler_core.exports.rows import COLUMNS, NESTED, flat, nested
from pixcrawler_core.exports.writer import ExportWriter

SUFFIX = ".csv"


class CsvWriter(ExportWriter):
    """A row for each image, without its bytes; lists and objects are JSON. Other files are left out."""

    folder = False

    def __init__(self, folder: Path, dataset: str) -> None:
        super().__init__(folder, dataset, SUFFIX)

    def begin(self) -> None:
        """Write the names of the columns."""
        self._file = self.opened()
        self._file.write(csv_rows([COLUMNS]))

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Write a row."""
        cells = flat(entry) | {column: nested(entry, column) for column in NESTED}
        self._file.write(csv_rows([[cells[column] for column in COLUMNS]]))


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `csv`."""
    yield Exporter(
        name="csv",
        summary="the manifest's images as one CSV table, without their bytes",
        suffix=SUFFIX,
        build=lambda _: CsvWriter,
    )
