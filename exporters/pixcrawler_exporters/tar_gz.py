"""Writes a dataset as a TAR file, compressed with gzip (RFC 1952) by ISA-L, several times as fast as zlib."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter, Writer
from pixcrawler_core.exports.archive import VolumeOptions
from pixcrawler_core.exports.volumes import Volumes

SUFFIX = ".tar.gz"


class TarGzOptions(VolumeOptions):
    """How the file is compressed."""

    level: int = Field(
        default=1,
        ge=1,
        le=3,
        description="From 1, the quickest, to 3, the smallest; images that are compressed already hardly get "
        "smaller.",
    )


def build(options: TarGzOptions) -> OpenWriter:
    """What starts such a file."""
    return partial(_opened, options=options)


def _opened(folder: Path, dataset: str, *, options: TarGzOptions) -> Writer:
    from isal.igzip import IGzipFile

    from pixcrawler_core.exports.tarball import TarballWriter

    def compress(stream: Volumes) -> IGzipFile:
        return IGzipFile("", "wb", options.level, stream, mtime=0)  # type: ignore[no-untyped-call]  # isal has none

    return TarballWriter(folder, dataset, SUFFIX, volume=options.volume, compress=compress)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `tar_gz`."""
    yield Exporter(
        name="tar_gz",
        summary="one TAR file, compressed with gzip",
        suffix=SUFFIX,
        options=TarGzOptions,
        build=build,
    )
