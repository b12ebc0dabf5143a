"""Writes a dataset's images as JSON Lines: each image's row of the manifest, as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter
from pixcrawler_core.exports.rows import line
from pixcrawler_core.exports.writer import ExportWriter

SUFFIX = ".jsonl"


class JsonlWriter(ExportWriter):
    """A line for each image, without its bytes; other files are left out."""

    folder = False

    def __init__(self, folder: Path, dataset: str) -> None:
        super().__init__(folder, dataset, SUFFIX)

    def begin(self) -> None:
        """Open the file."""
        self._file = self.opened()

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Write a line."""
        self._file.write(line(entry))


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `jsonl`."""
    yield Exporter(
        name="jsonl",
        summary="the manifest's images as JSON Lines, without their bytes",
        suffix=SUFFIX,
        build=lambda _: JsonlWriter,
    )
