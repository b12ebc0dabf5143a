"""Writes a dataset as a TAR file, compressed with Zstandard (RFC 8878)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter, Writer
from pixcrawler_core.exports.archive import VolumeOptions

SUFFIX = ".tar.zst"


class TarZstOptions(VolumeOptions):
    """How the file is compressed."""

    level: int = Field(
        default=1,
        ge=1,
        le=19,
        description="From 1, the quickest, to 19, the smallest; images that are compressed already hardly "
        "get smaller.",
    )


def build(options: TarZstOptions) -> OpenWriter:
    """What starts such a file."""
    return partial(_opened, options=options)


def _opened(folder: Path, dataset: str, *, options: TarZstOptions) -> Writer:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    from pixcrawler_core.exports.tarball import TarballWriter

    parameter = zstd.CompressionParameter
    told: dict[int, int] = {parameter.compression_level: options.level, parameter.checksum_flag: 1}
    compress = partial(zstd.ZstdFile, mode="wb", options=told)
    return TarballWriter(folder, dataset, SUFFIX, volume=options.volume, compress=compress)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `tar_zst`."""
    yield Exporter(
        name="tar_zst",
        summary="one TAR file, compressed with Zstandard",
        suffix=SUFFIX,
        options=TarZstOptions,
        build=build,
    )
