"""Writes a dataset as TFRecord: shards of TensorFlow's Example messages, one for each image."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.boxes import Boxes, BoxOptions
from pixcrawler_core.exports.cutting import Shards
from pixcrawler_core.exports.example import before, floats, integers, texts
from pixcrawler_core.exports.names import in_category, split_of
from pixcrawler_core.exports.recordfile import FRAME, RecordFile
from pixcrawler_core.exports.rows import typed
from pixcrawler_core.exports.stored import stored_corners
from pixcrawler_core.exports.writer import ExportWriter

SUFFIX = "-tfrecord"
CLASSES = "classes.txt"
"""Has the names of the categories, one a line, in the order of their numbers, which begin with 0."""
LABEL_MAP = "label_map.pbtxt"
"""Has the names of the objects' classes and their numbers from 1, as the Object Detection API reads them."""
IMAGE = "image/encoded"
TOLD = {
    "image/title": "title",
    "image/creator": "creator",
    "image/creator_url": "creator_url",
    "image/licence": "licence",
    "image/licence_url": "licence_url",
    "image/url": "url",
    "image/page": "page",
}
"""Features with what the source told, by the field of the manifest; empty where it told nothing."""
CORNERS = ("xmin", "ymin", "xmax", "ymax")


class TfrecordOptions(BoxOptions):
    """How the shards are cut, and which labels become boxes."""

    shard_size: int = Field(
        default=200_000_000,
        ge=1,
        description="Most bytes of a shard; it holds one image at least.",
    )
    shard_count: int = Field(default=10_000, ge=1, description="Most images of a shard.")


class TfrecordWriter(ExportWriter):
    """Shards `SPLIT-00000-of-00003.tfrecord`, one open for each split; other files keep their names.

    In memory are the names of the categories and of the objects' classes.
    """

    def __init__(self, folder: Path, dataset: str, options: TfrecordOptions) -> None:
        self._boxes = Boxes(options)
        self._shards = Shards(self._open, size=options.shard_size, count=options.shard_count)
        self._classes: dict[str, int] = {}
        super().__init__(folder, dataset, SUFFIX)

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Write an Example."""
        size = path.stat().st_size
        head = before(IMAGE, size, b"".join(self._features(path, name, entry)))
        self._shards.shard(split_of(entry), len(head) + size + FRAME).write(head, path, size)

    def finish(self) -> None:
        """Finish the shards, which have their names now that their number is known, and name the classes."""
        self._shards.close()
        for split, last in self._shards.last.items():
            count = last.number + 1
            for number in range(count):
                whole = self.place.part / f"{split}-{number:05}-of-{count:05}.tfrecord"
                self._part(split, number).rename(whole)
        names = self.opened(CLASSES)
        names.writelines(f"{' '.join(name.split())}\n" for name in self._classes)
        if self._boxes.classes:
            objects = self.opened(LABEL_MAP)
            objects.writelines(_item(name, number + 1) for name, number in self._boxes.classes.items())

    def abort(self) -> None:
        """Remove what was written; an earlier export of the same name stays."""
        self._shards.abort()
        super().abort()

    def _features(self, path: Path, name: str, entry: Mapping[str, Any]) -> Iterator[bytes]:
        told = typed({**entry, **(entry.get("exported") or {})})
        yield texts("image/filename", [in_category(name)])
        yield texts("image/source_id", [told["path"] or name])
        yield texts("image/format", [told["format"].lower()])
        yield texts("image/key/sha256", [told["sha256"]])
        yield integers("image/height", [told["height"] or 0])
        yield integers("image/width", [told["width"] or 0])
        yield integers("image/class/label", [self._classes.setdefault(told["category"], len(self._classes))])
        yield texts("image/class/text", [told["category"]])
        for feature, field in TOLD.items():
            yield texts(feature, [told[field]])
        yield from self._objects(path, entry)

    def _objects(self, path: Path, entry: Mapping[str, Any]) -> Iterator[bytes]:
        """The boxes, as shares of the picture as it is stored: TensorFlow does not turn pictures."""
        boxes = list(self._boxes.of(entry))
        for corner, values in zip(CORNERS, stored_corners(path, boxes), strict=True):
            yield floats(f"image/object/bbox/{corner}", values)
        yield texts("image/object/class/text", [box.name for box in boxes])
        yield integers("image/object/class/label", [box.number + 1 for box in boxes])

    def _open(self, split: str, number: int) -> RecordFile:
        return RecordFile(self._part(split, number), number)

    def _part(self, split: str, number: int) -> Path:
        """A shard's path until their number is known."""
        return self.place.part / f"{split}-{number:05}.part"


def _item(name: str, number: int) -> str:
    """An entry of a label map, in the text form of protobuf."""
    return f"item {{\n  id: {number}\n  name: {json.dumps(name, ensure_ascii=False)}\n}}\n"


def build(options: TfrecordOptions) -> OpenWriter:
    """What starts such shards."""
    return partial(TfrecordWriter, options=options)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `tfrecord`."""
    yield Exporter(
        name="tfrecord",
        summary="shards of TFRecord with an Example for each image, as TensorFlow reads them",
        suffix=SUFFIX,
        options=TfrecordOptions,
        build=build,
    )
