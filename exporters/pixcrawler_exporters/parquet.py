"""Writes a dataset as one Parquet file, which `datasets` opens with its images and DuckDB as a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter, Writer

SUFFIX = ".parquet"


class ParquetOptions(BaseModel):
    """What is in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: bool = Field(default=True, description="Whether the bytes of the images are in it.")


def build(options: ParquetOptions) -> OpenWriter:
    """What starts such a file."""

    def opened(folder: Path, dataset: str) -> Writer:
        from pixcrawler_core.exports.parquet import ParquetExport

        return ParquetExport(folder, dataset, SUFFIX, images=options.images)

    return opened


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `parquet`."""
    yield Exporter(
        name="parquet",
        summary="one Parquet file with the images, as datasets and DuckDB read it",
        suffix=SUFFIX,
        options=ParquetOptions,
        build=build,
    )
