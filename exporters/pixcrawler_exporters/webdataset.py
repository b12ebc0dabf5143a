"""Writes a dataset as WebDataset: shards of TAR, in which an image stands beside its class and its row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.carded import CardedWriter
from pixcrawler_core.exports.cutting import Shards
from pixcrawler_core.exports.names import in_category, split_of
from pixcrawler_core.exports.rows import NESTED, line, nested, typed
from pixcrawler_core.exports.shards import Shard

SUFFIX = "-webdataset"
CLASSES = "classes.txt"
"""Has the names of the classes, one a line, in the order of their numbers, which begin with 0."""
LOADING = """from datasets import load_dataset

images = load_dataset({folder!r})
first = images[{split!r}][0]
"""


class WebdatasetOptions(BaseModel):
    """How the shards are cut."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shard_size: int = Field(
        default=1_000_000_000,
        ge=1,
        description="Most bytes of a shard; it holds one image at least.",
    )
    shard_count: int = Field(default=10_000, ge=1, description="Most images of a shard.")
    extension: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]{1,10}$",
        description="Ending that all images get, such as `jpg`, whatever their format: `datasets` wants one "
        "for all of them, and readers tell formats by the bytes. Not given: each its own.",
    )


class WebdatasetWriter(CardedWriter):
    """Shards `SPLIT-000000.tar`, one open for each split; other files keep their names.

    In memory are the names of the categories.
    """

    loading = LOADING

    def __init__(self, folder: Path, dataset: str, options: WebdatasetOptions) -> None:
        self._extension = options.extension
        self._shards = Shards(self._open, size=options.shard_size, count=options.shard_count)
        self._classes: dict[str, int] = {}
        super().__init__(folder, dataset, SUFFIX)

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Write a sample: image, class and row."""
        own = PurePosixPath(in_category(name))
        ending = self._extension or own.suffix[1:].lower() or "bin"
        key = own.with_name(own.stem.replace(".", "_") or "_")
        number = self._classes.setdefault(entry.get("category") or "", len(self._classes))
        shard = self._shards.shard(split_of(entry), path.stat().st_size)
        shard.copy(path, f"{key}.{ending}")
        shard.write(str(number).encode(), f"{key}.cls")
        shard.write(line(_told(entry)).encode(), f"{key}.json")
        shard.samples += 1

    def finish(self) -> None:
        """Finish the shards, and name the classes."""
        self._shards.close()
        file = self.opened(CLASSES)
        file.writelines(f"{' '.join(name.split())}\n" for name in self._classes)
        super().finish()

    def patterns(self, split: str) -> Sequence[str]:
        """The shards of a split."""
        return [f"{split}-*.tar"]

    def abort(self) -> None:
        """Remove what was written; an earlier export of the same name stays."""
        self._shards.abort()
        super().abort()

    def _open(self, split: str, number: int) -> Shard:
        return Shard(self.place.part / f"{split}-{number:06}.tar", number)


def _told(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the same types for all images, as `datasets` wants it: lists and objects are JSON."""
    return typed(entry) | {name: nested(entry, name) or "" for name in NESTED}


def build(options: WebdatasetOptions) -> OpenWriter:
    """What starts such shards."""
    return partial(WebdatasetWriter, options=options)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `webdataset`."""
    yield Exporter(
        name="webdataset",
        summary="shards of TAR with image, class and row, as WebDataset reads them",
        suffix=SUFFIX,
        options=WebdatasetOptions,
        build=build,
    )
