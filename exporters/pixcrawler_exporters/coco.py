"""Writes a dataset in the form of COCO: images by split, and for each split a file of instances."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.boxes import Box, Boxes, BoxOptions, display_size
from pixcrawler_core.exports.names import in_category, split_of
from pixcrawler_core.exports.rows import line
from pixcrawler_core.exports.writer import ExportWriter, is_own

SUFFIX = "-coco"
DIGITS = 2
"""Of pixels."""


class Instances:
    """The file of one split (https://cocodataset.org/#format-data), written as images come.

    Annotations wait in a file of their own until all images are there.
    """

    def __init__(self, images: IO[str], annotations: IO[str]) -> None:
        self._images, self._annotations = images, annotations
        self._empty = True
        images.write('{"images": [')

    def add_image(self, image: Mapping[str, Any]) -> None:
        """Write an image."""
        self._images.write(("\n" if self._empty else ",\n") + line(image).rstrip("\n"))
        self._empty = False

    def add_annotation(self, annotation: Mapping[str, Any]) -> None:
        """Write the annotation of an image."""
        self._annotations.write(("\n" if not self._annotations.tell() else ",\n") + json.dumps(annotation))

    def finish(self, rest: Mapping[str, Any]) -> None:
        """Put the annotations behind the images, and the `rest` last."""
        self._annotations.close()
        self._images.write('\n],\n"annotations": [')
        waiting = Path(self._annotations.name)
        with waiting.open(encoding="utf-8") as annotations:
            shutil.copyfileobj(annotations, self._images)
        waiting.unlink()
        self._images.write(f"\n],\n{line(rest).lstrip('{')}")


class CocoWriter(ExportWriter):
    """Images as `SPLIT/CATEGORY/image_NUMBER.EXTENSION`, and `annotations/instances_SPLIT.json`.

    In memory are the names of the classes and the licences.
    """

    def __init__(self, folder: Path, dataset: str, options: BoxOptions) -> None:
        self._boxes = Boxes(options)
        self._splits: dict[str, Instances] = {}
        self._licences: dict[tuple[str, str], int] = {}
        self._images = self._annotations = 0
        super().__init__(folder, dataset, SUFFIX)

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Write an image and its boxes."""
        split, own = split_of(entry), in_category(name)
        self.place.put(path, f"{split}/{own}", own=is_own(path, entry))
        instances = self._instances(split)
        self._images += 1
        width, height = display_size(path)
        licence = (entry.get("licence") or "unknown", entry.get("licence_url") or "")
        instances.add_image(
            {
                "id": self._images,
                "file_name": own,
                "width": width,
                "height": height,
                "license": self._licences.setdefault(licence, len(self._licences) + 1),
                "coco_url": entry.get("url") or "",
            }
        )
        for box in self._boxes.of(entry):
            self._annotations += 1
            instances.add_annotation(self._annotation(box, width, height))

    def finish(self) -> None:
        """Finish the files of all splits, which have the same classes."""
        rest = {
            "categories": [
                {"id": number + 1, "name": name, "supercategory": ""}
                for name, number in self._boxes.classes.items()
            ],
            "licenses": [
                {"id": number, "name": name, "url": url} for (name, url), number in self._licences.items()
            ],
            "info": {"description": self.dataset},
        }
        for instances in self._splits.values():
            instances.finish(rest)
        self._boxes.warn_if_none(self.place.final)

    def _instances(self, split: str) -> Instances:
        if split not in self._splits:
            name = f"annotations/instances_{split}.json"
            self._splits[split] = Instances(self.opened(name), self.opened(f"{name}.part"))
        return self._splits[split]

    def _annotation(self, box: Box, width: int, height: int) -> Mapping[str, Any]:
        shares = (box.left * width, box.top * height, box.width * width, box.height * height)
        return {
            "id": self._annotations,
            "image_id": self._images,
            "category_id": box.number + 1,
            "bbox": [round(each, DIGITS) for each in shares],
            "area": round(shares[2] * shares[3], DIGITS),
            "segmentation": [],
            "iscrowd": 0,
        }


def build(options: BoxOptions) -> OpenWriter:
    """What starts such a folder."""
    return partial(CocoWriter, options=options)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `coco`."""
    yield Exporter(
        name="coco",
        summary="images by split and their boxes as COCO instances",
        suffix=SUFFIX,
        options=BoxOptions,
        build=build,
    )
